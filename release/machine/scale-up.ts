import type { Endpoints, Workload } from "../ports/index.js";
import { heedAbort } from "./commands.js";
import { AbortRun } from "./failure.js";
import { reachabilityOf, readinessOf } from "./readiness.js";
import type { Readiness } from "./readiness.js";
import type { Run } from "./run.js";
import { readCanarySnapshot } from "./snapshot.js";
import type { CanarySnapshot } from "./snapshot.js";
import { keepAtZero } from "./traffic.js";
import { NotReady } from "./not-ready.js";
import { blindMs } from "./waiting.js";

const pollMs = 500;
/** Addresses stand behind the Service for so long before users come: the gateway hears of them by a sync of its own. */
const settleMs = 2_000;

/**
 * Scales the canary up and waits until it is ready; throws AbortRun when it isn't by the progress deadline. Trouble of a
 * pod is waited out until then, as Kubernetes does: nobody is sent there yet.
 */
export async function scaleUp(run: Run): Promise<Workload> {
  const { settings } = run;
  const { clock, cluster } = run.ports;
  run.announce("info", `New revision detected! Scaling up ${run.label}`, true);
  const asked = await run.persist(() => cluster.readWorkload("canary", run.signal));
  refuseOthers(run, asked, asked?.templateHash);
  await run.scaleCanary(settings.replicas);
  let deadline = clock.nowMs() + settings.progressDeadline * 1000;
  const waiting = new NotReady(run, "canary", `canary deployment ${run.label}`);
  for (let readySinceMs = Infinity; ;) {
    await run.sleep(pollMs);
    const lookedAtMs = clock.nowMs();
    const { canary, canaryEndpoints } = await look(run);
    deadline += blindMs(clock, lookedAtMs);
    refuseOthers(run, canary, asked?.templateHash);
    if (canary.replicas === 0) throw new AbortRun("the canary was scaled to 0 from outside while it was to get ready");
    const readiness = readinessFor(run, canary, canaryEndpoints);
    readySinceMs = readiness.kind === "ready" ? Math.min(readySinceMs, clock.nowMs()) : Infinity;
    if (clock.nowMs() - readySinceMs >= settleMs) return canary;
    if (readiness.kind === "ready") continue;
    await waiting.say(readiness.message);
    if (clock.nowMs() > deadline)
      throw new AbortRun(`${await waiting.sentence(readiness.message)} (after ${settings.progressDeadline}s)`);
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
  if (canary.owner === "foreign")
    throw new AbortRun("the canary's Deployment was replaced by one that is not this release's; delete or rename it");
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
  heedAbort(run, object);
  await keepAtZero(run);
  return snapshot;
}
