import type { Phase, ReleaseStatus } from "../model/index.js";
import { clearCommands } from "./commands.js";
import { drain } from "./drain.js";
import type { Patience } from "./drain.js";
import { ReleaseFailed } from "./failure.js";
import type { Run } from "./run.js";
import { keepAtZero, readRoute } from "./weights.js";

/** A primary that restarts just now is worth a wait: without it the traffic would stay with a bad canary. */
const primaryPatienceMs = 60_000;
const pollMs = 500;
/** So often weights that somebody sets by hand meanwhile are put right. */
const corrections = 3;

/** Whether an earlier run has left anything to take back. */
export async function hasLeftovers(run: Run): Promise<boolean> {
  const { cluster } = run.ports;
  const [route, canary] = await Promise.all([
    readRoute(run),
    run.persist(() => cluster.readWorkload("canary", run.signal)),
  ]);
  return (route?.canaryWeight ?? 0) > 0 || (canary?.replicas ?? 0) > 0;
}

/** Weight 0, drain, scale down: idempotent, in an order in which no user asks a pod that is going. */
export async function returnTraffic(run: Run, patience: Patience = "full"): Promise<void> {
  await takeWeightBack(run, patience);
  await scaleDown(run);
}

/** All users to the primary, and none left at the canary's pods. */
export async function takeWeightBack(run: Run, patience: Patience, phase: Phase = run.status.phase): Promise<void> {
  const { cluster } = run.ports;
  for (let round = 0; round <= corrections; round += 1) {
    const route = await readRoute(run);
    if (route === undefined) return;
    if (route.canaryWeight !== 0) {
      await insistOnPrimary(run, patience);
      await run.setWeight(0, phase);
    } else if (round > 0) return;
    // A weight of 0 that an earlier run has set may be a moment old, or not in effect yet.
    const canary = await run.persist(() => cluster.readWorkload("canary", run.signal));
    if (route.canaryWeight !== 0 || (canary?.replicas ?? 0) > 0) await drain(run, patience);
  }
}

/** No pods for the canary; a weight that somebody sets at this very moment would meet nobody. */
export async function scaleDown(run: Run): Promise<void> {
  const { cluster } = run.ports;
  const canary = await run.persist(() => cluster.readWorkload("canary", run.signal));
  if (canary !== undefined && canary.replicas !== 0) await run.scaleCanary(0);
  await keepAtZero(run);
}

/** With no primary that could take it, the traffic stays where somebody answers it. */
async function insistOnPrimary(run: Run, patience: Patience): Promise<void> {
  const { cluster, clock } = run.ports;
  const deadlineMs = clock.nowMs() + (patience === "full" ? primaryPatienceMs : 0);
  for (;;) {
    const [primary, canary] = await Promise.all([
      run.persist(() => cluster.readEndpoints("primary", run.signal)),
      run.persist(() => cluster.readEndpoints("canary", run.signal)),
    ]);
    if (primary.ready > 0 || canary.ready === 0) return;
    if (clock.nowMs() >= deadlineMs) throw noPrimary(run);
    await run.sleep(pollMs);
  }
}

function noPrimary({ label, settings }: Run): ReleaseFailed {
  return new ReleaseFailed(
    `${label}: the primary has no ready pod, so the traffic stays on the canary; bring ${settings.name}-primary up and run the update again`,
  );
}

/** Ends a run against its revision: traffic back, canary down, recorded, told. */
export async function rollBack(run: Run, reason: string, patience: Patience = "full"): Promise<void> {
  run.announce("warning", `Rolling back ${run.label} ${reason}`);
  await returnTraffic(run, patience);
  run.announce("error", `Canary failed! Scaling down ${run.label}`, true);
  await run.journal(failed(run, reason), ["handoverDeadline", "handoverSeconds"]);
  await clearCommands(run);
}

function failed(run: Run, reason: string): Partial<ReleaseStatus> {
  const at = run.isoNow();
  return {
    ...ended(run, reason, `Canary analysis failed, deployment scaled to zero: ${reason}`),
    revision: run.settings.revision,
    judged: { revision: run.settings.revision, verdict: "failed", reason, at },
  };
}

/** A run that is over and promoted nothing. */
export function ended(run: Run, message: string, condition = message): Partial<ReleaseStatus> {
  return {
    phase: "Failed",
    canaryWeight: 0,
    plannedWeight: 0,
    message,
    conditions: [
      {
        type: "Promoted",
        status: "False",
        reason: "Failed",
        message: condition,
        lastTransitionTime: run.isoNow(),
      },
    ],
  };
}
