import { upperTail } from "../evidence/binomial-tail.js";
import { noiseLevel } from "../evidence/budget.js";
import { logEvidenceBelow } from "../evidence/e-process.js";
import { subjectOf } from "../evidence/part-evidence.js";
import { baselineTally } from "../counting/compared.js";
import { whole } from "../counting/strata.js";
import type { Tally, Totals, Trials } from "../counting/tally.js";
import type { AnalysisState, Mark } from "../state.js";
import type { Claim } from "./claims.js";
import { countsOf, maxIncreaseOf, provedBetween, trialsBetween } from "./hypotheses.js";
import { slowEstimate } from "./latency.js";

/** Estimates hold a weight; only evidence rolls a revision back. */

/** A stretch of the run that is looked at: what had been counted when it began. */
export interface Stretch {
  readonly from: Totals;
  /** How improbable by chance an estimate must be to hold the weight. */
  readonly noise: number;
  /** Whether the parts of the traffic are looked at in it, too. */
  readonly withParts: boolean;
}

/** A limit that is broken in a stretch, by more than chance. */
export interface Breach {
  readonly claim: Claim;
  readonly part: string;
  readonly from: Totals;
  /** Broken by both versions alike. */
  readonly shared: boolean;
}

/** The newest seconds keep their say, however long a weight has been held. */
const leastRecentNoise = 0.03;
/** The newest seconds: so many checks or scrapes, whichever take longer. */
const recentChecks = [4, 2] as const;

/** The run, the present weight, and the newest seconds, in which what has just broken isn't thinned out yet. */
export function stretchesOf(state: AnalysisState, nowMs: number, checkSeconds: number): readonly Stretch[] {
  const noise = noiseLevel(state.intervalsAtWeight);
  const each = Math.max(checkSeconds, state.context.scrapeIntervalSeconds);
  return [
    { from: state.runStart.totals, noise, withParts: true },
    { from: state.weightStart.totals, noise, withParts: true },
    ...recentChecks.map((checks) => ({
      from: totalsBefore(state, checks * each, nowMs, state.runStart),
      noise: Math.max(leastRecentNoise, noise),
      withParts: false,
    })),
  ];
}

/** What had been counted so long ago, but not before `earliest`. */
export function totalsBefore({ history }: AnalysisState, seconds: number, nowMs: number, earliest: Mark): Totals {
  const mark = history.findLast(({ timeMs }) => timeMs <= nowMs - seconds * 1000);
  return (mark === undefined || mark.timeMs < earliest.timeMs ? earliest : mark).totals;
}

/** The first breach of a claim in the whole traffic or a part of it; one of the subject alone counts before a shared one. */
export function breachOf(state: AnalysisState, claim: Claim, stretches: readonly Stretch[]): Breach | undefined {
  if (!claim.absolute || (runTrials(state, claim.hypothesis).events === 0 && !isBetweenBounds(state, claim)))
    return undefined;
  const parts = [whole, ...Object.keys(state.totals.strata)];
  const breaches = parts.flatMap((part) => stretches.flatMap((stretch) => breachIn(state, claim, part, stretch) ?? []));
  return breaches.find(({ shared }) => !shared) ?? breaches.at(0);
}

/** Events by which a part of the traffic may hold the weight: a single one is always chance. */
const fewestOfPart = 2;
/** There are several parts, so that each must be less probable by chance. */
const noiseOfPart = 1 / 2;

function breachIn(
  state: AnalysisState,
  claim: Claim,
  part: string,
  { from, noise, withParts }: Stretch,
): Breach | undefined {
  const { limit } = claim.hypothesis;
  const subject = estimate(state, claim, subjectOf(from, part), subjectOf(state.totals, part));
  const ofPart = part !== whole;
  if (ofPart && (!withParts || subject.events < fewestOfPart)) return undefined;
  if (!isBeyondChance(limit, subject, ofPart ? noise * noiseOfPart : noise)) return undefined;
  const maxIncrease = maxIncreaseOf(claim.metric);
  const breach = { claim, part, from, shared: false };
  if (maxIncrease === undefined) return ofPart ? undefined : breach;
  const baseline = estimate(state, claim, baselineTally(from, part), baselineTally(state.totals, part));
  const worse = isWorse(subject, baseline, maxIncrease, noise);
  // A part of the traffic is only held to what the other version does with it.
  if (ofPart) return worse ? breach : undefined;
  return { ...breach, shared: !worse && baseline.count > 0 && rate(baseline) > limit };
}

/** What is to be seen; between two bounds of a histogram an interpolation, which proves nothing and holds. */
function estimate(state: AnalysisState, { hypothesis }: Pick<Claim, "hypothesis">, from: Tally, to: Tally): Trials {
  const { event } = hypothesis;
  const seen = trialsBetween(event, from, to, state.boundsMs);
  if (event.kind !== "slowerThan" || !isBetweenBounds(state, { hypothesis })) return seen;
  const between = slowEstimate(to, state.boundsMs, event.limitMs) - slowEstimate(from, state.boundsMs, event.limitMs);
  const count = to.timed - from.timed;
  return { count, events: Math.min(count, Math.max(seen.events, Math.floor(between + 1e-9))) };
}

/** Whether a limit is no bound of the gateways' histograms, so that it can't be told exactly what is beyond it. */
export function isBetweenBounds({ boundsMs }: AnalysisState, { hypothesis }: Pick<Claim, "hypothesis">): boolean {
  const { event } = hypothesis;
  return event.kind === "slowerThan" && !boundsMs.includes(event.limitMs);
}

/**
 * Failures that can't be told apart are held to be this revision's: while they last they hold the weight, and they prove
 * nothing.
 */
export function isDoubtful(state: AnalysisState, { hypothesis }: Claim, lately: Totals): boolean {
  const undecided = hypothesis.event.kind === "failed" ? state.totals.undecided - lately.undecided : 0;
  if (undecided <= 0) return false;
  const { count, events } = trialsBetween(hypothesis.event, lately.subject, state.totals.subject, state.boundsMs);
  const all = { count: count + undecided, events: events + undecided };
  return isBeyondChance(hypothesis.limit, all, noiseLevel(state.intervalsAtWeight));
}

/** Whether the limit is broken in a stretch at all, by chance or not. */
export function isBeyond(state: AnalysisState, claim: Claim, from: Totals): boolean {
  return rate(estimate(state, claim, from.subject, state.totals.subject)) > claim.hypothesis.limit;
}

function isBeyondChance(limit: number, trials: Trials, noise: number): boolean {
  return trials.events > limit * trials.count && upperTail(limit, trials) <= noise;
}

/** Worse than the other version by more than chance alone gives. */
export function isWorse(subject: Trials, baseline: Trials, maxIncreasePercent: number, noise: number): boolean {
  const maxIncrease = maxIncreasePercent / 100;
  if (baseline.count === 0 || rate(subject) <= rate(baseline) + maxIncrease) return false;
  const careful = Math.min(1, (baseline.events + 1) / (baseline.count + 2) + maxIncrease);
  return upperTail(careful, subject) <= noise;
}

function rate({ count, events }: Trials): number {
  return count === 0 ? 0 : events / count;
}

/** p-value of the present interval alone: without the check that speaks loudest, where there are several. */
export function intervalTail(state: AnalysisState, { key, hypothesis }: Claim): number {
  const { event, limit } = hypothesis;
  const start = countsOf(event, state.intervalStart.subject, state.boundsMs);
  const now = countsOf(event, state.totals.subject, state.boundsMs);
  const trials = provedBetween(start, now);
  const own = state.evidence[key]?.[whole];
  if (own === undefined || own.intervalChecks < severalChecks) return upperTail(limit, trials);
  const { count, events } = own.intervalWorst;
  return upperTail(limit, { count: Math.max(0, trials.count - count), events: Math.max(0, trials.events - events) });
}

/** One burst of failures is in one check: an interval of so many has others to be judged by. */
const severalChecks = 3;

/** Whether `promoteWithConfidence` is satisfied: always where it is off. */
export function isProved(state: AnalysisState, { hypothesis }: Claim): boolean {
  const asked = state.settings.promoteWithConfidence;
  return asked === false || logEvidenceBelow(hypothesis.limit, runTrials(state, hypothesis)) >= -Math.log(1 - asked);
}

export function runTrials(state: AnalysisState, { event }: Claim["hypothesis"]): Trials {
  return trialsBetween(event, state.runStart.totals.subject, state.totals.subject, state.boundsMs);
}
