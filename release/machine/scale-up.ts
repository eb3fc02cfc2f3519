import type { Endpoints, Workload } from "../ports/index.js";
import { abortSentence } from "./commands.js";
import { AbortRun } from "./failure.js";
import { reachabilityOf, readinessOf } from "./plan.js";
import type { Readiness } from "./plan.js";
import type { Run } from "./run.js";
import { readCanarySnapshot } from "./snapshot.js";
import type { CanarySnapshot } from "./snapshot.js";
import { keepAtZero } from "./traffic.js";
import { nowAndThen } from "./waiting.js";

const pollMs = 500;
/** A pod's trouble must be seen so often in a row: a first pull may fail for a moment. */
const certainAfter = 3;
/** Addresses stand behind the Service for so long before users come: the gateway hears of them by a sync of its own. */
const settleMs = 2_000;

/** Scales the canary up and waits until it is ready; throws AbortRun when it can't get ready. */
export async function scaleUp(run: Run): Promise<Workload> {
  const { settings } = run;
  const { clock, cluster } = run.ports;
  run.announce("info", `New revision detected! Scaling up ${run.label}`, true);
  const asked = await run.persist(() => cluster.readWorkload("canary", run.signal));
  refuseOthers(run, asked, asked?.templateHash);
  await run.scaleCanary(settings.replicas);
  const deadline = clock.nowMs() + settings.progressDeadline * 1000;
  const say = nowAndThen(run.ports, (sentence) => run.announce("warning", sentence));
  for (let troubled = 0, readySinceMs = Infinity; ;) {
    await run.sleep(pollMs);
    const { canary, canaryEndpoints, trouble } = await look(run);
    refuseOthers(run, canary, asked?.templateHash);
    if (canary.replicas === 0) throw new AbortRun("the canary was scaled to 0 from outside while it was to get ready");
    troubled = trouble === undefined ? 0 : troubled + 1;
    if (trouble !== undefined && troubled >= certainAfter) throw new AbortRun(trouble);
    const readiness = readinessFor(run, canary, canaryEndpoints);
    readySinceMs = readiness.kind === "ready" ? Math.min(readySinceMs, clock.nowMs()) : Infinity;
    if (clock.nowMs() - readySinceMs >= settleMs) return canary;
    if (readiness.kind === "ready") continue;
    const sentence = `canary deployment ${run.label} not ready: ${readiness.message}`;
    if (clock.nowMs() > deadline) throw new AbortRun(`${sentence} (after ${settings.progressDeadline}s)`);
    say(sentence);
  }
}

function readinessFor({ settings }: Run, canary: Workload, { ready }: Endpoints): Readiness {
  const wanted = Math.max(canary.replicas, settings.replicas);
  const threshold = settings.analysis.canaryReadyThreshold;
  const readiness = readinessOf(canary, wanted, threshold);
  return readiness.kind === "ready" ? reachabilityOf(ready, wanted, threshold) : readiness;
}

/** What is judged must be what was asked for, from its first pod on. */
function refuseOthers(
  { settings }: Run,
  canary: Workload | undefined,
  templateHash: string | undefined,
): asserts canary is Workload {
  if (canary === undefined)
    throw new AbortRun("the canary's Deployment was deleted; run pulumi refresh and the update again");
  if (canary.revision !== settings.revision)
    throw new AbortRun(
      `the canary's Deployment carries revision ${canary.revision ?? "none"}; run pulumi refresh and the update again`,
    );
  if (canary.templateHash !== templateHash)
    throw new AbortRun("the canary's template was changed from outside while it was to get ready");
}

async function look(run: Run): Promise<CanarySnapshot> {
  const snapshot = await run.persist(() => readCanarySnapshot(run));
  const { object } = snapshot;
  if (object === undefined) throw new AbortRun("the CanaryRelease object was deleted during the analysis");
  const aborted = abortSentence(object);
  if (aborted !== undefined) throw new AbortRun(aborted);
  await keepAtZero(run);
  return snapshot;
}
