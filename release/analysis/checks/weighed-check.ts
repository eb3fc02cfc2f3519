import { checkEverySeconds } from "../../settings/index.js";
import type { MetricSettings } from "../../settings/index.js";
import type { CheckReport, CheckStatistics, CheckVerdict } from "../contract.js";
import { baselineTally } from "../counting/compared.js";
import { whole } from "../counting/strata.js";
import { minus } from "../counting/tally.js";
import type { Tally, Totals } from "../counting/tally.js";
import { noiseLevel } from "../evidence/budget.js";
import { confidenceOf } from "../evidence/e-process.js";
import { subjectOf } from "../evidence/part-evidence.js";
import { shareLog } from "../evidence/share-process.js";
import { comparisonEvidence, noBlocks } from "../evidence/two-sample.js";
import type { AnalysisState, Mark } from "../state.js";
import type { Claim } from "./claims.js";
import {
  breachOf,
  intervalTail,
  isBeyond,
  isDoubtful,
  isProved,
  isWorse,
  runTrials,
  stretchesOf,
  totalsBefore,
} from "./estimates.js";
import type { Breach } from "./estimates.js";
import { evaluate, isCompared } from "./findings.js";
import type { Evaluation, Finding, Moment } from "./findings.js";
import { betweenBoundsText, claimText, proofText, sharedText, strangersText } from "./explain.js";
import { countsOf, isCustom, isRatio, maxIncreaseOf, trialsBetween } from "./hypotheses.js";
import { quantileMs, slowEstimate, slowShareAllowed } from "./latency.js";
import { noValuesText } from "./sentences.js";
import { waitText } from "./traffic.js";

/** What one rule says: verdict, what was counted in the stretch that it is about, sentence. */
interface RuleResult {
  readonly verdict: CheckVerdict;
  readonly tally: Tally;
  readonly sentence: string;
  readonly awaitsProof?: true;
  readonly awaitsRequests?: true;
  readonly shared?: true;
}

/** Judges a metric by the subject's own requests: the first rule that has something to say does. */
export function checkWeighed(state: AnalysisState, metric: MetricSettings, moment: Moment): CheckReport {
  const from = totalsBefore(state, metric.interval, moment.nowMs, state.runStart);
  const window = minus(state.totals.subject, from.subject);
  const evaluation = evaluate(state, metric, moment);
  if (evaluation === undefined)
    return reportOf(state, metric, undefined, {
      verdict: "pass",
      tally: window,
      sentence: `${metric.name} has no limit`,
    });
  for (const rule of rules) {
    const result = rule(evaluation, from);
    if (result !== undefined) return reportOf(state, metric, evaluation, result);
  }
  const sentence = claimText(state, evaluation.worst.claim, whole, { subject: window, baseline: undefined });
  return reportOf(state, metric, evaluation, { verdict: "pass", tally: window, sentence });
}

type Rule = (evaluation: Evaluation, from: Totals) => RuleResult | undefined;

/** In this order: what is proved counts before what is missing, and what is missing before what is only estimated. */
const rules: readonly Rule[] = [
  nothingToJudge,
  provedBad,
  failedInterval,
  withoutRequests,
  breachedLimit,
  worseThanPrimary,
  tooFewRequests,
  notYetKnown,
  notYetProved,
];

function nothingToJudge({ state, moment }: Evaluation, from: Totals): RuleResult | undefined {
  if (moment.trouble === undefined) return undefined;
  return { ...moment.trouble, tally: minus(state.totals.subject, from.subject) };
}

function provedBad({ state, worst }: Evaluation): RuleResult | undefined {
  if (worst.margin < 0) return undefined;
  const { claim, part, from, needsVersus, log } = worst;
  const { event } = claim.hypothesis;
  const now = countsOf(event, subjectOf(state.totals, part), state.boundsMs);
  const trials = { count: now.seenOf - from.count, events: Math.max(0, now.seen - from.events) };
  const since = markOf(state, claim, part, from.count);
  const tally = minus(subjectOf(state.totals, part), subjectOf(since, part));
  const baseline = needsVersus ? minus(baselineTally(state.totals, part), baselineTally(since, part)) : undefined;
  return {
    verdict: "failNow",
    tally,
    sentence: claimText(state, claim, part, { subject: tally, baseline, trials, log }),
  };
}

/** What had been counted when the trouble began, as far as it is remembered. */
function markOf(state: AnalysisState, { hypothesis }: Claim, part: string, count: number): Totals {
  if (part !== whole) return state.runStart.totals;
  const before = ({ totals }: Mark): boolean =>
    countsOf(hypothesis.event, totals.subject, state.boundsMs).seenOf <= count;
  return (state.history.findLast(before) ?? state.runStart).totals;
}

function failedInterval(evaluation: Evaluation): RuleResult | undefined {
  const { state, moment } = evaluation;
  if (!moment.intervalEnds) return undefined;
  const level = levelOf(evaluation);
  const failing = wholes(evaluation).find((finding) => tailOf(state, finding) <= level);
  if (failing === undefined) return undefined;
  const tally = minus(state.totals.subject, state.intervalStart.subject);
  const baseline = failing.needsVersus
    ? minus(baselineTally(state.totals, whole), baselineTally(state.intervalStart, whole))
    : undefined;
  return { verdict: "fail", tally, sentence: claimText(state, failing.claim, whole, { subject: tally, baseline }) };
}

function wholes({ findings }: Evaluation): readonly Finding[] {
  return findings.filter(({ part }) => part === whole);
}

/** p-value of the present interval; with a limit and a comparison the larger one. */
function tailOf(state: AnalysisState, { claim, needsVersus }: Finding): number {
  const blocks = state.evidence[claim.key]?.[whole]?.intervalVersus ?? noBlocks;
  const versus = needsVersus ? Math.min(1, Math.exp(-comparisonEvidence(blocks))) : 0;
  return Math.max(claim.absolute ? intervalTail(state, claim) : 0, versus);
}

function levelOf({ state, metric, moment }: Evaluation): number {
  return moment.budget.failedCheckLevel(state.intervals, metric.critical);
}

function withoutRequests({ state, metric }: Evaluation, from: Totals): RuleResult | undefined {
  if (requestsAtWeight(state, metric) > 0) return undefined;
  const { name, namespace } = state.context;
  const sentence = isCustom(metric)
    ? `no values found for custom metric: ${metric.name}`
    : noValuesText(metric.name, name, namespace) + strangersText(state);
  return { verdict: "noData", tally: minus(state.totals.subject, from.subject), sentence };
}

function breachedLimit({ state, moment, claims }: Evaluation, from: Totals): RuleResult | undefined {
  const stretches = stretchesOf(state, moment.nowMs, checkEverySeconds(state.settings));
  const doubtful = claims.find((claim) => claim.absolute && isDoubtful(state, claim, sinceWeight(state, from)));
  const breaches = claims.flatMap((claim) => breachOf(state, claim, stretches) ?? []);
  const own = breaches.find(({ shared }) => !shared);
  if (own !== undefined) return held(state, own, moment);
  if (doubtful !== undefined)
    return held(state, { claim: doubtful, part: whole, from: sinceWeight(state, from), shared: false }, moment);
  const [both] = breaches;
  if (both === undefined || tooFew(state, both.claim.metric) || !isBeyond(state, both.claim, from)) return undefined;
  const { tally, sentence } = held(state, both, moment);
  return { verdict: "pass", tally, sentence: sharedText(sentence), shared: true };
}

function sinceWeight(state: AnalysisState, from: Totals): Totals {
  return from.subject.requests < state.weightStart.totals.subject.requests ? state.weightStart.totals : from;
}

function held(state: AnalysisState, { claim, part, from }: Breach, moment: Moment): RuleResult {
  const tally = minus(subjectOf(state.totals, part), subjectOf(from, part));
  const compared = isCompared(state, claim, moment);
  const baseline = compared ? minus(baselineTally(state.totals, part), baselineTally(from, part)) : undefined;
  const sentence = claimText(state, claim, part, { subject: tally, baseline });
  return { verdict: "breached", tally, sentence: sentence + betweenBoundsText(state, claim) };
}

function worseThanPrimary({ state, moment, claims }: Evaluation): RuleResult | undefined {
  const alone = claims.find(({ absolute }) => !absolute);
  if (alone === undefined || !moment.besides) return undefined;
  const { event } = alone.hypothesis;
  const trials = runTrials(state, alone.hypothesis);
  const baseline = trialsBetween(
    event,
    baselineTally(state.runStart.totals, whole),
    baselineTally(state.totals, whole),
    state.boundsMs,
  );
  if (!isWorse(trials, baseline, maxIncreaseOf(alone.metric) ?? 0, noiseLevel(state.intervalsAtWeight)))
    return undefined;
  return held(state, { claim: alone, part: whole, from: state.runStart.totals, shared: false }, moment);
}

function tooFew(state: AnalysisState, metric: MetricSettings): boolean {
  return requestsAtWeight(state, metric) < state.settings.minRequests;
}

function tooFewRequests({ state, metric }: Evaluation, from: Totals): RuleResult | undefined {
  if (!tooFew(state, metric)) return undefined;
  const requests = requestsAtWeight(state, metric);
  const { minRequests } = state.settings;
  const wait = isRatio(metric) ? "" : waitText(state, minRequests - requests);
  const sentence = `${metric.name}: only ${requests} of ${minRequests} requests since the last change of weight${wait}`;
  const tally = minus(state.totals.subject, from.subject);
  return { verdict: "inconclusive", tally, sentence, awaitsRequests: true };
}

/**
 * How long a request took is sure one scrape later. Where nothing comes after the step, it doesn't end on what isn't known
 * of any of its requests and looks bad for most.
 */
function notYetKnown({ state, metric, moment, claims }: Evaluation, from: Totals): RuleResult | undefined {
  if (!moment.finalStep) return undefined;
  const start = state.weightStart.totals.subject;
  const sinceStart = minus(state.totals.subject, start);
  const open = claims.some(({ hypothesis: { event } }) => {
    if (event.kind !== "slowerThan") return false;
    const known = trialsBetween(event, start, state.totals.subject, state.boundsMs).count;
    return known === 0 && slowEstimate(sinceStart, state.boundsMs, event.limitMs) > sinceStart.timed / 2;
  });
  if (!open) return undefined;
  const sentence = `${metric.name}: how long the ${sinceStart.timed} requests since the last change of weight took is known with the next scrape`;
  return { verdict: "inconclusive", tally: minus(state.totals.subject, from.subject), sentence, awaitsRequests: true };
}

function notYetProved({ state, moment, claims }: Evaluation, from: Totals): RuleResult | undefined {
  const unproved = moment.finalStep ? claims.find((claim) => claim.absolute && !isProved(state, claim)) : undefined;
  if (unproved === undefined) return undefined;
  const tally = minus(state.totals.subject, from.subject);
  return { verdict: "inconclusive", tally, sentence: proofText(state, unproved), awaitsProof: true };
}

function statisticsOf({ state, worst, moment, ...rest }: Evaluation): CheckStatistics {
  const { claim, shares, versus, needsVersus } = worst;
  const { count, events } = runTrials(state, claim.hypothesis);
  const finite = (log: number): number => Math.min(log, Number.MAX_VALUE);
  return {
    // Infinite where a limit leaves no room: JSON knows no infinity.
    logEvidence: finite(worst.log),
    logNeeded: moment.budget.failLog,
    logShares: finite(shares),
    logSharesNeeded: shareLog,
    ...(needsVersus ? { logVersus: finite(versus) } : {}),
    limitShare: claim.hypothesis.limit,
    trials: count,
    events,
    intervalTail: tailOf(state, worst),
    intervalLevel: levelOf({ state, worst, moment, ...rest }),
  };
}

function reportOf(
  state: AnalysisState,
  metric: MetricSettings,
  evaluation: Evaluation | undefined,
  { tally, ...result }: RuleResult,
): CheckReport {
  const confidence = Math.max(0, ...(evaluation?.findings ?? []).map(({ log }) => confidenceOf(log)));
  return {
    metric: metric.name,
    value: valueOf(metric, tally, state.boundsMs),
    limit: evaluation?.worst.claim.hypothesis.asked,
    unit: isDuration(metric) ? "ms" : "%",
    requests: countOf(metric, state.totals.subject) - countOf(metric, state.runStart.totals.subject),
    confidence,
    dryRun: metric.dryRun,
    ...(evaluation === undefined ? {} : { statistics: statisticsOf(evaluation) }),
    ...result,
  };
}

function requestsAtWeight(state: AnalysisState, metric: MetricSettings): number {
  return countOf(metric, state.totals.subject) - countOf(metric, state.weightStart.totals.subject);
}

function isDuration(metric: MetricSettings): boolean {
  return metric.name === "request-duration" && !isCustom(metric);
}

function countOf(metric: MetricSettings, tally: Tally): number {
  if (isRatio(metric)) return tally.counted[metric.name]?.count ?? 0;
  return isDuration(metric) ? tally.timed : tally.requests;
}

function valueOf(metric: MetricSettings, tally: Tally, boundsMs: readonly number[]): number | undefined {
  if (isRatio(metric)) {
    const { count, events } = tally.counted[metric.name] ?? { count: 0, events: 0 };
    return count === 0 ? undefined : (100 * Math.min(count, events)) / count;
  }
  if (isDuration(metric)) return quantileMs(tally, boundsMs, 1 - slowShareAllowed);
  return tally.requests === 0 ? undefined : 100 * (1 - tally.failed / tally.requests);
}
