import type { MetricSettings } from "./metrics.js";
import type { PauseStep, StepSettings } from "./strategy.js";

interface Weights {
  readonly maxWeight: number;
  readonly stepWeight?: number | undefined;
  readonly stepWeights?: readonly number[] | undefined;
}

/** The canary's shares in the order they are set, percent; the last one is clipped to maxWeight as Flagger does. */
export function stepWeightsOf({ stepWeight, stepWeights, maxWeight }: Weights): readonly number[] {
  if (stepWeights !== undefined) return stepWeights;
  const step = stepWeight ?? maxWeight;
  return Array.from({ length: Math.ceil(maxWeight / step) }, (_, index) => Math.min(maxWeight, (index + 1) * step));
}

/** Checks are so far apart where nobody said otherwise, seconds. */
const usualCheckSeconds = 2;

interface Pace {
  readonly interval: number;
  readonly checkInterval?: number | undefined;
}

/** Seconds between two checks: never more than an interval. */
export function checkEverySeconds({ checkInterval, interval }: Pace): number {
  return checkInterval ?? Math.min(usualCheckSeconds, interval);
}

/** Metrics of a step's own. */
export function metricsOfStep(step: StepSettings): readonly MetricSettings[] {
  return isPause(step) ? [] : (step.metrics ?? []);
}

/** Whether a step only stays where the one before it is. */
export function isPause(step: StepSettings): step is PauseStep {
  return "pause" in step;
}
