import { upperTail } from "./binomial-tail.js";
import { noiseLevel } from "./budget.js";
import { logEvidenceAbove, logEvidenceBelow, mixOverStarts } from "./e-process.js";
import type { Trials } from "./e-process.js";
import { trialsBetween } from "./hypotheses.js";
import type { Hypothesis } from "./hypotheses.js";
import { startMark } from "./state.js";
import type { AnalysisState } from "./state.js";
import type { Tally, Totals } from "./tally.js";

/** One hypothesis with everything that is known about it. Tallies are what had been counted when a span began. */
export interface Finding {
  readonly hypothesis: Hypothesis;
  /** ln E of the whole run, a late start included. */
  readonly log: number;
  /** The start whose part of the evidence is the largest. */
  readonly from: Tally;
  /** p-value of the present interval alone. */
  readonly intervalTail: number;
  /** Since then the estimate is beyond its limit, more than by chance. */
  readonly breachedFrom: Tally | undefined;
  /** Of the whole run. */
  readonly trials: Trials;
}

/**
 * `estimatedFrom`: the starts of the spans whose estimates may hold the weight. `lately`: what had been counted when the
 * recent past began, in which failures that can't be told apart may.
 */
export function findingOf(
  state: AnalysisState,
  hypothesis: Hypothesis,
  estimatedFrom: readonly Tally[],
  lately: Totals,
): Finding {
  const { event, limit } = hypothesis;
  const since = (from: Tally): Trials => trialsBetween(event, from, state.totals.subject, state.boundsMs);
  const evidence = mixOverStarts(state.starts.map((start) => logEvidenceAbove(limit, since(start.totals.subject))));
  const noise = noiseLevel(state.intervalsAtWeight);
  const beyond = (trials: Trials): boolean => isBeyondChance(limit, trials, noise);
  const undecided = event.kind === "failed" ? state.totals.undecided - lately.undecided : 0;
  const doubtful = undecided > 0 && beyond(withFailures(since(lately.subject), undecided)) ? lately.subject : undefined;
  return {
    hypothesis,
    log: evidence.log,
    from: startMark(state, evidence.loudest).totals.subject,
    intervalTail: upperTail(limit, since(state.intervalStart.subject)),
    breachedFrom: estimatedFrom.find((from) => beyond(since(from))) ?? doubtful,
    trials: since(runStart(state)),
  };
}

/** What the subject had been asked when its evidence began. */
export function runStart(state: AnalysisState): Tally {
  return startMark(state).totals.subject;
}

/**
 * Failures that can't be told apart are held to be this revision's: while they last they hold the weight, and they prove
 * nothing.
 */
function withFailures({ count, events }: Trials, undecided: number): Trials {
  return { count: count + undecided, events: events + undecided };
}

function isBeyondChance(limit: number, trials: Trials, noise: number): boolean {
  return trials.events > limit * trials.count && upperTail(limit, trials) <= noise;
}

/** Whether `promoteWithConfidence` is satisfied: always where it is off. */
export function isProved({ settings }: AnalysisState, { hypothesis, trials }: Finding): boolean {
  if (settings.promoteWithConfidence === false) return true;
  return logEvidenceBelow(hypothesis.limit, trials) >= -Math.log(1 - settings.promoteWithConfidence);
}
