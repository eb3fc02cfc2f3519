import type { AnalysisSettings, MetricSettings } from "../settings/index.js";
import type { Trials } from "./e-process.js";
import { boundAtOrAbove, boundAtOrBelow, countWithin, slowShareAllowed } from "./latency.js";
import type { Shares } from "./budget.js";
import type { Tally } from "./tally.js";

/** What of a request is counted as an event: a hypothesis limits how probable it is. */
export type Event =
  | { readonly kind: "failed" }
  | { readonly kind: "succeeded" }
  | { readonly kind: "slowerThan"; readonly limitMs: number }
  | { readonly kind: "within"; readonly limitMs: number };

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

/** The statements that a built-in metric's thresholdRange makes. */
export function hypothesesOf(metric: MetricSettings): readonly Hypothesis[] {
  const { min, max } = metric.thresholdRange ?? {};
  const found: Hypothesis[] = [];
  if (metric.name === "request-success-rate") {
    if (min !== undefined)
      found.push({ event: { kind: "failed" }, limit: share(1 - min / 100), bad: "below", asked: min });
    if (max !== undefined)
      found.push({ event: { kind: "succeeded" }, limit: share(max / 100), bad: "above", asked: max });
    return found;
  }
  if (max !== undefined)
    found.push({ event: { kind: "slowerThan", limitMs: max }, limit: slowShareAllowed, bad: "above", asked: max });
  if (min !== undefined)
    found.push({ event: { kind: "within", limitMs: min }, limit: 1 - slowShareAllowed, bad: "below", asked: min });
  return found;
}

/** How often the event happened, and might have. Between two buckets the revision has the benefit of the doubt. */
export function trialsOf(event: Event, tally: Tally, boundsMs: readonly number[]): Trials {
  switch (event.kind) {
    case "failed":
      return { count: tally.requests, events: tally.failed };
    case "succeeded":
      return { count: tally.requests, events: tally.requests - tally.failed };
    case "slowerThan": {
      const bound = boundAtOrAbove(boundsMs, event.limitMs);
      return { count: tally.timed, events: bound === undefined ? 0 : tally.timed - countWithin(tally, bound) };
    }
    case "within": {
      const bound = boundAtOrBelow(boundsMs, event.limitMs);
      return { count: tally.timed, events: bound === undefined ? 0 : countWithin(tally, bound) };
    }
  }
}

/** The same between two moments. */
export function trialsBetween(event: Event, from: Tally, to: Tally, boundsMs: readonly number[]): Trials {
  const before = trialsOf(event, from, boundsMs);
  const after = trialsOf(event, to, boundsMs);
  return { count: after.count - before.count, events: Math.max(0, after.events - before.events) };
}

/** Between whom the error budget is shared: dry runs and numbers without requests have no part in it. */
export function sharesOf({ metrics }: AnalysisSettings): Shares {
  const acting = metrics.filter((metric) => !isCustom(metric) && !metric.dryRun);
  const count = (list: readonly MetricSettings[]): number =>
    list.reduce((sum, metric) => sum + Math.max(1, hypothesesOf(metric).length), 0);
  return { hypotheses: count(acting), critical: count(acting.filter((metric) => metric.critical)) };
}

/** 1 - 0.99 is 0.010000000000000009 to a computer: limits are rounded where nobody would see it. */
function share(value: number): number {
  return Math.min(1, Math.max(0, Math.round(value * 1e12) / 1e12));
}
