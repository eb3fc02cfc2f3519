import { z } from "zod";
import { analysesFields, metricListsOf } from "./analyses.js";
import { durationAtLeast } from "./duration.js";
import { baselineFields } from "./baseline.js";
import { metric } from "./metrics.js";
import type { MetricSettings } from "./metrics.js";
import { metricsOfStep } from "./pace.js";
import { strategyFields } from "./strategy.js";
import { strategyProblems } from "./strategy-problems.js";
import { alert, webhook } from "./webhooks.js";

const percent = z.int("must be a whole number").min(0, "must be 0 to 100").max(100, "must be 0 to 100");
const positivePercent = z.int("must be a whole number").min(1, "must be 1 to 100").max(100, "must be 1 to 100");

/** `analysis` of a CanaryRelease: Flagger's names and meanings, and what goes beyond them. */
export const analysis = z
  .strictObject({
    interval: durationAtLeast(1).default(60).meta({ description: "Length of one step. Default 1m, at least 1s." }),
    checkInterval: durationAtLeast(0.2)
      .optional()
      .meta({ description: "How often the evidence is looked at. Default: 2s, or the interval if that is shorter." }),
    threshold: z.int().min(1).default(1).meta({ description: "Failed checks (cumulative) until rollback. Default 1." }),
    maxWeight: positivePercent
      .default(100)
      .meta({ description: "Largest share of traffic for the canary, percent. Default 100." }),
    stepWeight: positivePercent.optional().meta({ description: "Increase of the canary's share per step, percent." }),
    stepWeights: z
      .array(positivePercent)
      .min(1)
      .optional()
      .meta({ description: "The shares of all steps, ascending, percent." }),
    ...strategyFields,
    ...analysesFields,
    ...baselineFields,
    stepWeightPromotion: percent
      .default(0)
      .meta({ description: "Step size of the shift back to the promoted primary; 0 is one jump. Default 0." }),
    stepWeightsPromotion: z.array(positivePercent).min(1, "needs a share").optional().meta({
      description:
        "In its place the primary's shares on the way back, one by one, ascending, percent; those that it has already are skipped, and 100 at the end goes without saying.",
    }),
    primaryReadyThreshold: positivePercent
      .default(100)
      .meta({ description: "Percent of primary pods that must be ready. Default 100." }),
    canaryReadyThreshold: positivePercent
      .default(100)
      .meta({ description: "Percent of canary pods that must be ready. Default 100." }),
    metrics: z
      .array(metric)
      .min(1, "needs at least one metric")
      .default([
        {
          name: "request-success-rate",
          interval: 60,
          thresholdRange: { min: 99 },
          dryRun: false,
          critical: false,
          onNoData: "hold",
          onError: "hold",
        },
        {
          name: "request-duration",
          interval: 30,
          thresholdRange: { max: 500 },
          dryRun: false,
          critical: false,
          onNoData: "hold",
          onError: "hold",
          latency: "user",
        },
      ])
      .meta({ description: "The checks; each name once. Default: success rate of 99%, P99 of 500 ms." }),
    webhooks: z.array(webhook).default([]).meta({ description: "Gates, load tests and listeners. Default none." }),
    alerts: z.array(alert).default([]).meta({ description: "Who is told of the release's end. Default none." }),
    confidence: z
      .number()
      .gt(0.5)
      .lt(1)
      .default(0.999)
      .meta({ description: "1 - probability that a healthy release is rolled back. Default 0.999." }),
    minRequests: z
      .int()
      .min(1)
      .default(10)
      .meta({ description: "Canary requests seen per step before its weight may rise. Default 10." }),
    strata: z
      .array(z.enum(["pod", "method"]))
      .default(["pod", "method"])
      .meta({
        description:
          "Parts of the traffic that are judged beside the whole, within the same confidence: single pods of the canary, and method classes where the gateway has the label. Default both.",
      }),
    promoteWithConfidence: z
      .union([z.literal(false), z.number().gt(0.5).lt(1)])
      .default(false)
      .meta({
        description:
          "Promote only when it is as sure as this that every limit is kept; false: when nothing speaks against it. Default false.",
      }),
    initialDelay: durationAtLeast(0)
      .default(0)
      .meta({ description: "After first traffic, before judging. Default 0s." }),
    inconclusiveLimit: z.int().min(1).default(10).meta({
      description:
        "Intervals in a row in which no new canary request came where some were to be expected, or in which a query had no values, until the release is rolled back as undecided. Requests that come slowly are waited for as long as the deadline allows. Default 10.",
    }),
    consecutiveErrorLimit: z.int().min(1).default(10).meta({
      description:
        "Intervals in a row without an answer of the metrics provider, until the release is rolled back as undecided. Default 10.",
    }),
    onUndecided: z.enum(["rollback", "hold"]).default("rollback").meta({
      description:
        "At the end of the deadline, or of the two limits above: roll the release back (rollback, default), or stay at the weight and go on checking until a person promotes or aborts (hold). What wasn't judged is never promoted by itself.",
    }),
  })
  .superRefine((value, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    for (const [path, message] of strategyProblems(value))
      context.addIssue({ code: "custom", path: [...path], message });
    if (value.checkInterval !== undefined && value.checkInterval > value.interval)
      issue("checkInterval", "must not be longer than interval");
  });

/** Every metric that a run may ask for, those of single steps and other analyses included; one for each name. */
export function metricsOf(
  settings: Pick<AnalysisSettings, "metrics" | "steps" | "background" | "prePromotion" | "postPromotion">,
): readonly MetricSettings[] {
  const { metrics, steps = [] } = settings;
  const all = [...metrics, ...steps.flatMap(metricsOfStep), ...metricListsOf(settings).flatMap(([, each]) => each)];
  return all.filter((metric, index) => all.findIndex(({ name }) => name === metric.name) === index);
}

/** `analysis` as the runtime has it: parsed, with every default. */
export type AnalysisSettings = z.output<typeof analysis>;
/**
 * `analysis` as a user writes it: Flagger's names and meanings, and what goes beyond them. Durations are texts like
 * `"1m30s"` or numbers of seconds.
 *
 * @useDeclaredType
 */
export type AnalysisInput = z.input<typeof analysis>;
