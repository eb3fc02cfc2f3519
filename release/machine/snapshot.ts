import type { Endpoints, ReleaseObject, RouteState, Workload } from "../ports/index.js";
import { TransientError } from "../ports/index.js";
import { sameSplit } from "../strategy/index.js";
import type { Split } from "../strategy/index.js";
import type { Run } from "./run.js";
import type { SyncHealth } from "./sync-watch.js";

/** What the cluster says of a canary at one moment. */
export interface CanarySnapshot {
  readonly object: ReleaseObject | undefined;
  readonly canary: Workload | undefined;
  readonly canaryEndpoints: Endpoints;
  /** A pod that can't get well by itself, in one sentence. */
  readonly trouble: string | undefined;
}

/** What the cluster says at one check. */
export interface Snapshot extends CanarySnapshot {
  readonly route: RouteState | undefined;
  readonly primaryEndpoints: Endpoints;
}

export async function readCanarySnapshot({ ports, signal }: Run): Promise<CanarySnapshot> {
  const { cluster } = ports;
  const [object, canary, canaryEndpoints, trouble] = await Promise.all([
    cluster.readRelease(signal),
    cluster.readWorkload("canary", signal),
    cluster.readEndpoints("canary", signal),
    cluster.readCanaryTrouble(signal),
  ]);
  const sentence = trouble === undefined ? undefined : `pod ${trouble.pod}: ${trouble.reason}: ${trouble.message}`;
  return { object, canary, canaryEndpoints, trouble: sentence };
}

/** undefined while the API server is away: then nothing can be decided, and nothing is changed. */
export async function readSnapshot(run: Run): Promise<Snapshot | undefined> {
  const { cluster } = run.ports;
  const { signal } = run;
  try {
    const [canary, route, primaryEndpoints] = await Promise.all([
      readCanarySnapshot(run),
      cluster.readRoute(signal),
      cluster.readEndpoints("primary", signal),
    ]);
    return { ...canary, route, primaryEndpoints };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TransientError) return undefined;
    throw error;
  }
}

export type Interference =
  | { readonly kind: "none" }
  /** The run must end; the sentence says why. */
  | { readonly kind: "end"; readonly sentence: string }
  /** Somebody changed what the gateway is asked: put it right. */
  | { readonly kind: "wrongSplit"; readonly found: Split };

/** Whether anything but the evidence ends the run at this check; pure. */
export function interferenceIn(
  snapshot: Snapshot,
  asked: { readonly split: Split; readonly templateHash: string; readonly sync: SyncHealth },
): Interference {
  const { object, canary, trouble, route } = snapshot;
  const end = (sentence: string): Interference => ({ kind: "end", sentence });
  if (object === undefined) return end("the CanaryRelease object was deleted during the analysis");
  if (canary === undefined)
    return end("the canary's Deployment was deleted during the analysis; run pulumi refresh and the update again");
  if (canary.owner === "foreign")
    return end("the canary's Deployment was replaced by one that is not this release's; delete or rename that one");
  if (canary.templateHash !== asked.templateHash)
    return end("the canary's template was changed from outside during the analysis");
  if (trouble !== undefined) return end(trouble);
  if (route === undefined) return end("the weighted ApisixRoute was deleted during the analysis; run pulumi refresh");
  if (route.owner === "foreign")
    return end("the weighted ApisixRoute was replaced by one that is not this release's; delete or rename that one");
  if (asked.sync.kind === "frozen") return end(`the gateway's sync is frozen: ${asked.sync.message}`);
  if (canary.replicas === 0) return end("the canary was scaled to 0 from outside during the analysis");
  return sameSplit(route.split, asked.split) ? { kind: "none" } : { kind: "wrongSplit", found: route.split };
}
