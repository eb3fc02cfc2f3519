import { z } from "zod";
import { durationAtLeast } from "./duration.js";
import { metric } from "./metrics.js";
import type { MetricSettings } from "./metrics.js";
import { oneLine } from "./names.js";

/** Analyses beside the one of the steps, each with metrics and an end of its own. */

const metrics = z.array(metric).min(1, "needs at least one metric");

/** One that a release waits for. */
const awaited = z
  .strictObject({
    metrics: metrics.meta({ description: "What it judges, beside analysis.metrics, which have their say before it." }),
    for: durationAtLeast(1).optional().meta({ description: "How long it judges; left with an interval that passes." }),
    iterations: z
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .optional()
      .meta({ description: "In place of for: so many of its intervals must pass. Default 1." }),
    interval: durationAtLeast(1)
      .optional()
      .meta({ description: "Length of one of its intervals. Default: analysis.interval." }),
  })
  .superRefine(({ for: seconds, iterations }, context) => {
    if (seconds !== undefined && iterations !== undefined)
      context.addIssue({ code: "custom", path: ["iterations"], message: "give for or iterations, not both" });
  });
export type AwaitedAnalysis = z.output<typeof awaited>;

export const backgroundAnalysis = z.strictObject({
  name: oneLine
    .optional()
    .meta({ description: "Shown in log lines, status and messages. Default: its place in the list, from 1." }),
  metrics: metrics.meta({ description: "What it judges, beside analysis.metrics." }),
  from: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .default(1)
    .meta({ description: "The stage of the plan from which on it runs, counted from 1 as in the status. Default 1." }),
  for: durationAtLeast(1).optional().meta({ description: "How long it runs. Default: until the canary is passed." }),
  interval: durationAtLeast(1)
    .optional()
    .meta({ description: "Length of one of its intervals. Default: analysis.interval." }),
  onFailure: z.enum(["rollback", "hold"]).default("rollback").meta({
    description:
      "Where it fails: roll the release back (rollback, default), or stay at the weight until a person promotes or aborts, at most to the deadline (hold).",
  }),
});
export type BackgroundAnalysis = z.output<typeof backgroundAnalysis>;

export const analysesFields = {
  background: z
    .array(backgroundAnalysis)
    .min(1, "needs an analysis")
    .max(10, "must have at most 10 analyses")
    .optional()
    .meta({
      description: "Analyses beside the steps. None of them keeps a step waiting; one that fails ends the run.",
    }),
  prePromotion: awaited.optional().meta({
    description:
      "Judged before the promotion: behind the last step, while the canary keeps its users and the primary still has the earlier revision; of blue/green before users are moved. One that fails ends the run.",
  }),
  postPromotion: awaited.optional().meta({
    description:
      "Judged after the promotion: of blue/green when all users are moved and the primary still has the earlier revision, so that one that fails takes them back; of weights and A/B when the promoted primary has all users: nothing is left to take back then, and the update fails.",
  }),
};

type Path = readonly (string | number)[];
type Problem = readonly [path: Path, message: string];

/** What of `analysis` these depend on. */
interface Analyses {
  readonly background?: readonly BackgroundAnalysis[] | undefined;
  readonly prePromotion?: AwaitedAnalysis | undefined;
  readonly postPromotion?: AwaitedAnalysis | undefined;
}

/** Metrics of theirs, by their places. */
export function metricListsOf({
  background = [],
  prePromotion,
  postPromotion,
}: Analyses): readonly (readonly [at: Path, metrics: readonly MetricSettings[]])[] {
  return [
    ...background.map((each, index) => [["background", index, "metrics"], each.metrics] as const),
    ...(prePromotion === undefined ? [] : [[["prePromotion", "metrics"], prePromotion.metrics] as const]),
    ...(postPromotion === undefined ? [] : [[["postPromotion", "metrics"], postPromotion.metrics] as const]),
  ];
}

/** What is known of the plan: its stages, and whether requests reach the canary before users are moved. */
interface Plan {
  readonly stages: number;
  readonly requestsBefore: boolean;
}

/** Combinations that make no sense: where, and what is possible instead. */
export function analysesProblems(value: Analyses, { stages, requestsBefore }: Plan): readonly Problem[] {
  const { background = [], prePromotion, postPromotion } = value;
  const found: Problem[] = [];
  const names = background.map(({ name }, index) => name ?? String(index + 1));
  background.forEach(({ from }, index) => {
    if (from > stages)
      found.push([["background", index, "from"], `the plan has ${stages} ${stages === 1 ? "stage" : "stages"}`]);
    if (names.indexOf(names[index] ?? "") !== index)
      found.push([["background", index, "name"], `${names[index]} is there twice`]);
  });
  (prePromotion?.metrics ?? []).forEach((each, index) => {
    if (!requestsBefore && isJudgedByRequests(each))
      found.push([
        ["prePromotion", "metrics", index, "name"],
        `${each.name} counts requests, and none reaches the canary before users are moved: give preview or mirror, or judge it in postPromotion`,
      ]);
  });
  (postPromotion?.metrics ?? []).forEach((each, index) => {
    if (each.thresholdRange === undefined)
      found.push([
        ["postPromotion", "metrics", index, "thresholdRange"],
        "is missing: no user has the earlier revision by then, so there is nothing to compare with",
      ]);
  });
  return found;
}

/** Not by a number that comes from elsewhere. */
function isJudgedByRequests(metric: MetricSettings): boolean {
  return !("template" in metric) || metric.template.numerator !== undefined;
}
