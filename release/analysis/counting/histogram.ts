import { boundAtOrAbove, boundKey, limitKey } from "../checks/latency.js";
import { emptyTally, noSlow } from "./tally.js";
import type { SlowCount, Tally } from "./tally.js";

/** One histogram at one scrape. */
export interface HistogramScrape {
  readonly timeMs: number;
  /** The last bucket, `le="+Inf"`. */
  readonly total: number;
  /** By the key of the bucket's bound; what the gateway never needed is not there. */
  readonly within: Readonly<Record<string, number>>;
}

/** What is kept of a histogram between two scrapes. */
export interface HistogramPosition {
  readonly total: number;
  readonly within: Readonly<Record<string, number>>;
  /** What the newest scrape added. */
  readonly added: number;
  /** By limit. */
  readonly limits: Readonly<Record<string, LimitPosition>>;
}

interface LimitPosition {
  /** Fast ones that the newest scrape added. */
  readonly addedFast: number;
  /** Total minus fast ones of one scrape, and the largest number that two in a row agree on. */
  readonly raw: number;
  readonly confirmed: number;
}

export interface Growth {
  readonly timeMs: number;
  readonly tally: Tally;
}

/**
 * What a histogram grew by from scrape to scrape, with the slow requests of each limit bounded from both sides.
 *
 * **Torn scrapes.** The gateway writes its lines one after the other, while its workers go on counting: a bucket may be
 * some requests older or newer than the total beside it, in both directions and several scrapes running. What is certain
 * is the order of two scrapes: whatever bucket `le=limit` shows at scrape t+1 includes all fast ones among the total of
 * scrape t. So after scrape t at least total(t) - fast(t+1) requests have been slow, and at most total(t) - fast(t-1).
 * (Measured on a real gateway: no false alarm in 39,195 series, where every weaker rule had some.)
 *
 * **What it does to validity.** Evidence for the span from s to t counts the trials exactly and as events atLeast(t) -
 * atMost(s), which is never more than were slow in it. Evidence grows with its events, so it is never more than the
 * evidence on the true numbers: every bound on false alarms holds as it is.
 *
 * **What it costs.** A share s of slow requests counts first when more of them have come than fast ones within one
 * scrape: after (1-s)/s scrapes' worth of requests, at every start again: 5% at scrapes of 2 s after 38 s, of 15 s after
 * five minutes. Estimates, which only hold a weight, go by what two scrapes in a row agree on and don't wait for that.
 *
 * **Buckets.** One that a gateway never had, though others of its histograms do, was never needed: it is empty. A
 * limit between two bounds of a gateway is judged by the next above, so that only what is surely slower counts; without
 * any, nothing is slow. A bucket that was there and is gone has lost its counts: what comes then is not called slow.
 */
export function follow(
  known: HistogramPosition | undefined,
  scrapes: readonly HistogramScrape[],
  gatewayBoundsMs: readonly number[],
  limitsMs: readonly number[],
  doubtfulMs: ReadonlySet<number> = noDoubt,
): { readonly position: HistogramPosition | undefined; readonly growths: readonly Growth[] } {
  const growths: Growth[] = [];
  let position = known;
  for (const scrape of scrapes) {
    if (doubtfulMs.has(scrape.timeMs)) {
      if (position !== undefined) growths.push({ timeMs: scrape.timeMs, tally: closing(position, limitsMs) });
      position = { ...startAt(scrape), limits: startOfLife(position).limits };
      continue;
    }
    const fresh = position === undefined || scrape.total < position.total;
    const from = fresh ? startOfLife(position) : (position ?? nothing);
    const within = withinOf(from, scrape);
    const added = scrape.total - from.total;
    const slow: Record<string, SlowCount> = {};
    const limits: Record<string, LimitPosition> = {};
    for (const limitMs of limitsMs) {
      const key = limitKey(limitMs);
      const bound = boundAtOrAbove(gatewayBoundsMs, limitMs);
      const addedFast = bound === undefined ? added : (within.grown[boundKey(bound)] ?? 0);
      const before = from.limits[key] ?? newLimit;
      const raw = before.raw + added - addedFast;
      const confirmed = Math.max(before.confirmed, Math.min(before.raw, raw));
      limits[key] = { addedFast, raw, confirmed };
      slow[key] = {
        seen: confirmed - before.confirmed,
        seenOf: from.added,
        atLeast: from.added - addedFast,
        atMost: added - before.addedFast - (fresh && position !== undefined ? gapOf(position, key) : 0),
      };
    }
    const isStill = added === 0 && from.added === 0 && Object.values(from.limits).every((each) => each.addedFast === 0);
    if (!isStill || fresh)
      growths.push({ timeMs: scrape.timeMs, tally: { ...emptyTally, timed: added, within: within.grown, slow } });
    position = { total: scrape.total, within: within.now, added, limits };
  }
  return { position, growths };
}

const noDoubt: ReadonlySet<number> = new Set();
const newLimit: LimitPosition = { addedFast: 0, raw: 0, confirmed: 0 };
const nothing: HistogramPosition = { total: 0, within: {}, added: 0, limits: {} };

/** From where counting begins without being a growth: what was there before the run. */
export function startAt(scrape: HistogramScrape): HistogramPosition {
  return { total: scrape.total, within: scrape.within, added: 0, limits: {} };
}

/** The gateway counts from 0 again; what had been confirmed stays. */
function startOfLife(position: HistogramPosition | undefined): HistogramPosition {
  if (position === undefined) return nothing;
  const limits: Record<string, LimitPosition> = {};
  for (const [key, limit] of Object.entries(position.limits)) limits[key] = { ...limit, addedFast: 0 };
  return { ...nothing, limits };
}

/** Nothing is counted, and what was open stays as it is. */
function closing(position: HistogramPosition, limitsMs: readonly number[]): Tally {
  const slow: Record<string, SlowCount> = {};
  for (const key of limitsMs.map(limitKey)) slow[key] = { ...noSlow, atMost: -gapOf(position, key) };
  return { ...emptyTally, slow };
}

/** Between the bounds of a life that has ended lies what no further scrape will settle: the lower one stays. */
function gapOf({ added, limits }: HistogramPosition, key: string): number {
  return added + (limits[key]?.addedFast ?? 0);
}

/** What the buckets stand at, and what they grew by. */
function withinOf(
  from: HistogramPosition,
  scrape: HistogramScrape,
): { readonly now: HistogramPosition["within"]; readonly grown: Tally["within"] } {
  const now: Record<string, number> = { ...from.within };
  const grown: Record<string, number> = {};
  for (const key of new Set([...Object.keys(from.within), ...Object.keys(scrape.within)])) {
    const value = scrape.within[key];
    const before = from.within[key] ?? 0;
    if (value === undefined || value < before) grown[key] = scrape.total - from.total;
    else {
      grown[key] = value - before;
      now[key] = value;
    }
  }
  return { now, grown };
}
