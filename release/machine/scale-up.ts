import type { Endpoints, Workload } from "../ports/index.js";
import { shownWeight } from "../strategy/index.js";
import type { Stage, StageReplicas } from "../strategy/index.js";
import { heedAbort } from "./commands.js";
import { AbortRun } from "./failure.js";
import { reachabilityOf, readinessOf } from "./readiness.js";
import type { Readiness } from "./readiness.js";
import type { Run } from "./run.js";
import { readCanarySnapshot } from "./snapshot.js";
import type { CanarySnapshot } from "./snapshot.js";
import { keepAtZero } from "./traffic.js";
import { NotReady } from "./not-ready.js";
import { blindMs, poll } from "./waiting.js";

const pollMs = 500;
/** Addresses stand behind the Service for so long before users come: the gateway hears of them by a sync of its own. */
const settleMs = 2_000;

/**
 * Scales the canary up and waits until it is ready; throws AbortRun when it isn't by the progress deadline. Trouble of a
 * pod is waited out until then, as Kubernetes does: nobody is sent there yet.
 */
export async function scaleUp(run: Run, first: Stage | undefined): Promise<Workload> {
  const { settings } = run;
  const { clock, cluster } = run.ports;
  run.announce("info", `New revision detected! Scaling up ${run.label}`, true);
  const asked = await run.persist(() => cluster.readWorkload("canary", run.signal));
  refuseOthers(run, asked, asked?.templateHash);
  const wanted = await firstReplicas(run, first);
  await run.scaleCanary(wanted);
  let deadline = clock.nowMs() + settings.progressDeadline * 1000;
  const waiting = new NotReady(run, "canary", `canary deployment ${run.label}`);
  for (let readySinceMs = Infinity; ;) {
    await run.sleep(pollMs);
    const lookedAtMs = clock.nowMs();
    const { canary, canaryEndpoints } = await look(run);
    deadline += blindMs(clock, lookedAtMs);
    refuseOthers(run, canary, asked?.templateHash);
    if (canary.replicas === 0) throw new AbortRun("the canary was scaled to 0 from outside while it was to get ready");
    const readiness = readinessFor(run, wanted, canary, canaryEndpoints);
    readySinceMs = readiness.kind === "ready" ? Math.min(readySinceMs, clock.nowMs()) : Infinity;
    if (clock.nowMs() - readySinceMs >= settleMs) return canary;
    if (readiness.kind === "ready") continue;
    await waiting.say(readiness.message);
    if (clock.nowMs() > deadline)
      throw new AbortRun(`${await waiting.sentence(readiness.message)} (after ${settings.progressDeadline}s)`);
  }
}

/** As many as the first stage of the plan wants, where it says so. */
async function firstReplicas(run: Run, first: Stage | undefined): Promise<number> {
  const { replicas, skipAnalysis } = run.settings;
  return first?.replicas === undefined || skipAnalysis
    ? replicas
    : replicasFor(run, first.replicas, shownWeight(first.split));
}

async function replicasFor(run: Run, asked: StageReplicas, weight: number): Promise<number> {
  if (typeof asked === "number") return asked;
  const primary = await run.persist(() => run.ports.cluster.readWorkload("primary", run.signal));
  const percent = asked === "weight" ? weight : Number.parseInt(asked, 10);
  return Math.max(1, Math.ceil(((primary?.replicas ?? 1) * percent) / 100));
}

/**
 * Other pods for the canary while it has users, as many as it returns; throws AbortRun where they don't get ready by the
 * progress deadline.
 */
export async function resizeCanary(run: Run, asked: StageReplicas, weight: number): Promise<number> {
  const { cluster } = run.ports;
  const wanted = await replicasFor(run, asked, weight);
  const before = await run.persist(() => cluster.readWorkload("canary", run.signal));
  if (before?.replicas === wanted) return wanted;
  run.announce("info", `Scaling ${run.label} to ${wanted} replicas`);
  await run.scaleCanary(wanted);
  const { progressDeadline } = run.settings;
  const last = { message: "" };
  const ready = await poll(run, { everyMs: pollMs, forMs: progressDeadline * 1000 }, async () => {
    const { canary, canaryEndpoints } = await run.persist(() => readCanarySnapshot(run));
    if (canary === undefined) return undefined;
    const readiness = readinessFor(run, wanted, canary, canaryEndpoints);
    if (readiness.kind === "ready") return true;
    last.message = readiness.message;
    return undefined;
  });
  if (ready === undefined)
    throw new AbortRun(`canary deployment ${run.label} is not ready: ${last.message} (after ${progressDeadline}s)`);
  return wanted;
}

function readinessFor({ settings }: Run, asked: number, canary: Workload, { ready }: Endpoints): Readiness {
  const wanted = Math.max(canary.replicas, asked);
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
