/**
 * When evidence may begin: a mixture over starting times (the e-processes of Shiryaev-Roberts form of J. Shin, A. Ramdas,
 * A. Rinaldo, E-detectors: a nonparametric framework for sequential change detection, New England J. Stat. Data Sci. 2,
 * 2024).
 *
 * **Why.** What breaks after an hour of health would have to outweigh the hour. A process that starts when the fault does
 * has nothing to outweigh, and nobody knows when that is: so one starts at every check, each with a part of the weight.
 *
 * **Claim.** Let L(s, t) be the likelihood ratio of what was counted from s to t, a supermartingale in t with L(s, s) = 1
 * (`e-process.ts`, `two-sample.ts`). Then M(t) = Σ w(s) L(s, t) over the starts s ≤ t, plus the weight of the starts to
 * come, is one from 1 where the weights sum to 1, each start being known when it begins. All that is kept of the past is
 * one number, by the recursion M ← M · L(block) + w.
 *
 * **Weights.** Half to the run's start; an eighth to the changes of weight, since that is when things break; the rest to
 * all checks, in blocks of 64, 128, 256 … checks, each evenly, so that the price of a start after hours is a few more
 * failures and not many.
 */
export const wholeRunWeight = 0.5;
const changesWeight = 0.125;
const checksWeight = 1 - wholeRunWeight - changesWeight;
const firstBlock = 64;

/** Weight of the start at the `index`-th change of weight, from 1; they sum to `changesWeight`. */
export function changeWeight(index: number): number {
  return changesWeight / (index * (index + 1));
}

/** Weight of the start at the `index`-th check, from 1; they sum to `checksWeight`. */
export function checkWeight(index: number): number {
  const block = Math.floor(Math.log2((index - 1) / firstBlock + 1));
  return checksWeight / (firstBlock * 2 ** block * (block + 1) * (block + 2));
}

/** ln of nothing: a state is JSON, which knows no infinity. */
export const logNothing = -1e15;

export function logSum(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
}

/** ln(e^a + e^b), for one more start. */
export function logAdd(a: number, b: number): number {
  const [large, small] = a > b ? [a, b] : [b, a];
  return large + Math.log1p(Math.exp(small - large));
}
