import { canonicalJson } from "../model/canonical-json.js";
import { analysesProblems, metricListsOf } from "./analyses.js";
import type { AwaitedAnalysis, BackgroundAnalysis } from "./analyses.js";
import { baselineProblems } from "./baseline.js";
import type { BaselineSettings } from "./baseline.js";
import type { MetricSettings } from "./metrics.js";
import { isPause, metricsOfStep, stepWeightsOf } from "./pace.js";
import { stepWebhookProblems } from "./step-webhooks.js";
import type { AffinitySettings, MatchEntry, MirrorSettings, PreviewSettings, StepSettings } from "./strategy.js";

/** What of `analysis` belongs together. */
interface Combined {
  readonly maxWeight: number;
  readonly stepWeightPromotion: number;
  readonly stepWeightsPromotion?: readonly number[] | undefined;
  readonly metrics: readonly MetricSettings[];
  readonly stepWeight?: number | undefined;
  readonly stepWeights?: readonly number[] | undefined;
  readonly steps?: readonly StepSettings[] | undefined;
  readonly match?: readonly MatchEntry[] | undefined;
  readonly iterations?: number | undefined;
  readonly preview?: PreviewSettings | undefined;
  readonly previewReplicas?: number | undefined;
  readonly scaleDownDelay?: number | undefined;
  readonly mirror?: boolean | MirrorSettings | undefined;
  readonly sessionAffinity?: AffinitySettings | undefined;
  readonly background?: readonly BackgroundAnalysis[] | undefined;
  readonly prePromotion?: AwaitedAnalysis | undefined;
  readonly postPromotion?: AwaitedAnalysis | undefined;
  readonly baseline?: BaselineSettings | undefined;
}

type Path = readonly (string | number)[];
type Problem = readonly [path: Path, message: string];

/** Combinations that make no sense: where, and what is possible instead. */
export function strategyProblems(value: Combined): readonly Problem[] {
  const requestsBefore = !isBlueGreen(value) || value.preview !== undefined || isMirrored(value);
  return [
    ...weightProblems(value),
    ...combinationProblems(value),
    ...stepProblems(value),
    ...promotionProblems(value),
    ...stepWebhookProblems(value.steps ?? []),
    ...metricProblems(value),
    ...analysesProblems(value, { stages: stageCount(value), requestsBefore }),
    ...baselineProblems(value, requestsBefore),
  ];
}

/** Whether the canary is shown copies of users' requests. */
function isMirrored({ mirror }: Combined): boolean {
  return mirror !== undefined && mirror !== false;
}

/** How many stages the plan has. */
function stageCount(value: Combined): number {
  const { match, steps, stepWeight, stepWeights, maxWeight, prePromotion, postPromotion, scaleDownDelay } = value;
  const before = prePromotion === undefined ? 0 : 1;
  // Refused already, and too many to be listed.
  if ((stepWeight !== undefined && stepWeight < 1) || maxWeight > 100) return Infinity;
  if (match !== undefined) return (steps?.length ?? 1) + before;
  const after = [postPromotion, scaleDownDelay].filter((each) => each !== undefined).length;
  if (isBlueGreen(value)) return 2 + before + after;
  return (isMirrored(value) ? 1 : 0) + (steps ?? stepWeightsOf({ stepWeight, stepWeights, maxWeight })).length + before;
}

function weightProblems(value: Combined): readonly Problem[] {
  const { stepWeight, stepWeights, steps, match, iterations, maxWeight } = value;
  const found: Problem[] = [];
  const given = Object.entries({ stepWeight, stepWeights, steps }).filter(([, each]) => each !== undefined);
  const [first, second] = given;
  if (second !== undefined) found.push([[second[0]], `give ${given.map(([name]) => name).join(" or ")}, not both`]);
  if (first === undefined && match === undefined && iterations === undefined)
    found.push([["stepWeight"], "needs stepWeight or stepWeights"]);
  if (stepWeight !== undefined && stepWeight > maxWeight)
    found.push([["stepWeight"], `must not be above maxWeight ${maxWeight}`]);
  if ((stepWeights ?? []).some((weight, index, all) => index > 0 && weight <= (all[index - 1] ?? 0)))
    found.push([["stepWeights"], "must ascend"]);
  if (match !== undefined) found.push(...matchProblems(value, first?.[0]));
  else if (first !== undefined && iterations !== undefined)
    found.push([
      ["iterations"],
      `is for A/B (with match) and blue/green (without weights): leave it out, or ${first[0]}`,
    ]);
  return found;
}

/** @param weights the name of what says how users are moved step by step */
function matchProblems({ iterations, steps }: Combined, weights: string | undefined): readonly Problem[] {
  if (weights !== undefined && steps === undefined)
    return [[[weights], "A/B moves the users who match, and no others: leave it out, and give iterations"]];
  if (iterations === undefined && steps === undefined) return [[["match"], "needs iterations or steps"]];
  return iterations !== undefined && steps !== undefined
    ? [[["iterations"], "give iterations or steps, not both"]]
    : [];
}

function combinationProblems(value: Combined): readonly Problem[] {
  const { match, preview, previewReplicas, scaleDownDelay, mirror, sessionAffinity } = value;
  const mirrors = isMirrored(value);
  const blueGreen = isBlueGreen(value);
  const found: Problem[] = [];
  if (preview !== undefined && !blueGreen)
    found.push([["preview"], "is for blue/green: give iterations, and neither weights nor match"]);
  if (previewReplicas !== undefined && !blueGreen)
    found.push([["previewReplicas"], "is for blue/green; with steps give each its replicas"]);
  if (scaleDownDelay !== undefined && !blueGreen)
    found.push([
      ["scaleDownDelay"],
      "is for blue/green (iterations, and neither weights nor match): elsewhere the old pods serve until the promotion anyway, and drain is how long pods stay after weight 0",
    ]);
  if (mirrors && match !== undefined)
    found.push([["mirror"], "has no part in A/B: mirror before a canary's weights, or in blue/green"]);
  if (mirrors && sessionAffinity !== undefined)
    found.push([["mirror"], "can't be had with sessionAffinity: leave one of them out"]);
  if (sessionAffinity !== undefined && (match !== undefined || blueGreen))
    found.push([
      ["sessionAffinity"],
      "is for weights (stepWeight, stepWeights or steps): else nobody goes back and forth",
    ]);
  if (typeof mirror === "object" && mirror.for !== undefined && blueGreen)
    found.push([["mirror", "for"], "blue/green mirrors for its iterations: leave it out"]);
  if (typeof mirror === "object" && !Number.isInteger(mirror.timeout))
    found.push([["mirror", "timeout"], "must be whole seconds: the gateway ignores shorter ones"]);
  return found;
}

/** The way back to the promoted primary. */
function promotionProblems(value: Combined): readonly Problem[] {
  const { match, stepWeightPromotion, stepWeightsPromotion: shares } = value;
  const found: Problem[] = [];
  const given = [
    ...(stepWeightPromotion > 0 ? ["stepWeightPromotion"] : []),
    ...(shares ? ["stepWeightsPromotion"] : []),
  ];
  if (match !== undefined)
    found.push(...given.map((name): Problem => [[name], "A/B has no shares to go back by: leave it out"]));
  else if (given.length > 1) found.push([["stepWeightsPromotion"], `give ${given.join(" or ")}, not both`]);
  if (shares === undefined) return found;
  const [first = 100] = shares;
  const had = 100 - highestWeight(value);
  if (shares.some((share, index) => index > 0 && share <= (shares[index - 1] ?? 0)))
    found.push([["stepWeightsPromotion"], "must ascend"]);
  else if (match === undefined && first <= had)
    found.push([["stepWeightsPromotion", 0], `must be above the ${had} that the primary has when the way back begins`]);
  return found;
}

/** Of the canary, at the end of its run. */
function highestWeight({ maxWeight, stepWeight, stepWeights, steps }: Combined): number {
  if (steps !== undefined) return Math.max(0, ...steps.map((step) => (isPause(step) ? 0 : (step.weight ?? 0))));
  if (stepWeights !== undefined) return Math.max(0, ...stepWeights);
  return stepWeight === undefined ? 100 : maxWeight;
}

function isBlueGreen({ match, iterations, stepWeight, stepWeights, steps }: Combined): boolean {
  const hasWeights = [stepWeight, stepWeights, steps].some((each) => each !== undefined);
  return iterations !== undefined && match === undefined && !hasWeights;
}

function stepProblems(value: Combined): readonly Problem[] {
  const { steps = [], match, maxWeight } = value;
  const found: Problem[] = [];
  let last = 0;
  steps.forEach((step, index) => {
    const problem = (field: string, message: string): number => found.push([["steps", index, field], message]);
    if (isPause(step)) {
      if (index > 0) return;
      const before = match === undefined ? "a weight" : "a step";
      problem("pause", `needs ${before} before it; a confirm-rollout webhook waits before any`);
    } else if (match !== undefined) {
      if (step.weight !== undefined)
        problem("weight", "A/B moves the users who match, all of them: leave it out, or match");
    } else if (step.weight === undefined) problem("weight", "is missing (needs a number)");
    else {
      if (step.weight <= last) problem("weight", `must be above the ${last} before it`);
      if (step.weight > maxWeight) problem("weight", `must not be above maxWeight ${maxWeight}`);
      last = Math.max(last, step.weight);
    }
  });
  return found;
}

/** A metric of a name is the same everywhere; only its limits may differ from step to step. */
function metricProblems(value: Combined): readonly Problem[] {
  const { metrics, steps = [] } = value;
  const known = new Map(metrics.map((metric) => [metric.name, sourceOf(metric)]));
  const found: Problem[] = [];
  const look = (own: readonly MetricSettings[], at: Path): void =>
    own.forEach((metric, index) => {
      if (own.findIndex(({ name }) => name === metric.name) !== index)
        found.push([[...at, index, "name"], `${metric.name} is there twice`]);
      const source = known.get(metric.name) ?? sourceOf(metric);
      known.set(metric.name, source);
      if (source !== sourceOf(metric))
        found.push([[...at, index, "name"], `${metric.name} is measured otherwise elsewhere: give it another name`]);
    });
  look(metrics, ["metrics"]);
  steps.forEach((step, index) => look(metricsOfStep(step), ["steps", index, "metrics"]));
  for (const [at, own] of metricListsOf(value)) look(own, at);
  return found;
}

function sourceOf(metric: MetricSettings): string {
  if ("template" in metric) return canonicalJson([metric.template, metric.templateVariables]);
  return "latency" in metric ? metric.latency : "";
}
