import { betainc, betaln } from "../../bundled/statistics.js";

/**
 * Sequential tests of one probability, valid at every moment ("anytime-valid").
 *
 * **Claim.** Let X1, X2, … be 0/1 trials with P(Xi = 1 | past) = pi ≤ p0 for all i (they need not be identical; what is
 * assumed is that the past does not raise the probability beyond p0: independence is enough, over-dispersion such as
 * bursts breaks it). For q in (p0, 1] let Lq(n, k) = (q/p0)^k ((1-q)/(1-p0))^(n-k), with k successes among n trials.
 * One more trial multiplies Lq by a factor with conditional expectation
 *   pi q/p0 + (1-pi)(1-q)/(1-p0),
 * which is linear in pi, equals 1 at pi = p0, and has slope q/p0 - (1-q)/(1-p0) > 0 because q > p0. So it is at most 1
 * for every pi ≤ p0, and Lq is a non-negative supermartingale from 1 under the whole composite null hypothesis. A mixture
 * E = ∫ Lq dπ(q) over a prior π on (p0, 1] is one too. By Ville's inequality P(E ≥ 1/α at any time) ≤ α. A prior with
 * mass at or below p0 would lose this: its Lq grows under nulls with p < p0, and healthy revisions would be rejected.
 *
 * **Construction.** π is Beta(a, b) truncated to (p0, 1], so that E has a closed form in (n, k):
 *   E = [B(a+k, b+n-k) I'(p0; a+k, b+n-k)] / [B(a, b) I'(p0; a, b)] / (p0^k (1-p0)^(n-k)),
 * I' being the upper regularised incomplete beta function. Only sums count: looking more often, or at several trials at
 * once, changes nothing. a = 0.1 spreads the prior almost evenly over orders of magnitude, so 2% against 1% and 100%
 * against 1% are both found without much delay; b = 0.7 adds weight next to 1 for revisions that fail always.
 *
 * **A late start.** What breaks after an hour of health would have to outweigh the hour. So E is itself a mixture of
 * processes that start at the run's start and at each change of weight: E = 3/4 E0 + Σ wj Ej, wj = 1/(4 j (j+1)), where
 * Ej = 1 until its start. Each Ej starts at a stopping time, so the sum is still a supermartingale from 1. Nothing is ever
 * thrown away or restarted.
 *
 * **Sources.** J. Ville, Étude critique de la notion de collectif (1939); H. Robbins, Statistical methods related to the
 * law of the iterated logarithm, Ann. Math. Stat. 41 (1970); S. Howard, A. Ramdas, J. McAuliffe, J. Sekhon,
 * Time-uniform, nonparametric, nonasymptotic confidence sequences, Ann. Stat. 49 (2021); M. Lindon, A. Malek, Anytime-valid
 * inference for multinomial count data (NeurIPS 2022), which is how Netflix watches its canaries.
 */
export interface Trials {
  readonly count: number;
  /** Trials with the event that the hypothesis limits. */
  readonly events: number;
}

export const priorShape = { a: 0.1, b: 0.7 } as const;
/** Against the other direction (proof that the probability is below its limit), most weight lies next to 0. */
const priorShapeBelow = { a: 0.1, b: 1 } as const;
const wholeRunWeight = 0.75;
/** 2^-1022, the smallest number with all 53 bits. */
const smallestNormal = 2 ** -1022;

/** ln E against "probability ≤ limit", for trials from one start. -Infinity where the trials speak clearly for it. */
export function logEvidenceAbove(limit: number, trials: Trials): number {
  const { count, events } = trials;
  if (count <= 0 || limit >= 1) return 0;
  if (limit <= 0) return events > 0 ? Infinity : 0;
  return logMixture(limit, trials, priorShape, true);
}

/** ln E against "probability ≥ limit": proof that it is smaller. The mirror image of the above. */
export function logEvidenceBelow(limit: number, trials: Trials): number {
  const { count, events } = trials;
  if (count <= 0 || limit <= 0) return 0;
  if (limit >= 1) return events < count ? Infinity : 0;
  return logMixture(limit, trials, priorShapeBelow, false);
}

function logMixture(
  limit: number,
  { count, events }: Trials,
  { a, b }: { readonly a: number; readonly b: number },
  above: boolean,
): number {
  const others = count - events;
  const posterior = betainc(limit, a + events, b + others, true, above);
  // Below it numbers have few digits, and their logarithm would be noise.
  if (posterior < smallestNormal) return -Infinity;
  const prior = betainc(limit, a, b, true, above);
  const marginal = betaln(a + events, b + others) + Math.log(posterior) - betaln(a, b) - Math.log(prior);
  return marginal - events * Math.log(limit) - others * Math.log1p(-limit);
}

/** Trials since each start: the first since the start of the run, the others since the changes of weight, in order. */
export interface StartedEvidence {
  readonly log: number;
  /** The start whose part speaks loudest: index into the starts. */
  readonly loudest: number;
}

/** ln of the mixture over starting times. */
export function mixOverStarts(logs: readonly number[]): StartedEvidence {
  const parts = logs.map((log, index) => log + Math.log(startWeight(index)));
  let loudest = 0;
  for (const [index, part] of parts.entries()) if (part > (parts[loudest] ?? -Infinity)) loudest = index;
  return { log: logSum([...parts, Math.log(unstartedWeight(logs.length))]), loudest };
}

function startWeight(index: number): number {
  return index === 0 ? wholeRunWeight : (1 - wholeRunWeight) / (index * (index + 1));
}

/** Weight of the processes that have not started: they stand at 1. */
function unstartedWeight(started: number): number {
  return (1 - wholeRunWeight) / Math.max(1, started);
}

export function logSum(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
}

/** 1 - 1/E, 0 where there is no evidence: Ville's bound as a confidence. */
export function confidenceOf(logEvidence: number): number {
  return logEvidence <= 0 ? 0 : -Math.expm1(-logEvidence);
}
