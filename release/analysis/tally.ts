/**
 * What the gateway counted for one version: how often it was asked and how that went. Immutable; everything else
 * (rates, quantiles, evidence) is computed from differences of these.
 */
export interface Tally {
  /** Requests that reached the version: each is one trial, whatever it took. */
  readonly requests: number;
  /** Of these, the ones that the version failed (5xx in the end, or on any attempt on it). */
  readonly failed: number;
  /** Requests whose latency is known. */
  readonly timed: number;
  /** Of these, how many took at most so many ms; by the key of the bucket. */
  readonly within: Readonly<Record<string, number>>;
}

export interface Totals {
  readonly subject: Tally;
  readonly baseline: Tally;
  /** 5xx that no version can be blamed for: the gateway had no endpoint, and it can't be told whose. */
  readonly undecided: number;
}

export const emptyTally: Tally = { requests: 0, failed: 0, timed: 0, within: {} };
export const emptyTotals: Totals = { subject: emptyTally, baseline: emptyTally, undecided: 0 };

export function plus(a: Tally, b: Tally): Tally {
  return combine(a, b, 1);
}

export function minus(a: Tally, b: Tally): Tally {
  return combine(a, b, -1);
}

export function totalsPlus(a: Totals, b: Totals): Totals {
  return {
    subject: plus(a.subject, b.subject),
    baseline: plus(a.baseline, b.baseline),
    undecided: a.undecided + b.undecided,
  };
}

export function totalsMinus(a: Totals, b: Totals): Totals {
  return {
    subject: minus(a.subject, b.subject),
    baseline: minus(a.baseline, b.baseline),
    undecided: a.undecided - b.undecided,
  };
}

function combine(a: Tally, b: Tally, sign: 1 | -1): Tally {
  const within: Record<string, number> = { ...a.within };
  for (const bound of Object.keys(b.within)) within[bound] = (within[bound] ?? 0) + sign * (b.within[bound] ?? 0);
  return {
    requests: a.requests + sign * b.requests,
    failed: a.failed + sign * b.failed,
    timed: a.timed + sign * b.timed,
    within,
  };
}
