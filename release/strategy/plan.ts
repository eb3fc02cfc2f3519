import { checkEverySeconds, isPause, stepWeightsOf } from "../settings/pace.js";
import type { Split, StageKind } from "../model/index.js";
import type {
  AnalysisSettings,
  JudgedStep,
  MetricSettings,
  MirrorSettings,
  PauseStep,
  WebhookSettings,
} from "../settings/index.js";
import { awaitedStage, intervalsOf } from "./own-analyses.js";
import type { OwnAnalysesSettings } from "./own-analyses.js";
import { strategyKindOf } from "./rules.js";
import type { StrategySettings } from "./rules.js";
import { highestSplit, isWithin, restSplit, sameSplit, shownWeight } from "./split.js";

/** Whose answers a stage is judged by. `nobody`: no request of the gateway's reaches the canary; its pods and webhooks count. */
export const populations = ["users", "matched", "preview", "mirror", "nobody"] as const;
export type Population = (typeof populations)[number];

/** Pods of the canary: so many, so many percent of the primary's, or as large a part of them as the weight. */
export type StageReplicas = NonNullable<JudgedStep["replicas"]>;

/** One stage of a plan. */
export interface Stage {
  readonly kind: StageKind;
  readonly split: Split;
  /** Length of one of its intervals, and how many it has at least. */
  readonly intervalSeconds: number;
  readonly intervals: number;
  /** `passed`: each of its intervals must pass. `elapsed`: so many go by, and it is left with one that passes. */
  readonly counts: "elapsed" | "passed";
  readonly judged: Population;
  /** In place of the analysis' own. */
  readonly metrics?: readonly MetricSettings[];
  /** Of an analysis of its own: what it is called in messages. */
  readonly name?: string;
  /** Beside those of the whole analysis, while this stage lasts and before it is left. */
  readonly webhooks?: readonly WebhookSettings[];
  /** From this stage on; else as before. */
  readonly replicas?: StageReplicas;
  /** Left only when a person approves. */
  readonly untilApproved?: true;
}

/** What a plan depends on. */
export type PlanSettings = StrategySettings &
  OwnAnalysesSettings &
  Pick<AnalysisSettings, "interval" | "maxWeight"> &
  Partial<Pick<AnalysisSettings, "checkInterval" | "previewReplicas" | "scaleDownDelay">>;

/** What a run is going to do, stage by stage. */
export function planStages(settings: PlanSettings): readonly Stage[] {
  switch (strategyKindOf(settings)) {
    case "canary":
      return withPrePromotion(settings, [...mirrorFirst(settings), ...weightStages(settings)]);
    case "abTesting":
      return withPrePromotion(settings, matchedStages(settings));
    case "blueGreen":
      return blueGreenStages(settings);
  }
}

/** Behind the last of these stages. */
function withPrePromotion(settings: PlanSettings, stages: readonly Stage[]): readonly Stage[] {
  const last = stages.at(-1);
  if (settings.prePromotion === undefined || last === undefined) return stages;
  return [...stages, awaitedStage("prePromotion", settings, settings.prePromotion, last)];
}

/**
 * Tested with fewer pods it gets as many as the primary has, before all users come. What is judged after their move is
 * judged while the primary has the earlier revision.
 */
function blueGreenStages(settings: PlanSettings): readonly Stage[] {
  const { previewReplicas, postPromotion } = settings;
  const [test, all] = [testStage(settings), iterated(settings, "allUsers", "users", { base: 100 })];
  const after = postPromotion === undefined ? [] : [awaitedStage("postPromotion", settings, postPromotion, all)];
  const behind = [...after, ...delayStages(settings, all)];
  if (previewReplicas === undefined) return [...withPrePromotion(settings, [test]), all, ...behind];
  const tested = withPrePromotion(settings, [{ ...test, replicas: previewReplicas }]);
  return [...tested, { ...all, replicas: "100%" }, ...behind];
}

/** The promotion overwrites the old revision, so it is what waits while that is to be kept. */
function delayStages(settings: PlanSettings, { split, judged }: Stage): readonly Stage[] {
  const { scaleDownDelay } = settings;
  if (scaleDownDelay === undefined) return [];
  return [{ kind: "scaleDownDelay", split, judged, ...lengthOf(settings, scaleDownDelay) }];
}

/** Before any user comes: by its own way, by copies of users' requests, or by webhooks alone. */
function testStage(settings: PlanSettings): Stage {
  const mirror = mirrorOf(settings);
  const preview = settings.preview === undefined ? {} : { preview: 100 as const };
  if (mirror !== undefined)
    return iterated(settings, "mirror", "mirror", { base: 0, ...preview, mirrorPercent: mirror.percent });
  if (settings.preview !== undefined) return iterated(settings, "preview", "preview", { base: 0, ...preview });
  return iterated(settings, "test", "nobody", restSplit);
}

function iterated(settings: PlanSettings, kind: StageKind, judged: Population, split: Split): Stage {
  const { interval, iterations = 1 } = settings;
  return { kind, split, intervalSeconds: interval, intervals: iterations, counts: "passed", judged };
}

function mirrorFirst(settings: PlanSettings): readonly Stage[] {
  const mirror = mirrorOf(settings);
  if (mirror === undefined) return [];
  const length = lengthOf(settings, mirror.for);
  return [{ kind: "mirror", split: { base: 0, mirrorPercent: mirror.percent }, ...length, judged: "mirror" }];
}

/** How requests are copied; undefined where they aren't. */
export function mirrorOf({ mirror }: Pick<StrategySettings, "mirror">): MirrorSettings | undefined {
  if (mirror === undefined || mirror === false) return undefined;
  return mirror === true ? { percent: 100, methods: ["GET", "HEAD", "OPTIONS"], timeout: 1 } : mirror;
}

/** Users who match are the canary's from the first step on; what the steps change is who is asked what, and for how long. */
function matchedStages(settings: PlanSettings): readonly Stage[] {
  const split: Split = { base: 0, matched: 100 };
  if (settings.steps === undefined) return [iterated(settings, "matched", "matched", split)];
  return stagesOf(settings, settings.steps, (step) =>
    judgedStage(settings, step, { kind: "matched", split, judged: "matched" }),
  );
}

function weightStages(settings: PlanSettings): readonly Stage[] {
  const steps = settings.steps ?? stepWeightsOf(settings).map((weight) => ({ weight }));
  return stagesOf(settings, steps, (step) =>
    judgedStage(settings, step, { kind: "weight", split: splitAt(settings, step.weight ?? 0), judged: "users" }),
  );
}

function stagesOf(
  settings: PlanSettings,
  steps: readonly (JudgedStep | PauseStep)[],
  make: (step: JudgedStep) => Stage,
): readonly Stage[] {
  const stages: Stage[] = [];
  for (const step of steps) {
    const before = stages.at(-1);
    if (!isPause(step)) stages.push(make(step));
    else if (before !== undefined) stages.push(pauseStage(settings, step, before));
  }
  return stages;
}

function judgedStage(
  settings: PlanSettings,
  { for: seconds, metrics, replicas, webhooks }: JudgedStep,
  stage: Pick<Stage, "kind" | "split" | "judged">,
): Stage {
  return {
    ...stage,
    ...lengthOf(settings, seconds),
    ...(metrics === undefined ? {} : { metrics }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(webhooks === undefined ? {} : { webhooks }),
  };
}

/** With affinity the share is one of sessions; base rules serve those whose bucket isn't the canary's. */
function splitAt({ sessionAffinity }: PlanSettings, weight: number): Split {
  return sessionAffinity === undefined ? { base: weight } : { base: 0, bucketsPercent: weight };
}

function pauseStage(settings: PlanSettings, { pause, webhooks }: PauseStep, before: Stage): Stage {
  const { split, judged, metrics } = before;
  const same = {
    kind: "pause" as const,
    split,
    judged,
    ...(metrics === undefined ? {} : { metrics }),
    ...(webhooks === undefined ? {} : { webhooks }),
  };
  if (pause === "until approved") return { ...same, ...lengthOf(settings, undefined), untilApproved: true };
  return { ...same, ...lengthOf(settings, pause) };
}

/** A long stage is looked at as often as any other: its intervals are as long as the analysis' or a little shorter. */
function lengthOf({ interval }: PlanSettings, seconds = interval) {
  return { ...intervalsOf(seconds, interval), counts: "elapsed" as const };
}

/** Seconds between two checks of a stage: never more than its interval. */
export function checkSecondsOf(
  settings: AnalysisSettings,
  { intervalSeconds }: Pick<Stage, "intervalSeconds">,
): number {
  return Math.min(checkEverySeconds(settings), intervalSeconds);
}

/** What is asked before the stage after this one begins; `none`: nothing changes for users. */
export function gateAfter(stages: readonly Stage[], index: number) {
  if (stages[index + 1] === undefined) return "confirm-promotion";
  return keepsSplit(stages, index + 1) ? "none" : "confirm-traffic-increase";
}

/** Whether a stage leaves the gateway as the one before has it. */
export function keepsSplit(stages: readonly Stage[], index: number): boolean {
  const [before, stage] = [stages[index - 1], stages[index]];
  return before !== undefined && stage !== undefined && sameSplit(before.split, stage.split);
}

/** The highest split that a plan reaches: nothing of a run may ever be above it. */
export function highestOf(stages: readonly Stage[]): Split {
  return highestSplit(stages.map(({ split }) => split));
}

/** The shares of users in the order they are set, percent: of those stages that raise it. */
export function userShares(settings: PlanSettings): readonly number[] {
  const shares = planStages(settings).map(({ split }) => shownWeight(split));
  return shares.filter((share, index) => share > 0 && share !== shares[index - 1]);
}

/** How many intervals a plan has at least. */
export function plannedIntervals(settings: PlanSettings): number {
  return planStages(settings).reduce((sum, { intervals }) => sum + intervals, 0);
}

/**
 * Seconds that a healthy run takes: each stage lasts whole intervals, until the canary has had its `minRequests`. Without a
 * known traffic as long as it says; Infinity where there is none.
 */
export function expectedSeconds(
  settings: PlanSettings & Pick<AnalysisSettings, "minRequests">,
  requestsPerSecond = Infinity,
): number {
  return planStages(settings).reduce(
    (sum, stage) => sum + stageSeconds(stage, settings.minRequests, requestsPerSecond),
    0,
  );
}

/** Percent of users' requests that a stage judges; undefined where nobody knows before: of those who match, or a preview. */
export function judgedShare({ split, judged }: Pick<Stage, "split" | "judged">): number | undefined {
  switch (judged) {
    case "users":
      return shownWeight(split);
    case "mirror":
      return split.mirrorPercent ?? 0;
    case "matched":
    case "preview":
    case "nobody":
      return undefined;
  }
}

function stageSeconds(
  { split, judged, intervals, intervalSeconds }: Stage,
  minRequests: number,
  requestsPerSecond: number,
): number {
  const share = judgedShare({ split, judged });
  if (share === undefined) return intervals * intervalSeconds;
  const canaryPerSecond = (requestsPerSecond * share) / 100;
  const needed = canaryPerSecond > 0 ? minRequests / canaryPerSecond : Infinity;
  return Math.max(intervals, Math.ceil(needed / intervalSeconds)) * intervalSeconds;
}

/** The smaller of what somebody wrote on a route and what was planned. */
export function cappedSplit(split: Split, planned: Split): Split {
  return isWithin(split, planned) ? split : planned;
}

/** Stages in a row that judge the same people by the same metrics: one analysis, with its part of the error budget. */
export interface Part {
  readonly judged: Population;
  /** Of a stage with an analysis of its own. */
  readonly name: string | undefined;
  readonly metrics: readonly MetricSettings[] | undefined;
  readonly stages: readonly Stage[];
}

export function partsOf(stages: readonly Stage[]): readonly Part[] {
  const parts: Part[] = [];
  for (const stage of stages) {
    const last = parts.at(-1);
    const { judged, name, metrics } = stage;
    if (last?.judged === judged && last.name === name && sameMetrics(last.metrics, metrics))
      parts[parts.length - 1] = { ...last, stages: [...last.stages, stage] };
    else parts.push({ judged, name, metrics, stages: [stage] });
  }
  return parts;
}

function sameMetrics(a: Part["metrics"], b: Part["metrics"]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What the rules must show of a split: percent of each rule's requests; undefined where it is never looked at. */
export function expectedShares(split: Split) {
  const { base, matched = 0, preview = 0, mirrorPercent = 0, bucketsPercent = 0 } = split;
  const inBuckets = bucketsPercent > 0 ? 100 : 0;
  return {
    base,
    match: matched,
    preview,
    bucket: inBuckets,
    newcomer: inBuckets,
    mirror: mirrorPercent > 0 ? 100 : undefined,
  } as const;
}
