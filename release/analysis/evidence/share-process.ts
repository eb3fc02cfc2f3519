import type { Trials } from "../counting/tally.js";
import { logAdd, logNothing, logSum } from "./starts.js";

/**
 * Sequential test of the same statement by the share of failures in each check, whatever happens within one.
 *
 * **Why.** Failures come together: one user who tries five times, half a second of a dead connection. To a test of single
 * requests five failures of one cause are five causes. Here a check is one observation, however many requests it had.
 *
 * **Claim.** Let X(t) = failures / requests of check t, and E[X(t) | past] ≤ p0. For a stake λ in (0, 1/p0) the factor
 * 1 + λ (X - p0) is positive and has conditional expectation ≤ 1, so that products and mixtures of them are
 * supermartingales. So is, by Markov's inequality, the factor a/p0 where X ≥ a, and 0 where not. Nothing is assumed of how
 * the failures within a check depend on each other.
 *
 * **What it proves.** With starting weight w(s) at check s the process B = Σ w(s) ∏ (1 + λ (X - p0)) reaches 1/α within T
 * checks with a probability of at most α (w(1) + … + w(T)) (Doob's inequality for the submartingale B). Here the weights are
 * 1/150 at every check, so that they grow by 1 in 150 checks: that price is paid for being as quick after hours as in the
 * first minute; and, for the factor of Markov alone, 0.105 at the run's start and 1/(8 j (j+1)) at its j-th change of
 * weight: a canary whose first requests all fail needs no second look. At `shareLog` = ln 6 the process alone
 * allows for one false alarm in some 900 checks of the worst possible kind, all failures of a check in one burst; real
 * streams are far from that, and it is demanded *together* with the evidence of `e-process.ts`, whose bound of
 * `confidence` holds for independent requests. Measured on streams with users who retry, correlated seconds and blips:
 * `npm run simulate`. What it doesn't see: failures of one cause that are spread over many checks.
 *
 * **Sources.** I. Waudby-Smith, A. Ramdas, Estimating means of bounded random variables by betting, JRSS B 86 (2024); for
 * the starts: J. Shin, A. Ramdas, A. Rinaldo, E-detectors (2024).
 */
const stakes = [
  { ofMost: 0.99, prior: 0.6 },
  { ofMost: 0.3, prior: 0.2 },
  { ofMost: 0.1, prior: 0.2 },
] as const;

/** ln of what the process must reach. */
export const shareLog = Math.log(6);
const checkWeight = 1 / 150;
/** Of the process that asks whether (nearly) all requests of a check fail. */
const nearlyAll = 0.97;
const runWeight = 0.105;
const changesWeight = 0.125;
/** A process that is worth less than this has nothing to say; its number stays finite. */
const lowestLog = -700;

/** By stake, and at the end the one that asks for all. */
export const freshShares: readonly number[] = [
  ...stakes.map(({ prior }) => Math.log(checkWeight * prior)),
  Math.log(runWeight),
];

/** Another start, at the `index`-th change of weight, from 1. */
export function startShares(shares: readonly number[], index: number): readonly number[] {
  const weight = Math.log(changesWeight / (index * (index + 1)));
  return shares.map((log, stake) => (stake < stakes.length ? log : logAdd(log, weight)));
}

/** One more check, and a start after it. */
export function addShare(shares: readonly number[], limit: number, { count, events }: Trials): readonly number[] {
  if (count <= 0 || limit <= 0 || limit >= 1) return shares;
  const share = Math.min(1, Math.max(0, events / count));
  return shares.map((log, index) => {
    const stake = stakes[index];
    if (stake === undefined) return share < nearlyAll ? logNothing : log + Math.log(Math.max(1, nearlyAll / limit));
    const next = log + Math.log1p((stake.ofMost / limit) * (share - limit));
    return logAdd(Math.max(lowestLog, next), Math.log(checkWeight * stake.prior));
  });
}

/** ln of the mixture. */
export function shareEvidence(shares: readonly number[]): number {
  return logSum(shares);
}
