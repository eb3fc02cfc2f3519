import type { Phase } from "../model/index.js";
import type { Workload } from "../ports/index.js";
import { hasUsers, isAtRest, knownShare, restSplit, splitText } from "../strategy/index.js";
import type { Split } from "../strategy/index.js";
import { baselinePods, retireBaseline } from "./baseline-pods.js";
import { fullPatience, waitDrain } from "./drain.js";
import type { Patience } from "./drain.js";
import { ReleaseFailed } from "./failure.js";
import type { RollbackRun } from "./run.js";
import { poll } from "./waiting.js";

const pollMs = 500;
/** So often weights that somebody sets by hand meanwhile are put right. */
const corrections = 3;

/** Puts right what somebody set by hand while the canary is to have nobody. */
export async function keepAtZero(run: RollbackRun): Promise<void> {
  const route = await run.readRoute();
  if (route === undefined || route.owner === "foreign" || isAtRest(route.split)) return;
  run.announce("warning", externalEdit(run, route.split, restSplit));
  await run.setSplit(restSplit);
}

/** What is said of weights and rules that somebody else wrote. */
export function externalEdit(run: RollbackRun, found: Split, asked: Split): string {
  return `The route of ${run.label} was changed from outside (canary ${splitText(found)}): putting ${splitText(asked)} right`;
}

/** Whether an earlier run has left traffic or pods of a canary, or of a baseline. */
export async function hasLeftovers(run: RollbackRun): Promise<boolean> {
  const { cluster } = run.ports;
  const [route, canary] = await Promise.all([
    run.readRoute(),
    run.persist(() => cluster.readWorkload("canary", run.signal)),
  ]);
  return !isAtRest(route?.split ?? restSplit) || podsOf(canary) > 0 || (await baselinePods(run)) > 0;
}

/** Whether the canary's Deployment is to have pods. */
export async function hasPods(run: RollbackRun): Promise<boolean> {
  return podsOf(await run.persist(() => run.ports.cluster.readWorkload("canary", run.signal))) > 0;
}

/** Pods of the canary's own Deployment. */
function podsOf(canary: Workload | undefined): number {
  return canary === undefined || canary.owner === "foreign" ? 0 : canary.replicas;
}

/** Weight 0, drain, scale down: idempotent, in an order in which no user asks a pod that is going. */
export async function retireCanary(run: RollbackRun, patience: Patience): Promise<void> {
  await routeAllToPrimary(run, patience);
  await scaleDown(run, patience);
}

/** All users to the primary, and none left at the canary's pods. */
export async function routeAllToPrimary(
  run: RollbackRun,
  patience: Patience,
  phase: Phase = run.status.phase,
): Promise<void> {
  const { cluster } = run.ports;
  for (let round = 0; round <= corrections; round += 1) {
    const route = await run.readRoute();
    if (route === undefined || route.owner === "foreign") return;
    const rests = isAtRest(route.split);
    if (!rests) {
      if (hasUsers(route.split)) await waitForPrimary(run, patience);
      await run.setSplit(restSplit, phase);
    } else if (round > 0) return;
    // A weight of 0 that an earlier run has set may be a moment old, or not in effect yet.
    const canary = await run.persist(() => cluster.readWorkload("canary", run.signal));
    if (!rests || podsOf(canary) > 0) await waitDrain(run, patience, userShare(route.split));
  }
}

/** As far as it is known: how many users match, nobody can tell. */
function userShare(split: Split): number {
  return knownShare(split) ?? 0;
}

/**
 * No pods for the canary, and none for the baseline; a weight that somebody sets at this very moment would meet nobody.
 */
export async function scaleDown(run: RollbackRun, patience: Patience = fullPatience(run)): Promise<void> {
  const { cluster } = run.ports;
  const canary = await run.persist(() => cluster.readWorkload("canary", run.signal));
  if (canary?.owner === "foreign")
    run.announce("warning", `Deployment ${run.settings.name} is not this release's any more: it keeps its pods`);
  else if (canary !== undefined && canary.replicas !== 0) await run.scaleCanary(0);
  await keepAtZero(run);
  await retireBaseline(run, patience);
}

/** With no primary that could take it, the traffic stays where somebody answers it. */
async function waitForPrimary(run: RollbackRun, { primaryMs }: Patience): Promise<void> {
  const { cluster } = run.ports;
  const found = await poll(run, { everyMs: pollMs, forMs: primaryMs }, async () => {
    const [primary, canary] = await Promise.all([
      run.persist(() => cluster.readEndpoints("primary", run.signal)),
      run.persist(() => cluster.readEndpoints("canary", run.signal)),
    ]);
    return primary.ready > 0 || canary.ready === 0 ? true : undefined;
  });
  if (found === undefined) throw noPrimary(run);
}

function noPrimary({ label, settings }: RollbackRun): ReleaseFailed {
  return new ReleaseFailed(
    `${label}: the primary has no ready pod, so the traffic stays on the canary; bring ${settings.name}-primary up and run the update again`,
  );
}
