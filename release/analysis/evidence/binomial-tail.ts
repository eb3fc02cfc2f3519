import { betainc } from "../../../bundled/statistics.js";
import type { Trials } from "../counting/tally.js";

/**
 * P(at least so many events | probability = limit): the p-value of one look at fresh trials, exact (the upper tail of the
 * binomial distribution is the regularised incomplete beta function). It holds for every probability up to the limit,
 * and for trials of different probabilities none of which is above it. For a single look only; over a run looks add up.
 */
export function upperTail(limit: number, { count, events }: Trials): number {
  if (events <= 0) return 1;
  if (limit <= 0) return 0;
  if (limit >= 1 || events > count) return limit >= 1 ? 1 : 0;
  return betainc(limit, events, count - events + 1, true, false);
}
