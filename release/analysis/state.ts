import type { AnalysisSettings } from "../settings/index.js";
import type { GatewayPosition } from "./counting/gateways.js";
import type { Strata } from "./counting/strata.js";
import { emptyTotals } from "./counting/tally.js";
import type { Side, Tally, Totals, Trials } from "./counting/tally.js";

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

/** Since when an address belongs to a version. Between `lastKnownMs` of the one before and `sinceMs` it is unclear. */
export interface Ownership {
  readonly side: Side | "both";
  readonly sinceMs: number;
  readonly lastKnownMs: number;
}

/** Running products of one part of one hypothesis, as logarithms: what earlier starts have become, in mixtures. */
export interface PartEvidence {
  /** Late starts against the limit, by alternative (`late-starts.ts`), relative to the counts of now. */
  readonly late: readonly number[];
  /** Shares of failures per check, by stake (`share-process.ts`). */
  readonly shares: readonly number[];
  /** Against the other version, by alternative (`two-sample.ts`), late starts included; and of this interval alone. */
  readonly versus: readonly number[];
  readonly intervalVersus: readonly number[];
  /** Weight of the starts so far, of the late ones against the limit and of all against the other version. */
  readonly started: number;
  /** Checks that brought something new. */
  readonly checks: number;
  /** Where the present trouble began: the counts at the last moment at which nothing spoke against the part. */
  readonly onset: Trials;
  /** Checks of this interval, and the one of them with most events. */
  readonly intervalChecks: number;
  readonly intervalWorst: Trials;
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
  /** By scrape target, also of those that are gone: one that comes back isn't taken for a new one. */
  readonly gateways: Readonly<Record<string, GatewayPosition>>;
  /** Parts of the traffic with a judgement of their own; undefined until something was read. */
  readonly strata: Strata | undefined;
  /** Why this run can't be judged any more: counts were lost or are not one gateway's. */
  readonly spoiled: string | undefined;
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
  /** When a request of either version was seen last, and how many the baseline had had when the subject had its last. */
  readonly lastTraffic: { readonly timeMs: number; readonly baselineAtSubject: number } | undefined;
  /** Start of the evidence. */
  readonly runStart: Mark;
  readonly weightChanges: number;
  /** Start of the present weight. */
  readonly weightStart: Mark;
  readonly weightPercent: number | undefined;
  readonly weightSinceMs: number | undefined;
  /** From here on the split is compared: the change has had time to take effect. */
  readonly splitStart: { readonly subject: number; readonly baseline: number } | undefined;
  readonly intervalStart: Totals;
  /** Marks of the recent past, oldest first: for the estimates that are shown. */
  readonly history: readonly Mark[];
  /** By hypothesis and part of the traffic. */
  readonly evidence: Readonly<Record<string, Readonly<Record<string, PartEvidence>>>>;
  readonly intervals: number;
  /** Intervals that ended at the present weight. */
  readonly intervalsAtWeight: number;
  readonly undecidedIntervals: number;
  readonly errorIntervals: number;
  readonly splitIntervals: number;
}

/** A fresh analysis: nothing seen, nothing spent. */
export function startAnalysis(settings: AnalysisSettings, context: AnalysisContext): AnalysisState {
  const start: Mark = { timeMs: context.startedAtMs, totals: emptyTotals };
  return {
    settings: context.subject === "primary" ? withoutComparison(settings) : settings,
    context,
    gateways: {},
    strata: undefined,
    spoiled: undefined,
    owners: {},
    unowned: {},
    boundsMs: [],
    totals: emptyTotals,
    readings: 0,
    newestSampleMs: undefined,
    lastObservedMs: undefined,
    emptySides: [],
    firstTrafficMs: undefined,
    lastTraffic: undefined,
    runStart: start,
    weightChanges: 0,
    weightStart: start,
    weightPercent: undefined,
    weightSinceMs: undefined,
    splitStart: undefined,
    intervalStart: emptyTotals,
    history: [],
    evidence: {},
    intervals: 0,
    intervalsAtWeight: 0,
    undecidedIntervals: 0,
    errorIntervals: 0,
    splitIntervals: 0,
  };
}

/** During a promotion both sides are of one revision: what both do alike excuses neither. */
function withoutComparison(settings: AnalysisSettings): AnalysisSettings {
  return { ...settings, metrics: settings.metrics.map((metric) => ({ ...metric, compare: false })) };
}
