import { stepWeightsOf } from "../../settings/index.js";
import type { AnalysisSettings } from "../../settings/index.js";
import { expectedSeconds } from "./patience.js";

/** The canary's shares in the order they are set, percent. */
export const planSteps = stepWeightsOf;

/** The canary's shares on the way to the promoted primary; a step of 0 is one jump. */
export function planPromotionSteps(fromWeight: number, step: number): readonly number[] {
  if (fromWeight <= 0) return [];
  if (step === 0) return [0];
  const count = Math.ceil(fromWeight / step);
  return Array.from({ length: count }, (_, index) => Math.max(0, fromWeight - (index + 1) * step));
}

/** What the time that a release needs depends on. */
export interface Plan {
  readonly analysis: Pick<
    AnalysisSettings,
    "interval" | "initialDelay" | "minRequests" | "stepWeight" | "stepWeights" | "maxWeight" | "stepWeightPromotion"
  >;
  /** Seconds for pods to get ready. */
  readonly progressDeadline: number;
  /** As the program says it, seconds. */
  readonly deadline?: number | undefined;
}

/** Holds, failed checks, thinner traffic and slow starts of a release that is promoted in the end. */
const deadlineFactor = 3;
const shortestDeadlineSeconds = 3600;

/** Seconds that the steps of an analysis take when none is held; its pods' start is not in it. */
export function shortestSeconds({ analysis }: Pick<Plan, "analysis">): number {
  return expectedSeconds(analysis) + analysis.initialDelay;
}

/**
 * The limit of a whole analysis, seconds: as the program says, else what its plan needs at the traffic that was observed
 * (undefined: not known yet; 0: none, where `inconclusiveLimit` ends it much earlier). Time at closed gates and in pauses
 * is not counted by whoever keeps the limit.
 */
export function deadlineSeconds(plan: Plan, requestsPerSecond?: number): number {
  if (plan.deadline !== undefined) return plan.deadline;
  const { interval, initialDelay, stepWeightPromotion } = plan.analysis;
  const highest = planSteps(plan.analysis).at(-1) ?? 0;
  const down = stepWeightPromotion === 0 ? [] : planPromotionSteps(highest, stepWeightPromotion).slice(0, -1);
  const up = expectedSeconds(plan.analysis, requestsPerSecond === 0 ? undefined : requestsPerSecond);
  const needed = deadlineFactor * (up + down.length * interval) + initialDelay + plan.progressDeadline;
  return Math.max(shortestDeadlineSeconds, Math.ceil(needed));
}
