import type { AnalysisSettings } from "../settings/index.js";
import { emptyTotals } from "./tally.js";
import type { Tally, Totals } from "./tally.js";

/** What the analysis must know besides its settings. */
export interface AnalysisContext {
  /** Name and namespace of the release, for sentences. */
  readonly name: string;
  readonly namespace: string;
  /** Moment of the first traffic for the subject, ms since the epoch. */
  readonly startedAtMs: number;
  readonly scrapeIntervalSeconds: number;
  /** Who is judged: the canary (default), or the primary's new pods during a promotion. */
  readonly subject?: "canary" | "primary";
  /** Part of the error budget that this analysis may spend, 0 to 1; default 1. For several analyses in one release. */
  readonly budgetShare?: number;
}

export type Side = "subject" | "baseline";

/** Since when an address belongs to a version. Between `lastKnownMs` of the one before and `sinceMs` it is unclear. */
export interface Ownership {
  readonly side: Side | "both";
  readonly sinceMs: number;
  readonly lastKnownMs: number;
}

/** The last sample of a counter that has been counted. */
export interface CounterPosition {
  readonly timeMs: number;
  readonly value: number;
}

/** Running product of the comparison with the primary: one logarithm for each alternative of the mixture. */
export interface ComparisonState {
  readonly logs: readonly number[];
}

/** A moment of the run and what had been counted until then. */
export interface Mark {
  readonly timeMs: number;
  readonly totals: Totals;
}

/** Everything between two checks. Immutable, plain JSON. */
export interface AnalysisState {
  readonly settings: AnalysisSettings;
  readonly context: AnalysisContext;
  readonly counters: Readonly<Record<string, CounterPosition>>;
  /** Scrape targets seen, so that one which comes back isn't taken for a new one. */
  readonly instances: readonly string[];
  readonly owners: Readonly<Record<string, readonly Ownership[]>>;
  /** Counted at addresses that belong to nobody yet: credited once they are known. */
  readonly unowned: Readonly<Record<string, Tally>>;
  /** Bucket bounds of the gateway's histogram as far as they have been seen, ms, ascending. */
  readonly boundsMs: readonly number[];
  readonly totals: Totals;
  readonly readings: number;
  readonly newestSampleMs: number | undefined;
  readonly lastObservedMs: number | undefined;
  /** Sides without a ready endpoint at the last observation. */
  readonly emptySides: readonly Side[];
  readonly firstTrafficMs: number | undefined;
  /** Start of the evidence, then one mark for each change of weight. */
  readonly starts: readonly Mark[];
  /** Start of the present weight. */
  readonly weightStart: Mark;
  readonly weightPercent: number | undefined;
  readonly weightSinceMs: number | undefined;
  /** From here on the split is compared: the change has had time to take effect. */
  readonly splitStart: Mark | undefined;
  readonly intervalStart: Totals;
  /** Marks of the recent past, oldest first: for the estimates that are shown. */
  readonly history: readonly Mark[];
  /** By metric; and as they stood at the end of the last interval. */
  readonly comparisons: Readonly<Record<string, ComparisonState>>;
  readonly intervalComparisons: Readonly<Record<string, ComparisonState>>;
  readonly intervals: number;
  /** Intervals that ended at the present weight. */
  readonly intervalsAtWeight: number;
  readonly undecidedIntervals: number;
  readonly errorIntervals: number;
  readonly splitIntervals: number;
}

/** A start of the evidence; the first, which is the run's, unless another is asked for. */
export function startMark({ starts, weightStart }: AnalysisState, index = 0): Mark {
  return starts[index] ?? weightStart;
}

/** A fresh analysis: nothing seen, nothing spent. */
export function startAnalysis(settings: AnalysisSettings, context: AnalysisContext): AnalysisState {
  const start: Mark = { timeMs: context.startedAtMs, totals: emptyTotals };
  return {
    settings,
    context,
    counters: {},
    instances: [],
    owners: {},
    unowned: {},
    boundsMs: [],
    totals: emptyTotals,
    readings: 0,
    newestSampleMs: undefined,
    lastObservedMs: undefined,
    emptySides: [],
    firstTrafficMs: undefined,
    starts: [start],
    weightStart: start,
    weightPercent: undefined,
    weightSinceMs: undefined,
    splitStart: undefined,
    intervalStart: emptyTotals,
    history: [],
    comparisons: {},
    intervalComparisons: {},
    intervals: 0,
    intervalsAtWeight: 0,
    undecidedIntervals: 0,
    errorIntervals: 0,
    splitIntervals: 0,
  };
}
