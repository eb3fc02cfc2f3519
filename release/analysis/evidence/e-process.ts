import { betainc, betaln } from "../../../bundled/statistics.js";
import type { Trials } from "../counting/tally.js";
import { logAdd, logNothing, logSum } from "./starts.js";

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
 * **Late starts.** For them the prior is a handful of alternatives q with fixed odds above the limit's, so that a sum over
 * all starts can be carried along (`starts.ts`): with a = ln(odds ratio) and b = ln((1-q)/(1-p0)) a start at counts (n', k')
 * has become exp(a(k-k') + b(n-n')), and Σ w exp(-a k' - b n') is all there is to keep.
 *
 * **Sources.** J. Ville, Étude critique de la notion de collectif (1939); H. Robbins, Statistical methods related to the
 * law of the iterated logarithm, Ann. Math. Stat. 41 (1970); S. Howard, A. Ramdas, J. McAuliffe, J. Sekhon,
 * Time-uniform, nonparametric, nonasymptotic confidence sequences, Ann. Stat. 49 (2021); M. Lindon, A. Malek, Anytime-valid
 * inference for multinomial count data (NeurIPS 2022), which is how Netflix watches its canaries.
 */
const priorShape = { a: 0.1, b: 0.7 } as const;
/** Against the other direction (proof that the probability is below its limit), most weight lies next to 0. */
const priorShapeBelow = { a: 0.1, b: 1 } as const;
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

interface Shape {
  readonly a: number;
  readonly b: number;
}

function logMixture(limit: number, { count, events }: Trials, shape: Shape, above: boolean): number {
  const { a, b } = shape;
  const others = count - events;
  const posterior = betainc(limit, a + events, b + others, true, above);
  // Below it numbers have few digits, and their logarithm would be noise.
  if (posterior < smallestNormal) return -Infinity;
  const marginal = betaln(a + events, b + others) + Math.log(posterior) - logPriorMass(limit, shape, above);
  return marginal - events * Math.log(limit) - others * Math.log1p(-limit);
}

const priorMasses = new Map<string, number>();

/** ln of the untruncated prior's mass on the bad side; the same for a whole run. */
function logPriorMass(limit: number, { a, b }: Shape, above: boolean): number {
  const key = `${limit} ${b} ${above}`;
  const known = priorMasses.get(key);
  if (known !== undefined) return known;
  const mass = betaln(a, b) + Math.log(betainc(limit, a, b, true, above));
  if (priorMasses.size > 100) priorMasses.clear();
  priorMasses.set(key, mass);
  return mass;
}

/** Odds of the alternatives over the limit's odds, for evidence that starts late. */
const oddsRatios = [1.5, 2.2, 3.6, 6.4, 11, 25, 66, 900] as const;
const logPrior = -Math.log(oddsRatios.length);

/** Counts when something started, or now. Events are bounded from both sides where they aren't known exactly. */
export interface Counts {
  readonly count: number;
  readonly atLeast: number;
  readonly atMost: number;
}

/** No start yet. */
export const noLateStarts: readonly number[] = oddsRatios.map(() => logNothing);

/** One more start, with this weight. What has happened at most before it can't be counted for it. */
export function startLate(late: readonly number[], limit: number, now: Counts, weight: number): readonly number[] {
  const steps = stepsOf(limit);
  return late.map((log, index) => {
    const { event, other } = steps[index] ?? noStep;
    return logAdd(log, Math.log(weight) + logPrior - event * now.atMost - other * now.count);
  });
}

/** ln of what all late starts together have become by now. */
export function lateEvidence(late: readonly number[], limit: number, now: Counts): number {
  const steps = stepsOf(limit);
  return logSum(
    late.map((log, index) => {
      const { event, other } = steps[index] ?? noStep;
      return log + event * now.atLeast + other * now.count;
    }),
  );
}

interface Step {
  /** What one event adds to one trial's logarithm, and what the trial itself does. */
  readonly event: number;
  readonly other: number;
}

const noStep: Step = { event: 0, other: 0 };
const stepsCache = new Map<number, readonly Step[]>();

function stepsOf(limit: number): readonly Step[] {
  const known = stepsCache.get(limit);
  if (known !== undefined) return known;
  const steps = oddsRatios.map((ratio) => {
    const odds = (limit / (1 - limit)) * ratio;
    return { event: Math.log(ratio), other: -Math.log1p(odds) - Math.log1p(-limit) };
  });
  if (stepsCache.size > 100) stepsCache.clear();
  stepsCache.set(limit, steps);
  return steps;
}

/** 1 - 1/E, 0 where there is no evidence: Ville's bound as a confidence. */
export function confidenceOf(logEvidence: number): number {
  return logEvidence <= 0 ? 0 : -Math.expm1(-logEvidence);
}
