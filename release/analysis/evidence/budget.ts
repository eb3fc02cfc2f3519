import { plannedIntervals } from "../../strategy/index.js";
import type { AnalysisSettings } from "../../settings/index.js";
import type { AnalysisContext } from "../state.js";

/**
 * How the probability 1 - `confidence` of rolling back a healthy release is shared out. Four fifths go to the evidence that
 * rolls a revision back at once, in equal parts to all checks that can; one fifth to failed checks, Flagger's second
 * line, in equal parts to them and to the observed split. Checks that are dry runs, or that measure numbers without
 * requests behind them, have no part in it. The parts of the traffic share what their check has (`strata.ts`), and so do
 * the starts of its evidence (`starts.ts`).
 */
const evidencePart = 0.8;

/**
 * An estimate beyond its limit holds the weight only where chance alone would give it less often than this: one in ten at
 * first, and less the longer a weight has been held. What is really worse becomes rarer by chance with every request, much
 * faster than that; what is just at its limit would else be held for hours by the luck of its first minute.
 */
export function noiseLevel(intervalsAtWeight: number): number {
  return 0.1 / (1 + intervalsAtWeight);
}

export interface Budget {
  /** ln E from which a check rolls the revision back at once. */
  readonly failLog: number;
  /** p-value up to which a check, or the split, fails at the end of interval `index` (from 0). */
  readonly failedCheckLevel: (index: number, critical: boolean) => number;
}

/** Of the checks that can roll a revision back by evidence: how many hypotheses they have, how many of them critical. */
export interface Shares {
  readonly hypotheses: number;
  readonly critical: number;
}

export function budgetOf(
  settings: AnalysisSettings,
  context: Pick<AnalysisContext, "budgetShare">,
  shares: Shares,
): Budget {
  const error = (1 - settings.confidence) * (context.budgetShare ?? 1);
  const count = Math.max(1, shares.hypotheses);
  // The split fails as the checks do, and is never critical.
  const ordinary = Math.max(1, count - shares.critical) + 1;
  const planned = plannedIntervals(settings) + settings.threshold;
  const each = (error * (1 - evidencePart)) / (count + 1);
  const counted = expectedFailures(settings.threshold, each * ordinary) / ordinary;
  return {
    failLog: -Math.log((error * evidencePart) / count),
    // One failed critical check is enough, so each has its own part; the others add up to the threshold together.
    failedCheckLevel: (index, critical) => Math.min(0.5, (critical ? each : counted) * spendingShare(index, planned)),
  };
}

/** Half in equal parts over the planned intervals, the other half over all that may follow; sums to 1. */
function spendingShare(index: number, planned: number): number {
  if (index < planned) return 1 / (2 * planned);
  const over = index - planned + 1;
  return 1 / (2 * over * (over + 1));
}

const expectedCache = new Map<string, number>();

/**
 * How many false failed checks may be expected so that `threshold` of them happen with probability ≤ `error`. With N the
 * sum of indicators whose conditional probabilities add up to at most A: P(N ≥ T) ≤ A/T (Markov), and
 * ≤ e^-A (eA/T)^T for A < T (Chernoff's bound, which holds for martingales: D. Freedman, On tail probabilities for
 * martingales, Ann. Prob. 3, 1975). The larger A of the two counts.
 */
export function expectedFailures(threshold: number, error: number): number {
  const key = `${threshold} ${error}`;
  const known = expectedCache.get(key);
  if (known !== undefined) return known;
  let low = 0;
  let high = threshold;
  for (let round = 0; round < 80; round += 1) {
    const middle = (low + high) / 2;
    const logBound = -middle + threshold * (1 + Math.log(middle / threshold));
    if (logBound <= Math.log(error)) low = middle;
    else high = middle;
  }
  const result = Math.max(low, threshold * error);
  if (expectedCache.size > 1000) expectedCache.clear();
  expectedCache.set(key, result);
  return result;
}
