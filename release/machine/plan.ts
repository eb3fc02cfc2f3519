import type { ReleaseStatus } from "../model/index.js";
import type { Workload } from "../ports/index.js";
import type { AnalysisSettings } from "../settings/index.js";

/** Pure decisions: what a run is going to do, from what the cluster says. */

/** The canary's shares in the order they are set, percent; the last one is clipped to maxWeight as Flagger does. */
export function planSteps(
  analysis: Pick<AnalysisSettings, "stepWeight" | "stepWeights" | "maxWeight">,
): readonly number[] {
  if (analysis.stepWeights !== undefined) return analysis.stepWeights;
  const step = analysis.stepWeight ?? analysis.maxWeight;
  const count = Math.ceil(analysis.maxWeight / step);
  return Array.from({ length: count }, (_, index) => Math.min(analysis.maxWeight, (index + 1) * step));
}

/** The canary's shares on the way to the promoted primary; a step of 0 is one jump. */
export function planPromotionSteps(fromWeight: number, step: number): readonly number[] {
  if (fromWeight <= 0) return [];
  if (step === 0) return [0];
  const count = Math.ceil(fromWeight / step);
  return Array.from({ length: count }, (_, index) => Math.max(0, fromWeight - (index + 1) * step));
}

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

export type Start =
  | { readonly kind: "initialize" }
  | { readonly kind: "alreadyPromoted" }
  /** Judged and on the primary already: the promotion only has to be finished. */
  | { readonly kind: "promotionPending" }
  /** On the primary without ever having been judged here. */
  | { readonly kind: "unjudged" }
  | { readonly kind: "analyse" };

/** What an analysis has to do: the cluster decides, not whether the engine calls it create or update. */
export function decideStart(revision: string, primary: Workload | undefined, status: ReleaseStatus | undefined): Start {
  const promoted = status?.promotedRevision;
  if (primary === undefined || (promoted === undefined && primary.availableReplicas === 0))
    return { kind: "initialize" };
  if (primary.revision !== revision) return { kind: "analyse" };
  if (promoted === revision || promoted === undefined) return { kind: "alreadyPromoted" };
  return passedEarlier(revision, status) ? { kind: "promotionPending" } : { kind: "unjudged" };
}

export function passedEarlier(revision: string, status: ReleaseStatus | undefined): boolean {
  return status?.judged?.revision === revision && status.judged.verdict === "passed";
}

/**
 * Whether a revision that Pulumi's state calls analysed must be judged again: it passed, its traffic was rolled back,
 * and it never got to the primary.
 */
export function needsAnalysis(
  revision: string,
  primary: Workload | undefined,
  status: ReleaseStatus | undefined,
): boolean {
  if (primary === undefined || status === undefined) return false;
  const promoted = status.promotedRevision === revision || primary.revision === revision;
  const pending = status.phase === "WaitingPromotion" || status.phase === "Promoting" || status.phase === "Finalising";
  return !promoted && !pending && decideStart(revision, primary, status).kind === "analyse";
}
