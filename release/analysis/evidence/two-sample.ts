import type { Trials } from "../counting/tally.js";
import { logAdd, logSum, wholeRunWeight } from "./starts.js";

/**
 * Sequential test of "the canary's probability is at most the primary's plus δ", both unknown and free to drift.
 *
 * **Claim.** One block (what was counted between two checks) has m trials of the primary and n of the canary, with
 * probabilities (x, y) in the null set H = {y ≤ x + δ}, which is convex. For an alternative (x*, y*) fixed before the
 * block, let (x°, y°) be the point of H nearest to it in Kullback-Leibler divergence of the block. Then
 *   E = L(x*, y*) / L(x°, y°)
 * has expectation ≤ 1 under every (x, y) of H: ln E[E] = m ln f(x) + n ln g(y) with f, g linear (as in `e-process.ts`), so it is
 * concave in (x, y), 0 at (x°, y°), and its gradient there is minus the divergence's, which does not point into H.
 * Products over blocks are supermartingales from 1 as long as each alternative depends on earlier blocks only, mixtures of
 * such products too, and Ville's inequality holds. A dependency that fails both in the same block moves x and y
 * together within H, so it isn't held against the canary.
 *
 * Alternatives: the primary at its rate so far, the canary above the border by fixed shares of the room that is left. Each
 * block multiplies what earlier blocks have become, and at every check one more product starts (`starts.ts`).
 *
 * **Source.** R. Turner, A. Ly, P. Grünwald, Generic E-variables for exact sequential k-sample tests that allow for
 * optional stopping (2022); R. Turner, P. Grünwald, Exact anytime-valid confidence intervals for contingency tables (2023).
 */
const roomShares = [0.01, 0.03, 0.1, 0.3, 0.9] as const;
const lowestLog = -700;

const logPrior = -Math.log(roomShares.length);

/** By alternative: no block yet. */
export const noBlocks: readonly number[] = roomShares.map(() => 0);
/** The same as a mixture with the weight of the run's start. */
export const freshVersus: readonly number[] = roomShares.map(() => Math.log(wholeRunWeight) + logPrior);

/** One more block. `past` is what the primary had shown before it. */
export function addBlock(
  logs: readonly number[],
  block: { readonly subject: Trials; readonly baseline: Trials },
  past: Trials,
  maxIncrease: number,
): readonly number[] {
  const { subject, baseline } = block;
  if (subject.count <= 0 || baseline.count <= 0 || maxIncrease >= 1) return logs;
  const primary = clamp((past.events + 0.5) / (past.count + 1));
  const border = Math.min(1, primary + maxIncrease);
  return logs.map((log, index) => {
    const canary = clamp(border + (1 - border) * (roomShares[index] ?? 0.1));
    return Math.max(lowestLog, log + logBlock(subject, baseline, canary, primary, maxIncrease));
  });
}

/** Another start, with this weight. */
export function startVersus(logs: readonly number[], weight: number): readonly number[] {
  return logs.map((log) => logAdd(log, Math.log(weight) + logPrior));
}

/** ln of a plain mixture of all alternatives, from one start. */
export function comparisonEvidence(logs: readonly number[]): number {
  return logSum(logs) + logPrior;
}

function logBlock(subject: Trials, baseline: Trials, canary: number, primary: number, maxIncrease: number): number {
  if (canary <= primary + maxIncrease) return 0;
  const nearest = nearestNull(subject.count, baseline.count, canary, primary, maxIncrease);
  return (
    logLikelihood(baseline, primary) -
    logLikelihood(baseline, nearest) +
    logLikelihood(subject, canary) -
    logLikelihood(subject, nearest + maxIncrease)
  );
}

/**
 * The primary's probability at the point of the border y = x + δ nearest to the alternative: where the slope is 0, by
 * bisection; with δ = 0 that is the rate of both together.
 */
function nearestNull(n: number, m: number, canary: number, primary: number, maxIncrease: number): number {
  if (maxIncrease === 0) return (m * primary + n * canary) / (m + n);
  let low = primary;
  let high = Math.max(primary, canary - maxIncrease);
  for (let round = 0; round < 60; round += 1) {
    const x = (low + high) / 2;
    const y = x + maxIncrease;
    const slope = (m * (x - primary)) / (x * (1 - x)) + (n * (y - canary)) / (y * (1 - y));
    if (slope > 0) high = x;
    else low = x;
  }
  return (low + high) / 2;
}

function logLikelihood({ count, events }: Trials, probability: number): number {
  const others = count - events;
  return (events === 0 ? 0 : events * Math.log(probability)) + (others === 0 ? 0 : others * Math.log1p(-probability));
}

function clamp(probability: number): number {
  return Math.min(1 - 1e-9, Math.max(1e-9, probability));
}
