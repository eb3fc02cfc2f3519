import type { Workload } from "../ports/index.js";

/** Pods that must be ready: rounded up and at least one, so that a percentage never means nobody. */
function requiredReady(replicas: number, thresholdPercent: number): number {
  return Math.max(1, Math.ceil((replicas * thresholdPercent) / 100));
}

export type Readiness = { readonly kind: "ready" } | { readonly kind: "notReady"; readonly message: string };

/** Whether a Deployment's rollout is done, with the field's wording where it isn't. */
export function readinessOf(workload: Workload, wantedReplicas: number, thresholdPercent: number): Readiness {
  const waiting = (message: string): Readiness => ({
    kind: "notReady",
    message: `waiting for rollout to finish: ${message}`,
  });
  if (workload.observedGeneration < workload.generation)
    return waiting("observed deployment generation less than desired generation");
  const required = requiredReady(wantedReplicas, thresholdPercent);
  const ready = Math.min(workload.updatedReplicas, workload.availableReplicas);
  if (ready < required)
    return waiting(
      `${ready} of ${wantedReplicas} (readyThreshold ${thresholdPercent}%) updated replicas are available`,
    );
  const old = workload.totalReplicas - workload.updatedReplicas;
  return old > 0 ? waiting(`${old} old replicas are pending termination`) : { kind: "ready" };
}

/** Whether users would find the pods: their addresses may stand behind the Service a moment later. */
export function reachabilityOf(ready: number, wantedReplicas: number, thresholdPercent: number): Readiness {
  if (ready >= requiredReady(wantedReplicas, thresholdPercent)) return { kind: "ready" };
  return { kind: "notReady", message: `${ready} of ${wantedReplicas} addresses are ready behind the Service` };
}
