import type { Workload } from "../ports/index.js";
import { readinessOf } from "./plan.js";
import { Against } from "./rollout.js";
import type { Run } from "./run.js";

const pollMs = 500;
/** A pod's trouble must be seen so often in a row: a first pull may fail for a moment. */
const certainAfter = 3;
const announceEveryMs = 10_000;

/** Scales the canary up and waits until it is ready; throws Against when it can't get ready. */
export async function scaleUp(run: Run): Promise<Workload> {
  const { settings } = run;
  run.announce("info", `New revision detected! Scaling up ${run.label}`, true);
  await run.scaleCanary(settings.replicas);
  const { clock, cluster } = run.ports;
  const deadline = clock.nowMs() + settings.progressDeadline * 1000;
  let lastAnnouncedMs = -Infinity;
  for (let troubled = 0; ;) {
    await run.sleep(pollMs);
    const [canary, object, trouble] = await run.persist(() =>
      Promise.all([
        cluster.readWorkload("canary", run.signal),
        cluster.readRelease(run.signal),
        cluster.readCanaryTrouble(run.signal),
      ]),
    );
    if (object === undefined) throw new Against("the CanaryRelease object was deleted during the analysis");
    if (object.commands.abort !== undefined) {
      await run.persist(() => cluster.clearCommand("abort", run.signal));
      throw new Against(`aborted on request: ${object.commands.abort || "no reason given"}`);
    }
    if (canary === undefined) throw new Against("the canary's Deployment was deleted");
    troubled = trouble === undefined ? 0 : troubled + 1;
    if (trouble !== undefined && troubled >= certainAfter)
      throw new Against(`pod ${trouble.pod}: ${trouble.reason}: ${trouble.message}`);
    const wanted = Math.max(canary.replicas, settings.replicas);
    const readiness = readinessOf(canary, wanted, settings.analysis.canaryReadyThreshold);
    if (readiness.kind === "ready") return canary;
    const sentence = `canary deployment ${run.label} not ready: ${readiness.message}`;
    if (clock.nowMs() > deadline) throw new Against(`${sentence} (after ${settings.progressDeadline}s)`);
    if (clock.nowMs() - lastAnnouncedMs < announceEveryMs) continue;
    lastAnnouncedMs = clock.nowMs();
    run.announce("warning", sentence);
  }
}
