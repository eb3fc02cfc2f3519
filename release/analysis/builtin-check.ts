import type { Budget } from "./budget.js";
import { compared, isWorse } from "./comparison.js";
import type { Compared } from "./comparison.js";
import type { CheckReport, CheckStatistics, CheckVerdict } from "./contract.js";
import { confidenceOf } from "./e-process.js";
import { findingText, proofText, strangersText } from "./explain.js";
import { findingOf, isProved, runStart } from "./finding.js";
import type { Finding } from "./finding.js";
import { hypothesesOf } from "./hypotheses.js";
import { quantileMs, slowShareAllowed } from "./latency.js";
import { noValuesText } from "./sentences.js";
import { startMark } from "./state.js";
import type { AnalysisState, Mark } from "./state.js";
import { minus } from "./tally.js";
import type { Tally, Totals } from "./tally.js";
import type { MetricSettings } from "../settings/index.js";

/** What a check needs to know of the moment. */
export interface Moment {
  readonly nowMs: number;
  readonly intervalEnds: boolean;
  readonly finalStep: boolean;
  readonly budget: Budget;
  /** Why nothing can be judged now. */
  readonly trouble: { readonly verdict: "error" | "noData" | "inconclusive"; readonly sentence: string } | undefined;
}

/** All that is known of one metric at one moment. */
interface Weighed {
  readonly state: AnalysisState;
  readonly metric: MetricSettings;
  readonly moment: Moment;
  readonly findings: readonly Finding[];
  /** The finding with most evidence against the revision. */
  readonly worst: Finding;
  /** Whether there is a limit of its own, and not only the comparison. */
  readonly absolute: boolean;
  readonly versus: Compared | undefined;
  /** ln E against the revision: with a limit and a comparison both must speak. */
  readonly log: number;
}

/** What one rule says: verdict, span that it is about, sentence. */
interface Said {
  readonly verdict: CheckVerdict;
  readonly tally: Tally;
  readonly sentence: string;
  readonly awaitsProof?: true;
}

/** Judges success rate or duration by the subject's own requests: the first rule that has something to say does. */
export function checkBuiltin(state: AnalysisState, metric: MetricSettings, moment: Moment): CheckReport {
  const weighed = weigh(state, metric, moment);
  const window = minus(state.totals.subject, windowStart(state, metric.interval, moment.nowMs));
  if (weighed === undefined)
    return reportOf(state, metric, undefined, {
      verdict: "pass",
      tally: window,
      sentence: `${metric.name} has no limit`,
    });
  for (const rule of rules) {
    const said = rule(weighed, window);
    if (said !== undefined) return reportOf(state, metric, weighed, said);
  }
  const sentence = findingText(state, weighed.worst.hypothesis, window, { log: undefined, versus: undefined });
  return reportOf(state, metric, weighed, { verdict: "pass", tally: window, sentence });
}

type Rule = (weighed: Weighed, window: Tally) => Said | undefined;

/** In this order: what is proved counts before what is missing, and what is missing before what is only estimated. */
const rules: readonly Rule[] = [
  nothingToJudge,
  provedBad,
  failedInterval,
  withoutRequests,
  breachedLimit,
  worseThanPrimary,
  tooFewRequests,
  notYetProved,
];

function weigh(state: AnalysisState, metric: MetricSettings, moment: Moment): Weighed | undefined {
  const versus = metric.compare === undefined ? undefined : compared(state, metric, metric.compare.maxIncrease);
  const asked = hypothesesOf(metric);
  const absolute = asked.length > 0;
  const hypotheses = absolute || versus === undefined ? asked : [versus.hypothesis];
  // What fails both versions alike holds the weight for as long as it lasts, not for the rest of the run.
  const excused = versus !== undefined && !isWorse(versus, state.intervalsAtWeight);
  const estimatedFrom = excused
    ? [windowStart(state, metric.interval, moment.nowMs)]
    : [runStart(state), state.weightStart.totals.subject];
  const lately = totalsBefore(state, metric.interval, moment.nowMs, state.weightStart);
  const findings = hypotheses.map((hypothesis) => findingOf(state, hypothesis, estimatedFrom, lately));
  const worst = findings.toSorted((a, b) => b.log - a.log)[0];
  if (worst === undefined) return undefined;
  const log = Math.min(absolute ? worst.log : Infinity, versus?.log ?? Infinity);
  return { state, metric, moment, findings, worst, absolute, versus, log };
}

function nothingToJudge({ moment }: Weighed, window: Tally): Said | undefined {
  return moment.trouble === undefined ? undefined : { ...moment.trouble, tally: window };
}

function provedBad(weighed: Weighed): Said | undefined {
  const { log, moment, worst } = weighed;
  return log < moment.budget.failLog ? undefined : about(weighed, "failNow", worst, worst.from, log);
}

function failedInterval(weighed: Weighed): Said | undefined {
  const { state, moment } = weighed;
  if (!moment.intervalEnds) return undefined;
  const level = levelOf(weighed);
  const failing = weighed.findings.find((finding) => tailOf(weighed, finding) <= level);
  return failing === undefined ? undefined : about(weighed, "fail", failing, state.intervalStart.subject);
}

/** p-value of the present interval; with a limit and a comparison the larger one. */
function tailOf({ absolute, versus }: Weighed, { intervalTail }: Finding): number {
  return Math.max(absolute ? intervalTail : 0, versus?.intervalTail ?? 0);
}

function levelOf({ state, metric, moment }: Weighed): number {
  return moment.budget.failedCheckLevel(state.intervals, metric.critical);
}

function statisticsOf(weighed: Weighed): CheckStatistics {
  const { worst, log, moment } = weighed;
  return {
    // Infinite where a limit leaves no room: JSON knows no infinity.
    logEvidence: Math.min(log, Number.MAX_VALUE),
    logNeeded: moment.budget.failLog,
    limitShare: worst.hypothesis.limit,
    trials: worst.trials.count,
    events: worst.trials.events,
    intervalTail: tailOf(weighed, worst),
    intervalLevel: levelOf(weighed),
  };
}

function withoutRequests({ state, metric }: Weighed, window: Tally): Said | undefined {
  if (requestsAtWeight(state, metric) > 0) return undefined;
  const { name, namespace } = state.context;
  const sentence = noValuesText(metric.name, name, namespace) + strangersText(state);
  return { verdict: "noData", tally: window, sentence };
}

function breachedLimit(weighed: Weighed): Said | undefined {
  const breached = weighed.absolute ? weighed.findings.find((each) => each.breachedFrom !== undefined) : undefined;
  return breached?.breachedFrom === undefined ? undefined : about(weighed, "breached", breached, breached.breachedFrom);
}

function worseThanPrimary(weighed: Weighed): Said | undefined {
  const { absolute, versus, state, worst } = weighed;
  if (absolute || versus === undefined || !isWorse(versus, state.intervalsAtWeight)) return undefined;
  return about(weighed, "breached", worst, runStart(state));
}

function tooFewRequests({ state, metric }: Weighed, window: Tally): Said | undefined {
  const { minRequests } = state.settings;
  const requests = requestsAtWeight(state, metric);
  if (requests >= minRequests) return undefined;
  const sentence = `${metric.name}: only ${requests} of ${minRequests} requests since the last change of weight`;
  return { verdict: "inconclusive", tally: window, sentence };
}

function notYetProved({ state, moment, absolute, findings }: Weighed, window: Tally): Said | undefined {
  const unproved = moment.finalStep && absolute ? findings.find((finding) => !isProved(state, finding)) : undefined;
  if (unproved === undefined) return undefined;
  return { verdict: "inconclusive", tally: window, sentence: proofText(state, unproved), awaitsProof: true };
}

/** A verdict about everything since `from`, with the evidence where that is what decides. */
function about(weighed: Weighed, verdict: CheckVerdict, finding: Finding, from: Tally, log?: number): Said {
  const { state, versus } = weighed;
  const tally = minus(state.totals.subject, from);
  return { verdict, tally, sentence: findingText(state, finding.hypothesis, tally, { log, versus: versus?.text }) };
}

function reportOf(
  state: AnalysisState,
  metric: MetricSettings,
  weighed: Weighed | undefined,
  { tally, ...said }: Said,
): CheckReport {
  return {
    metric: metric.name,
    value: valueOf(metric, tally, state.boundsMs),
    limit: weighed?.worst.hypothesis.asked,
    unit: metric.name === "request-success-rate" ? "%" : "ms",
    requests: countOf(metric, state.totals.subject) - countOf(metric, runStart(state)),
    confidence: confidenceOf(weighed?.log ?? 0),
    dryRun: metric.dryRun,
    ...(weighed === undefined ? {} : { statistics: statisticsOf(weighed) }),
    ...said,
  };
}

/** What the subject had been asked so long ago, but not before its evidence began. */
function windowStart(state: AnalysisState, seconds: number, nowMs: number): Tally {
  return totalsBefore(state, seconds, nowMs, startMark(state)).subject;
}

/** What had been counted so long ago, but not before `earliest`. */
function totalsBefore({ history }: AnalysisState, seconds: number, nowMs: number, earliest: Mark): Totals {
  const mark = history.findLast(({ timeMs }) => timeMs <= nowMs - seconds * 1000);
  return (mark === undefined || mark.timeMs < earliest.timeMs ? earliest : mark).totals;
}

function requestsAtWeight(state: AnalysisState, metric: MetricSettings): number {
  return countOf(metric, state.totals.subject) - countOf(metric, state.weightStart.totals.subject);
}

function countOf({ name }: MetricSettings, tally: Tally): number {
  return name === "request-success-rate" ? tally.requests : tally.timed;
}

function valueOf({ name }: MetricSettings, tally: Tally, boundsMs: readonly number[]): number | undefined {
  if (name !== "request-success-rate") return quantileMs(tally, boundsMs, 1 - slowShareAllowed);
  return tally.requests === 0 ? undefined : 100 * (1 - tally.failed / tally.requests);
}
