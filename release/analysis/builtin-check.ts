import { upperTail } from "./binomial-tail.js";
import { noiseLevel } from "./budget.js";
import type { Budget } from "./budget.js";
import type { CheckReport, CheckVerdict } from "./contract.js";
import { confidenceOf, logEvidenceAbove, logEvidenceBelow, mixOverStarts } from "./e-process.js";
import type { Trials } from "./e-process.js";
import { compared, isWorse } from "./comparison.js";
import { hypothesesOf, trialsBetween, trialsOf } from "./hypotheses.js";
import type { Hypothesis } from "./hypotheses.js";
import { quantileMs } from "./latency.js";
import { confidenceText, countText, durationSentence, noValuesText, successRateText } from "./sentences.js";
import type { AnalysisState } from "./state.js";
import { minus } from "./tally.js";
import type { Tally } from "./tally.js";
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

/** One hypothesis with everything that is known about it. Tallies are what had been counted when a span began. */
interface Finding {
  readonly hypothesis: Hypothesis;
  readonly log: number;
  /** The start whose part of the evidence is the largest. */
  readonly from: Tally;
  readonly intervalTail: number;
  /** Since then the estimate is beyond its limit, more than by chance. */
  readonly breachedFrom: Tally | undefined;
  /** Of the whole run. */
  readonly trials: Trials;
}

/** Judges success rate or duration by the subject's own requests. */
export function checkBuiltin(state: AnalysisState, metric: MetricSettings, moment: Moment): CheckReport {
  const versus = metric.compare === undefined ? undefined : compared(state, metric, metric.compare.maxIncrease);
  const asked = hypothesesOf(metric);
  const hypotheses = asked.length > 0 ? asked : versus === undefined ? [] : [versus.hypothesis];
  const findings = hypotheses.map((hypothesis) => findingOf(state, hypothesis));
  const worst = findings.toSorted((a, b) => b.log - a.log)[0];
  const window = windowTally(state, metric.interval, moment.nowMs);
  const report = (verdict: CheckVerdict, log: number, tally: Tally, sentence: string): CheckReport => ({
    metric: metric.name,
    verdict,
    value: valueOf(metric, tally, state.boundsMs),
    limit: worst?.hypothesis.asked,
    unit: metric.name === "request-success-rate" ? "%" : "ms",
    requests: countOf(metric, state.totals.subject) - countOf(metric, startOf(state, 0)),
    confidence: confidenceOf(log),
    dryRun: metric.dryRun,
    sentence,
  });
  if (worst === undefined) return report("pass", 0, window, `${metric.name} has no limit`);
  const absolute = asked.length > 0;
  const log = Math.min(absolute ? worst.log : Infinity, versus?.log ?? Infinity);
  const explain = (tally: Tally, finding: Finding, part: "evidence" | "estimate"): string =>
    sentenceOf(state, finding.hypothesis, tally, { log: part === "evidence" ? log : undefined, versus: versus?.text });
  if (moment.trouble !== undefined) return report(moment.trouble.verdict, log, window, moment.trouble.sentence);
  const since = (from: Tally): Tally => minus(state.totals.subject, from);
  if (log >= moment.budget.failLog) {
    const span = since(worst.from);
    return report("failNow", log, span, explain(span, worst, "evidence"));
  }

  const failing = findings.find(
    (finding) =>
      moment.intervalEnds &&
      Math.max(absolute ? finding.intervalTail : 0, versus?.intervalTail ?? 0) <=
        moment.budget.failedCheckLevel(state.intervals, metric.critical),
  );
  if (failing !== undefined) {
    const span = since(state.intervalStart.subject);
    return report("fail", log, span, explain(span, failing, "estimate"));
  }

  const requests = countOf(metric, state.totals.subject) - countOf(metric, state.weightStart.totals.subject);
  const { name, namespace } = state.context;
  if (requests === 0)
    return report("noData", log, window, noValuesText(metric.name, name, namespace) + strangersText(state));
  const breached = absolute ? findings.find(({ breachedFrom }) => breachedFrom !== undefined) : undefined;
  if (breached?.breachedFrom !== undefined) {
    const span = since(breached.breachedFrom);
    return report("breached", log, span, explain(span, breached, "estimate"));
  }
  if (!absolute && versus !== undefined && isWorse(versus)) {
    const span = since(startOf(state, 0));
    return report("breached", log, span, explain(span, worst, "estimate"));
  }
  if (requests < state.settings.minRequests)
    return report(
      "inconclusive",
      log,
      window,
      `${metric.name}: only ${requests} of ${state.settings.minRequests} requests since the last change of weight`,
    );
  const unproved = moment.finalStep && absolute ? findings.find((finding) => !isProved(state, finding)) : undefined;
  if (unproved !== undefined) return report("inconclusive", log, window, proofText(state, unproved));
  return report(
    "pass",
    log,
    window,
    sentenceOf(state, worst.hypothesis, window, { log: undefined, versus: undefined }),
  );
}

/** Whether a check waits for nothing but the proof of `promoteWithConfidence`. */
export function waitsForProof(report: CheckReport): boolean {
  return report.verdict === "inconclusive" && report.sentence.includes("not yet proved");
}

function findingOf(state: AnalysisState, hypothesis: Hypothesis): Finding {
  const { subject } = state.totals;
  const { event, limit } = hypothesis;
  const since = (from: Tally): Trials => trialsBetween(event, from, subject, state.boundsMs);
  const trials = state.starts.map((start) => since(start.totals.subject));
  const evidence = mixOverStarts(trials.map((each) => logEvidenceAbove(limit, each)));
  const undecided = event.kind === "failed" ? state.totals.undecided - state.weightStart.totals.undecided : 0;
  const wholeRun = startOf(state, 0);
  return {
    hypothesis,
    log: evidence.log,
    from: startOf(state, evidence.loudest),
    intervalTail: upperTail(limit, since(state.intervalStart.subject)),
    breachedFrom: [wholeRun, state.weightStart.totals.subject].find((from) =>
      isBeyondChance(limit, since(from), undecided),
    ),
    trials: since(wholeRun),
  };
}

function startOf(state: AnalysisState, index: number): Tally {
  return (state.starts[index] ?? state.weightStart).totals.subject;
}

/** Failures that can't be told apart are held to be this revision's: they hold the weight, and prove nothing. */
function isBeyondChance(limit: number, trials: Trials, undecided: number): boolean {
  const { count, events } = { count: trials.count + undecided, events: trials.events + undecided };
  return events > limit * count && upperTail(limit, { count, events }) <= noiseLevel;
}

function isProved({ settings }: AnalysisState, finding: Finding): boolean {
  if (settings.promoteWithConfidence === false) return true;
  return logEvidenceBelow(finding.hypothesis.limit, finding.trials) >= -Math.log(1 - settings.promoteWithConfidence);
}

function proofText({ settings }: AnalysisState, { hypothesis, trials }: Finding): string {
  const asked = settings.promoteWithConfidence === false ? 0 : settings.promoteWithConfidence * 100;
  const limit = Number((hypothesis.limit * 100).toFixed(4));
  return `not yet proved: at most ${limit}% ${eventName(hypothesis)} at ${Number(asked.toFixed(4))}% confidence (now ${(confidenceOf(logEvidenceBelow(hypothesis.limit, trials)) * 100).toFixed(2)}% after ${trials.count} requests)`;
}

function eventName({ event }: Hypothesis): string {
  switch (event.kind) {
    case "failed":
      return "failed requests";
    case "succeeded":
      return "successful requests";
    case "slowerThan":
      return `requests over ${event.limitMs} ms`;
    case "within":
      return `requests within ${event.limitMs} ms`;
  }
}

function windowTally(state: AnalysisState, seconds: number, nowMs: number): Tally {
  const from = state.history.findLast((mark) => mark.timeMs <= nowMs - seconds * 1000) ?? state.starts[0];
  return from === undefined ? state.totals.subject : minus(state.totals.subject, from.totals.subject);
}

function countOf({ name }: MetricSettings, tally: Tally): number {
  return name === "request-success-rate" ? tally.requests : tally.timed;
}

function valueOf({ name }: MetricSettings, tally: Tally, boundsMs: readonly number[]): number | undefined {
  if (name !== "request-success-rate") return quantileMs(tally, boundsMs, 0.99);
  return tally.requests === 0 ? undefined : 100 * (1 - tally.failed / tally.requests);
}

interface SentenceParts {
  /** Evidence to quote; undefined for a bare estimate. */
  readonly log: number | undefined;
  readonly versus: string | undefined;
}

function sentenceOf(state: AnalysisState, hypothesis: Hypothesis, tally: Tally, parts: SentenceParts): string {
  const { event, asked, bad } = hypothesis;
  const who = state.context.subject ?? "canary";
  const trials = trialsOf(event, tally, state.boundsMs);
  const figures = [
    `${who}: ${countText(event, trials)}`,
    ...(parts.versus === undefined ? [] : [parts.versus]),
    ...(parts.log === undefined ? [] : [confidenceText(confidenceOf(parts.log))]),
  ].join(", ");
  return `${headOf(hypothesis, tally, state.boundsMs, asked, bad)} (${figures})`;
}

function headOf(
  { event }: Hypothesis,
  tally: Tally,
  boundsMs: readonly number[],
  asked: number,
  bad: "below" | "above",
): string {
  if (event.kind === "failed" || event.kind === "succeeded") {
    const percent = tally.requests === 0 ? 100 : 100 * (1 - tally.failed / tally.requests);
    return successRateText(percent, isBad(percent, asked, bad) ? bad : undefined, asked);
  }
  const value = quantileMs(tally, boundsMs, 0.99) ?? 0;
  return durationSentence(value, isBad(value, asked, bad) ? bad : undefined, asked);
}

function isBad(value: number, limit: number, bad: "below" | "above"): boolean {
  return bad === "below" ? value < limit : value > limit;
}

function strangersText({ unowned }: AnalysisState): string {
  const strangers = Object.entries(unowned).filter(([, tally]) => tally.requests > 0);
  if (strangers.length === 0) return "";
  const requests = strangers.reduce((sum, [, tally]) => sum + tally.requests, 0);
  const names = strangers.slice(0, 3).map(([node]) => node);
  return ` (${requests} requests went to addresses of neither version: ${names.join(", ")})`;
}
