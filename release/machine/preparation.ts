import type { ReleaseSettings } from "../settings/index.js";
import { withLock } from "./lock.js";
import type { Outcome, Ports } from "./ports.js";
import { hasLeftovers, returnTraffic } from "./take-back.js";

/** Takes back what an earlier run left, so that a template is never swapped under live users. */
export async function runPreparation(settings: ReleaseSettings, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  const outcome = await withLock(settings, ports, signal, async (run): Promise<Outcome> => {
    if (!(await hasLeftovers(run))) return { kind: "nothingToDo" };
    run.announce("warning", `An earlier run left traffic or pods of a canary: taking ${run.label} back first`);
    await returnTraffic(run);
    await run.journal({ canaryWeight: 0 }, ["handoverDeadline", "handoverSeconds"]);
    return { kind: "healed" };
  });
  await ports.reporter.flush(2_000);
  return outcome;
}
