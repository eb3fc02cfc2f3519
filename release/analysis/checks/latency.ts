import type { Tally } from "../counting/tally.js";

/** `request-duration` is the 99th percentile: at most this share of requests may be slower than the limit. */
export const slowShareAllowed = 0.01;

/** Key of a bucket in a tally; not a bare number, which engines store as a sparse array. */
export function boundKey(upperBoundMs: number): string {
  return `le${upperBoundMs}`;
}

/** Key of a limit in a tally. */
export function limitKey(limitMs: number): string {
  return `limit${limitMs}`;
}

/**
 * The bucket bound that stands for a limit: the limit itself where it is one, else the next above, so that only what
 * is surely slower counts as slow. undefined while no such bound has been seen: then nothing is surely slower.
 */
export function boundAtOrAbove(boundsMs: readonly number[], limitMs: number): number | undefined {
  return boundsMs.find((bound) => bound >= limitMs);
}

/** The bound at or below a limit: what surely took no longer than the limit. */
export function boundAtOrBelow(boundsMs: readonly number[], limitMs: number): number | undefined {
  return boundsMs.findLast((bound) => bound <= limitMs);
}

/**
 * Estimate of the requests slower than a limit, by linear interpolation within its bucket as Prometheus does it for
 * quantiles. Exact at a bound; no proof between two.
 */
export function slowEstimate(tally: Tally, boundsMs: readonly number[], limitMs: number): number {
  const above = boundAtOrAbove(boundsMs, limitMs);
  const below = boundAtOrBelow(boundsMs, limitMs);
  if (above === undefined) return 0;
  const fast = countWithin(tally, above);
  if (above === limitMs || below === above) return tally.timed - fast;
  const faster = below === undefined ? 0 : countWithin(tally, below);
  const lowerMs = below ?? 0;
  return tally.timed - fast + ((above - limitMs) / (above - lowerMs)) * Math.max(0, fast - faster);
}

/** Requests that took at most `boundMs`. A bucket that is missing holds nothing: the gateway makes them when needed. */
export function countWithin(tally: Tally, boundMs: number): number {
  return Math.min(tally.timed, tally.within[boundKey(boundMs)] ?? 0);
}

/** A quantile by linear interpolation within its bucket, as Prometheus does it, ms; undefined without data. */
export function quantileMs(tally: Tally, boundsMs: readonly number[], quantile: number): number | undefined {
  if (tally.timed <= 0 || boundsMs.length === 0) return undefined;
  const rank = quantile * tally.timed;
  let lowerMs = 0;
  let below = 0;
  for (const boundMs of boundsMs) {
    const within = countWithin(tally, boundMs);
    if (within >= rank && within > below) return lowerMs + ((boundMs - lowerMs) * (rank - below)) / (within - below);
    lowerMs = boundMs;
    below = Math.max(below, within);
  }
  return boundsMs.at(-1);
}

/** Bounds of the gateway's histogram unless its plugin is configured otherwise, ms. */
export const usualBoundsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000] as const;

/** What a limit means that is not a bound of the histogram, for preview; undefined where the limit is exact. */
export function limitWarning(
  property: "min" | "max",
  limitMs: number,
  boundsMs: readonly number[] = usualBoundsMs,
): string | undefined {
  if (boundsMs.includes(limitMs)) return undefined;
  const above = boundAtOrAbove(boundsMs, limitMs);
  const below = boundAtOrBelow(boundsMs, limitMs);
  const better = [below, above].filter((bound) => bound !== undefined).join(" or ");
  const where = `${limitMs} ms is no bucket bound of the gateway's histogram`;
  const counted = property === "max" ? above : below;
  const effect =
    counted === undefined
      ? "nothing can be proved against it"
      : `only requests ${property === "max" ? `slower than ${counted}` : `within ${counted}`} ms count against the revision`;
  return `${where}: ${effect}; give the gateway a bound at ${limitMs} ms, or set it to ${better}`;
}
