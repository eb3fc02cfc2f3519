/** So many trials, and how many of them had the event that a hypothesis limits. */
export interface Trials {
  readonly count: number;
  readonly events: number;
}

/**
 * Requests slower than one limit. The gateway reads a histogram's buckets and its total one after the other, so that one
 * scrape can't tell them exactly (`histogram.ts`): they are bounded from both sides.
 */
export interface SlowCount {
  /** As many as two scrapes in a row agree on, and of how many requests: for estimates. */
  readonly seen: number;
  readonly seenOf: number;
  /** Proved: total of a scrape minus the fast ones of the next. */
  readonly atLeast: number;
  /** Total of a scrape minus the fast ones of the scrape before. */
  readonly atMost: number;
}

/**
 * What was counted for one version or a part of it: how often it was asked and how that went. Immutable; everything else
 * (rates, quantiles, evidence) is computed from differences of these.
 */
export interface Tally {
  /** Requests that reached the version: each is one trial, whatever it took. */
  readonly requests: number;
  /** Of these, the ones that the version failed (5xx in the end, or on any attempt on it). */
  readonly failed: number;
  /** Requests whose latency is known: the histogram's last bucket. */
  readonly timed: number;
  /** Of these, how many took at most so many ms; by the key of the bucket. */
  readonly within: Readonly<Record<string, number>>;
  /** By the key of the limit. */
  readonly slow: Readonly<Record<string, SlowCount>>;
  /** Of metrics that are a ratio of two counters, by name. */
  readonly counted: Readonly<Record<string, Trials>>;
}

export type Side = "subject" | "baseline";

export type Sides = Readonly<Record<Side, Tally>>;

export interface Totals extends Sides {
  /** 5xx that no version can be blamed for: the gateway had no endpoint, and it can't be told whose. */
  readonly undecided: number;
  /** The same for single method classes and groups of the subject's pods (`strata.ts`). */
  readonly strata: Readonly<Record<string, Sides>>;
  /**
   * What of the baseline the subject is compared with, by part of the traffic, the whole under "": where that are not all
   * of its answers.
   */
  readonly compared?: Readonly<Record<string, Tally>>;
}

export const emptyTally: Tally = { requests: 0, failed: 0, timed: 0, within: {}, slow: {}, counted: {} };
export const emptySides: Sides = { subject: emptyTally, baseline: emptyTally };
export const emptyTotals: Totals = { ...emptySides, undecided: 0, strata: {} };

export function plus(a: Tally, b: Tally): Tally {
  return combine(a, b, 1);
}

export function minus(a: Tally, b: Tally): Tally {
  return combine(a, b, -1);
}

export function totalsPlus(a: Totals, b: Totals): Totals {
  if (b === emptyTotals) return a;
  const compared = a.compared === undefined ? b.compared : merged(a.compared, b.compared ?? {}, emptyTally, plus);
  return {
    ...sidesPlus(a, b),
    undecided: a.undecided + b.undecided,
    strata: merged(a.strata, b.strata, emptySides, sidesPlus),
    ...(compared === undefined ? {} : { compared }),
  };
}

function sidesPlus(a: Sides, b: Sides): Sides {
  return { subject: plus(a.subject, b.subject), baseline: plus(a.baseline, b.baseline) };
}

function combine(a: Tally, b: Tally, sign: 1 | -1): Tally {
  if (b === emptyTally) return a;
  return {
    requests: a.requests + sign * b.requests,
    failed: a.failed + sign * b.failed,
    timed: a.timed + sign * b.timed,
    within: merged(a.within, b.within, 0, (x, y) => x + sign * y),
    slow: merged(a.slow, b.slow, noSlow, (x, y) => slowPlus(x, y, sign)),
    counted: merged(a.counted, b.counted, noTrials, (x, y) => trialsPlus(x, y, sign)),
  };
}

function slowPlus(a: SlowCount, b: SlowCount, sign: 1 | -1): SlowCount {
  return {
    seen: a.seen + sign * b.seen,
    seenOf: a.seenOf + sign * b.seenOf,
    atLeast: a.atLeast + sign * b.atLeast,
    atMost: a.atMost + sign * b.atMost,
  };
}

function trialsPlus(a: Trials, b: Trials, sign: 1 | -1): Trials {
  return { count: a.count + sign * b.count, events: a.events + sign * b.events };
}

export const noSlow: SlowCount = { seen: 0, seenOf: 0, atLeast: 0, atMost: 0 };
export const noTrials: Trials = { count: 0, events: 0 };

function merged<T>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
  none: T,
  combined: (a: T, b: T) => T,
): Readonly<Record<string, T>> {
  const keys = Object.keys(b);
  if (keys.length === 0) return a;
  const next: Record<string, T> = { ...a };
  for (const key of keys) next[key] = combined(a[key] ?? none, b[key] ?? none);
  return next;
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends Readonly<Record<string, infer V>> ? Record<string, V> : T[K];
};

/** Adds many tallies up in place: a look has hundreds of them. */
export class TallySum {
  private readonly sum: Mutable<Tally> = { requests: 0, failed: 0, timed: 0, within: {}, slow: {}, counted: {} };

  add(tally: Tally): void {
    const { sum } = this;
    sum.requests += tally.requests;
    sum.failed += tally.failed;
    sum.timed += tally.timed;
    for (const key in tally.within) sum.within[key] = (sum.within[key] ?? 0) + (tally.within[key] ?? 0);
    for (const key in tally.slow) sum.slow[key] = slowPlus(sum.slow[key] ?? noSlow, tally.slow[key] ?? noSlow, 1);
    for (const key in tally.counted)
      sum.counted[key] = trialsPlus(sum.counted[key] ?? noTrials, tally.counted[key] ?? noTrials, 1);
  }

  get tally(): Tally {
    return this.sum;
  }
}
