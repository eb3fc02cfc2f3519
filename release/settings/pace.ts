import type { AnalysisSettings } from "./analysis.js";

/** The canary's shares in the order they are set, percent; the last one is clipped to maxWeight as Flagger does. */
export function stepWeightsOf({
  stepWeight,
  stepWeights,
  maxWeight,
}: Pick<AnalysisSettings, "stepWeight" | "stepWeights" | "maxWeight">): readonly number[] {
  if (stepWeights !== undefined) return stepWeights;
  const step = stepWeight ?? maxWeight;
  return Array.from({ length: Math.ceil(maxWeight / step) }, (_, index) => Math.min(maxWeight, (index + 1) * step));
}

/** Checks are so far apart where nobody said otherwise, seconds. */
const usualCheckSeconds = 2;

/** Seconds between two checks: never more than an interval. */
export function checkEverySeconds({ checkInterval, interval }: AnalysisSettings): number {
  return checkInterval ?? Math.min(usualCheckSeconds, interval);
}
