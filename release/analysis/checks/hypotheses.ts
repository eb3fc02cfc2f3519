import type { MetricSettings } from "../../settings/index.js";
import type { Counts } from "../evidence/e-process.js";
import type { Shares } from "../evidence/budget.js";
import type { AnalysisState } from "../state.js";
import { noSlow, noTrials } from "../counting/tally.js";
import type { Tally, Trials } from "../counting/tally.js";
import { boundAtOrBelow, countWithin, limitKey, slowShareAllowed } from "./latency.js";

/** What of a request is counted as an event: a hypothesis limits how probable it is. */
export type Event =
  | { readonly kind: "failed" }
  | { readonly kind: "succeeded" }
  | { readonly kind: "slowerThan"; readonly limitMs: number }
  | { readonly kind: "within"; readonly limitMs: number }
  /** Of a metric that is a ratio of two counters: what its numerator counts, and what it doesn't. */
  | { readonly kind: "counted"; readonly metric: string }
  | { readonly kind: "notCounted"; readonly metric: string };

/** "The event has at most this probability." */
export interface Hypothesis {
  readonly event: Event;
  readonly limit: number;
  /** The limit as the user wrote it, and on which side of it the bad values are. */
  readonly bad: "below" | "above";
  readonly asked: number;
}

export type CustomMetric = Extract<MetricSettings, { readonly template: object }>;

export function isCustom(metric: MetricSettings): metric is CustomMetric {
  return "template" in metric;
}

/** Whether a metric is a ratio of two counters: there are trials behind it, as behind the built-in ones. */
export function isRatio(metric: MetricSettings): boolean {
  return isCustom(metric) && metric.template.numerator !== undefined;
}

/** Whether there is only a number that somebody else computed, and nothing to weigh behind it. */
export function isNumber(metric: MetricSettings): metric is CustomMetric {
  return isCustom(metric) && !isRatio(metric);
}

/** The statements that a metric's thresholdRange makes about probabilities. */
export function hypothesesOf(metric: MetricSettings): readonly Hypothesis[] {
  const { min, max } = metric.thresholdRange ?? {};
  if (metric.name === "request-duration" && !isCustom(metric)) return durationHypotheses(min, max);
  const ratio = isRatio(metric);
  if (isNumber(metric)) return [];
  const low: Event = ratio ? { kind: "notCounted", metric: metric.name } : { kind: "failed" };
  const high: Event = ratio ? { kind: "counted", metric: metric.name } : { kind: "succeeded" };
  return [
    ...(min === undefined ? [] : [{ event: low, limit: share(1 - min / 100), bad: "below", asked: min } as const]),
    ...(max === undefined ? [] : [{ event: high, limit: share(max / 100), bad: "above", asked: max } as const]),
  ];
}

function durationHypotheses(min: number | undefined, max: number | undefined): readonly Hypothesis[] {
  const found: Hypothesis[] = [];
  if (max !== undefined)
    found.push({ event: { kind: "slowerThan", limitMs: max }, limit: slowShareAllowed, bad: "above", asked: max });
  if (min !== undefined)
    found.push({ event: { kind: "within", limitMs: min }, limit: 1 - slowShareAllowed, bad: "below", asked: min });
  return found;
}

/** By how many percentage points a metric may be worse than the other version; undefined where it isn't compared. */
export function maxIncreaseOf(metric: MetricSettings): number | undefined {
  if (isNumber(metric) || metric.compare === false) return undefined;
  return metric.compare?.maxIncrease ?? 0;
}

/** Limits whose slow requests are counted: of each duration, or every bound where nobody set one. */
export function trackedLimitsMs({
  settings,
  boundsMs,
}: Pick<AnalysisState, "settings" | "boundsMs">): readonly number[] {
  const metric = settings.metrics.find(({ name }) => name === "request-duration");
  if (metric === undefined || isCustom(metric)) return [];
  const max = metric.thresholdRange?.max;
  if (max !== undefined) return [max];
  return metric.thresholdRange === undefined ? [usualLimitMs, ...boundsMs.filter((each) => each !== usualLimitMs)] : [];
}

/** For the duration where nobody set a limit, and nothing has been measured yet. */
export const usualLimitMs = 500;

/** Bounds for evidence, and what is seen for estimates: events among so many trials. */
export interface SeenCounts extends Counts {
  readonly seen: number;
  readonly seenOf: number;
}

/** How often the event might have happened, and how often it did, as far as that is known. */
export function countsOf(event: Event, tally: Tally, boundsMs: readonly number[]): SeenCounts {
  switch (event.kind) {
    case "failed":
      return exact(tally.requests, tally.failed);
    case "succeeded":
      return exact(tally.requests, tally.requests - tally.failed);
    case "slowerThan":
      return { count: tally.timed, ...(tally.slow[limitKey(event.limitMs)] ?? noSlow) };
    case "within": {
      const bound = boundAtOrBelow(boundsMs, event.limitMs);
      return exact(tally.timed, bound === undefined ? 0 : countWithin(tally, bound));
    }
    case "counted":
    case "notCounted": {
      const { count, events } = tally.counted[event.metric] ?? noTrials;
      const counted = Math.min(count, events);
      return exact(count, event.kind === "counted" ? counted : count - counted);
    }
  }
}

function exact(count: number, events: number): SeenCounts {
  return { count, atLeast: events, atMost: events, seen: events, seenOf: count };
}

/** What is to be seen between two moments: for estimates and sentences. */
export function trialsBetween(event: Event, from: Tally, to: Tally, boundsMs: readonly number[]): Trials {
  const before = countsOf(event, from, boundsMs);
  const after = countsOf(event, to, boundsMs);
  return trials(after.seenOf - before.seenOf, after.seen - before.seen);
}

/** What surely happened between two moments: for evidence. */
export function provedBetween(before: Counts, after: Counts): Trials {
  return trials(after.count - before.count, after.atLeast - before.atMost);
}

function trials(count: number, events: number): Trials {
  return { count, events: Math.min(count, Math.max(0, events)) };
}

/** Between whom the error budget is shared: dry runs and numbers without trials have no part in it. */
export function sharesOf({ metrics }: AnalysisState["settings"]): Shares {
  const acting = metrics.filter((metric) => !isNumber(metric) && !metric.dryRun);
  const count = (list: readonly MetricSettings[]): number =>
    list.reduce((sum, metric) => sum + Math.max(1, hypothesesOf(metric).length), 0);
  return { hypotheses: count(acting), critical: count(acting.filter((metric) => metric.critical)) };
}

/** 1 - 0.99 is 0.010000000000000009 to a computer: limits are rounded where nobody would see it. */
function share(value: number): number {
  return Math.min(1, Math.max(0, Math.round(value * 1e12) / 1e12));
}
