import type { ReleaseSettings } from "../settings/index.js";
import { clearStandingCommands } from "./commands.js";
import { fullPatience } from "./drain.js";
import { withLock } from "./lock.js";
import type { Outcome, Ports } from "./ports.js";
import { ended } from "./rollback.js";
import { handoverKeys } from "./run.js";
import { hasLeftovers, retireCanary } from "./traffic.js";

/** Retires what an earlier run left, so that a template is never swapped under live users. */
export async function runPreparation(settings: ReleaseSettings, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  const outcome = await withLock(settings, ports, signal, async (run): Promise<Outcome> => {
    await clearStandingCommands(run);
    if (!(await hasLeftovers(run))) return { kind: "nothingToDo" };
    run.announce("warning", `An earlier run left traffic or pods of a canary: rolling ${run.label} back first`);
    await retireCanary(run, fullPatience(run));
    await run.journal(ended(run, "rolled back by the next update"), handoverKeys);
    return { kind: "healed" };
  });
  await ports.reporter.flush(2_000);
  return outcome;
}
