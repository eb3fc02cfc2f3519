import type { CounterSeries } from "../analysis/contract.js";
import type { ReleaseStatus } from "../model/index.js";
import { ReleaseFailed } from "./failure.js";
import type { Run } from "./run.js";

/** Longer than this nobody waits for the last requests of a canary without weight. */
const longestDrainMs = 20_000;

/** Whether an earlier run has left anything to take back. */
export async function hasLeftovers(run: Run): Promise<boolean> {
  const { cluster } = run.ports;
  const [route, canary] = await Promise.all([
    run.persist(() => cluster.readRoute(run.signal)),
    run.persist(() => cluster.readWorkload("canary", run.signal)),
  ]);
  return (route?.canaryWeight ?? 0) > 0 || (canary?.replicas ?? 0) > 0;
}

/** Weight 0, drain, scale down: idempotent, in an order in which no user asks a pod that is going. */
export async function returnTraffic(run: Run, patience: "full" | "short" = "full"): Promise<void> {
  const { cluster } = run.ports;
  const route = await run.persist(() => cluster.readRoute(run.signal));
  if (route !== undefined && route.canaryWeight !== 0) {
    await insistOnPrimary(run);
    await run.setWeight(0);
    await drain(run, patience);
  }
  const canary = await run.persist(() => cluster.readWorkload("canary", run.signal));
  if (canary !== undefined && canary.replicas !== 0) await run.scaleCanary(0);
}

/** With no primary that could take it, the traffic stays where somebody answers it. */
async function insistOnPrimary(run: Run): Promise<void> {
  const { cluster } = run.ports;
  const [primary, canary] = await Promise.all([
    run.persist(() => cluster.readEndpoints("primary", run.signal)),
    run.persist(() => cluster.readEndpoints("canary", run.signal)),
  ]);
  if (primary.ready > 0 || canary.ready === 0) return;
  throw new ReleaseFailed(
    `${run.label}: the primary has no ready pod, so the traffic stays on the canary; bring ${run.settings.name}-primary up and run the update again`,
  );
}

/** Waits until nobody asks the canary any more: at least `drain` seconds, and until its counters stand still. */
export async function drain(run: Run, patience: "full" | "short" = "full"): Promise<void> {
  const { clock } = run.ports;
  const started = clock.nowMs();
  await run.sleep(run.settings.drain * 1000);
  if (patience === "short") return;
  let before = await canaryRequests(run);
  while (clock.nowMs() - started < longestDrainMs) {
    await run.sleep(run.settings.scrapeInterval * 1000);
    const now = await canaryRequests(run);
    if (now === undefined || now === before) return;
    before = now;
  }
  run.announce("warning", `${run.label} still has traffic ${Math.round(longestDrainMs / 1000)}s after weight 0`);
}

/** All requests the canary's pods ever answered; undefined when nobody can tell. */
async function canaryRequests(run: Run): Promise<number | undefined> {
  const { cluster, metrics } = run.ports;
  const nodes = await cluster.readEndpoints("canary", run.signal).then(
    (endpoints) => endpoints.nodes,
    () => undefined,
  );
  if (nodes === undefined) return undefined;
  const windowSeconds = run.settings.scrapeInterval * 3;
  const reading = await metrics.read({ windowSeconds, canaryNodes: nodes, primaryNodes: [] }, run.signal);
  if (reading.kind === "error") return undefined;
  const ofCanary = reading.series.filter(({ kind, node }) => kind === "status" && nodes.includes(node));
  return ofCanary.reduce((sum, series) => sum + lastValue(series), 0);
}

function lastValue({ points }: CounterSeries): number {
  return points.at(-1)?.value ?? 0;
}

/** Ends a run against its revision: traffic back, canary down, recorded, told. */
export async function rollBack(run: Run, reason: string, patience: "full" | "short" = "full"): Promise<void> {
  run.announce("warning", `Rolling back ${run.label} ${reason}`);
  await returnTraffic(run, patience);
  run.announce("error", `Canary failed! Scaling down ${run.label}`, true);
  await run.journal(failed(run, reason), ["handoverDeadline", "handoverSeconds"]);
}

function failed(run: Run, reason: string): Partial<ReleaseStatus> {
  const at = run.isoNow();
  return {
    phase: "Failed",
    canaryWeight: 0,
    plannedWeight: 0,
    message: reason,
    revision: run.settings.revision,
    judged: { revision: run.settings.revision, verdict: "failed", reason, at },
    conditions: [
      {
        type: "Promoted",
        status: "False",
        reason: "Failed",
        message: `Canary analysis failed, deployment scaled to zero: ${reason}`,
        lastTransitionTime: at,
      },
    ],
  };
}
