/** How far a scrape target's counters are believed to be those of one gateway that counts this run's requests. */
export interface Trust {
  /** Scrapes seen, and most requests that one of them brought. */
  readonly scrapes: number;
  readonly busiest: number;
  /** When counters fell, or grew beyond all measure, within the last minute. */
  readonly doubtsMs: readonly number[];
  readonly fallsMs: readonly number[];
  /** Scrapes since the last doubt. */
  readonly calm: number;
}

export const freshTrust: Trust = { scrapes: 0, busiest: 0, doubtsMs: [], fallsMs: [], calm: 0 };

export interface ScrapeOfTarget {
  readonly timeMs: number;
  /** Whether a counter was lower than in the scrape before. */
  readonly fell: boolean;
  readonly requests: number;
}

export interface Trusted {
  readonly trust: Trust;
  /** Scrapes whose counts are not believed. */
  readonly doubtfulMs: ReadonlySet<number>;
  /** What is wrong with the target for good. */
  readonly broken: string | undefined;
}

const memoryMs = 60_000;
/** Requests in one scrape that need no explanation. */
export const unsuspicious = 100;
/** So many times the busiest scrape so far is no burst of users, once some have been seen. */
const burst = 4;
const fewestScrapes = 4;
/** After a second doubt within the memory nothing is believed for so many scrapes. */
const calmScrapes = 5;
/** So many falls within the memory are no restarts of one gateway. */
const mostFalls = 3;

/**
 * A restart lets counters fall, and what they show then has come since: they are believed if it is no more than a scrape
 * may bring. Where counters fall again and again, or jump, several gateways answer at one address: what the other one had
 * counted is not this run's, so nothing is believed until it is calm, and nothing at all if it goes on.
 */
export function trustAfter(known: Trust, scrapes: readonly ScrapeOfTarget[]): Trusted {
  const doubtfulMs = new Set<number>();
  let trust = known;
  let broken: string | undefined;
  for (const { timeMs, fell, requests } of scrapes) {
    const recent = (times: readonly number[]): readonly number[] => times.filter((each) => each > timeMs - memoryMs);
    const tooMany = requests > unsuspicious + burst * trust.busiest;
    const jumped = !fell && tooMany && trust.scrapes >= fewestScrapes;
    const doubt = fell || jumped;
    const doubtsMs = doubt ? [...recent(trust.doubtsMs), timeMs] : recent(trust.doubtsMs);
    const fallsMs = fell ? [...recent(trust.fallsMs), timeMs] : recent(trust.fallsMs);
    const calm = doubt ? 0 : trust.calm + 1;
    const wary = doubtsMs.length > 1 && calm < calmScrapes;
    if (wary || jumped || (fell && tooMany)) doubtfulMs.add(timeMs);
    if (fallsMs.length >= mostFalls)
      broken = `fall again and again (${fallsMs.length} times within ${memoryMs / 1000}s): is a Service with several gateways behind it scraped as one target?`;
    trust = {
      scrapes: trust.scrapes + 1,
      busiest: fell ? trust.busiest : Math.max(trust.busiest, requests),
      doubtsMs,
      fallsMs,
      calm,
    };
  }
  return { trust, doubtfulMs, broken };
}
