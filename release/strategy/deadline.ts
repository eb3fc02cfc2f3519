import type { AnalysisSettings } from "../settings/index.js";
import { expectedSeconds, highestOf, planStages } from "./plan.js";
import type { PlanSettings } from "./plan.js";
import { stageAfterPromotion } from "./own-analyses.js";
import { planPromotion, promotionPaceOf } from "./promotion-pace.js";
import type { PromotionSettings } from "./promotion-pace.js";

/** What the time that a release needs depends on. */
export interface Plan {
  readonly analysis: PlanSettings & PromotionSettings & Pick<AnalysisSettings, "initialDelay" | "minRequests">;
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
  const { interval, initialDelay } = plan.analysis;
  const highest = highestOf(planStages(plan.analysis));
  const down = planPromotion(highest, promotionPaceOf(plan.analysis)).slice(0, -1);
  const up = expectedSeconds(plan.analysis, requestsPerSecond === 0 ? undefined : requestsPerSecond);
  const after = stageAfterPromotion(plan.analysis);
  const afterwards = after === undefined ? 0 : after.intervals * after.intervalSeconds;
  const needed = deadlineFactor * (up + down.length * interval + afterwards) + initialDelay + plan.progressDeadline;
  return Math.max(shortestDeadlineSeconds, Math.ceil(needed));
}
