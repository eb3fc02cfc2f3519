import type { ReleaseSettings } from "../settings/index.js";
import { endStay, podsStay } from "./abort-delay.js";
import { clearStandingCommands } from "./commands.js";
import { fullPatience } from "./drain.js";
import { withLock } from "./lock.js";
import { passedEarlier } from "./plan.js";
import type { Outcome, Ports } from "./ports.js";
import { ended } from "./rollback.js";
import { handoverKeys } from "./run.js";
import type { Run } from "./run.js";
import { hasLeftovers, retireCanary } from "./traffic.js";

/** Retires what an earlier run left, so that a template is never swapped under live users. */
export async function runPreparation(settings: ReleaseSettings, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  const outcome = await withLock(settings, ports, signal, heal, {
    companions: { autoscalers: settings.autoscaler === "managed" },
  });
  await ports.reporter.flush(2_000);
  return outcome;
}

/** The very revision has passed and is on the primary already: its canary serves until the promotion has gone on. */
async function isBeingPromoted(run: Run): Promise<boolean> {
  const { revision } = run.settings;
  if (!passedEarlier(revision, run.status)) return false;
  const primary = await run.persist(() => run.ports.cluster.readWorkload("primary", run.signal));
  return primary?.revision === revision;
}

async function heal(run: Run): Promise<Outcome> {
  await clearStandingCommands(run);
  if (!(await hasLeftovers(run)) || (await isBeingPromoted(run))) return { kind: "nothingToDo" };
  if (podsStay(run.status)) {
    await endStay(run, fullPatience(run));
    return { kind: "healed" };
  }
  run.announce("warning", `An earlier run left traffic or pods of a canary: rolling ${run.label} back first`);
  await retireCanary(run, fullPatience(run));
  await run.journal(ended(run, "rolled back by the next update"), handoverKeys);
  return { kind: "healed" };
}
