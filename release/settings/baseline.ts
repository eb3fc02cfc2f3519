import { z } from "zod";
import type { MetricSettings } from "./metrics.js";
import { metricsOfStep } from "./pace.js";
import type { StepSettings } from "./strategy.js";

const baseline = z.union([
  z.boolean(),
  z.strictObject({
    replicas: z
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .meta({ description: "Pods of the baseline, at every step." }),
  }),
]);

/** How many pods are raised; `true`: as many as the canary's. */
export type BaselineSettings = z.output<typeof baseline>;

export const baselineFields = {
  baseline: baseline.optional().meta({
    description:
      "Fresh pods of the old revision, as many as the canary's, are raised for each run, and the canary is compared with them instead of the warm primary: true, or how many. Default false.",
  }),
};

/** What the baseline is compared by. */
interface Compared {
  readonly baseline?: BaselineSettings | undefined;
  readonly metrics: readonly MetricSettings[];
  readonly steps?: readonly StepSettings[] | undefined;
}

type Problem = readonly [path: readonly (string | number)[], message: string];

/**
 * Where nothing would ever be compared with it.
 * @param requestsBefore whether requests reach the canary before all users are moved
 */
export function baselineProblems(value: Compared, requestsBefore: boolean): readonly Problem[] {
  if (value.baseline === undefined || value.baseline === false) return [];
  const { metrics, steps = [] } = value;
  if (!requestsBefore)
    return [
      [["baseline"], "blue/green compares only what comes by preview or mirror: give one of them, or leave it out"],
    ];
  const all = [...metrics, ...steps.flatMap(metricsOfStep)];
  if (all.some((metric) => !("template" in metric) && metric.compare !== false)) return [];
  return [
    [
      ["baseline"],
      "is for request-success-rate and request-duration, and none of them is compared: leave it out, or their compare: false",
    ],
  ];
}
