import { imageOf } from "../document.js";
import type { Report, Tick } from "../document.js";
import { clockText, sentenceOf, sinceStart, groupChecks, verdictOf } from "../summary.js";
import { chartsOf } from "./charts.js";

/** What the templates show of a report. */

/** A name and what it is; `code` is shown as it would be typed. */
export interface Fact {
  readonly title: string;
  readonly value: string;
  readonly code?: boolean;
  /** In small behind it. */
  readonly more?: string;
}

export function viewOf(report: Report) {
  return {
    ...headOf(report),
    charts: report.ticks.length === 0 ? [] : chartsOf(report),
    stages: groupChecks(report.ticks).map(({ first, last, checks }) => ({
      time: sinceStart(report, first.nowMs),
      subject: report.analyses[first.analysis]?.name ?? report.analyses[first.analysis]?.subject ?? "",
      weight: first.canaryWeight,
      kind: first.decision.verdict,
      verdict: wordsOf(first.decision),
      checks,
      sentence: sentenceOf(last),
    })),
    commands: (report.commands ?? []).map(({ at, command, text, until }) => ({
      time: sinceStart(report, Date.parse(at)),
      command,
      text: text === "" ? "no reason given" : text,
      until: until === undefined ? "" : sinceStart(report, Date.parse(until)),
    })),
    announcements: report.announcements.map(({ at, level, phase, canaryWeight, message }) => ({
      time: sinceStart(report, Date.parse(at)),
      phase,
      weight: canaryWeight,
      kind: level === "error" ? "failNow" : level,
      message,
    })),
    checks: report.ticks.flatMap((tick) => checksOf(report, tick)),
    settings: JSON.stringify(report.settings, undefined, 2),
  };
}

/** The verdict as people say it. */
function wordsOf(decision: Tick["decision"]): string {
  switch (decision.verdict) {
    case "failedCheck":
      return "failed check";
    case "failNow":
      return "roll back now";
    case "giveUp":
      return "gave up";
    case "pass":
    case "hold":
      return verdictOf(decision);
  }
}

type Outcome = Report["outcome"];

const outcomes: Readonly<Record<Outcome, readonly [words: string, tone: "good" | "bad" | "open"]>> = {
  running: ["running", "open"],
  passed: ["passed, not promoted yet", "open"],
  skipped: ["not judged", "open"],
  promoted: ["promoted", "good"],
  failed: ["rolled back", "bad"],
  promotionFailed: ["promotion failed", "bad"],
};

function headOf(report: Report) {
  const { ticksLeftOut, outcome } = report;
  const [words, tone] = outcomes[outcome];
  return {
    title: `${report.release}.${report.namespace}: ${words}`,
    release: `${report.release}.${report.namespace}`,
    outcome: words,
    tone,
    reason: report.reason,
    facts: factsOf(report),
    figures: figuresOf(report),
    note: ticksLeftOut === 0 ? "" : `The ${ticksLeftOut} oldest checks are left out: the report had grown too large.`,
  };
}

function factsOf(report: Report): readonly Fact[] {
  const { revision, startedAt, endedAt, startedBy } = report;
  const image = imageOf(report);
  return [
    ...(image === undefined ? [] : [{ title: "Image", value: image, code: true }]),
    { title: "Revision", value: revision, code: true },
    { title: "Started", value: timeText(startedAt) },
    { title: report.outcome === "running" ? "Last heard of" : "Ended", value: endText(startedAt, endedAt) },
    ...(startedBy === undefined ? [] : [{ title: "Update by", value: startedBy }]),
  ];
}

function figuresOf(report: Report): readonly Fact[] {
  const highest = Math.max(0, ...report.announcements.map((each) => each.canaryWeight));
  const seconds = Math.round((Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000);
  return [
    { title: "Took", value: clockText(Math.max(0, seconds)) },
    { title: "Highest weight", value: `${highest}%` },
    ...requestsOf(report),
    { title: "Checked", value: countText(report.ticks.length), more: "times" },
  ];
}

/** The canary's requests as the last check about it counted them. */
function requestsOf({ ticks, analyses }: Report): readonly Fact[] {
  const last = ticks.findLast(({ analysis }) => analyses[analysis]?.subject === "canary");
  const check = last?.decision.checks.toSorted((a, b) => b.requests - a.requests)[0];
  if (check === undefined) return [];
  const { requests, unit, value, metric } = check;
  const failed =
    metric === "request-success-rate" && unit === "%" && value !== undefined ? requests * (1 - value / 100) : undefined;
  const more = failed === undefined ? {} : { more: `${countText(failed)} failed` };
  return [{ title: "Canary's requests", value: countText(requests), ...more }];
}

function checksOf(report: Report, { nowMs, decision }: Tick) {
  const { observedSharePercent, subjectRequests, totalRequests } = decision.split;
  const share = observedSharePercent === undefined ? "" : ` (${observedSharePercent.toFixed(1)}%)`;
  return decision.checks.map((check) => ({
    time: sinceStart(report, nowMs),
    metric: check.metric,
    verdict: check.verdict,
    value: amount(check.value, check.unit),
    limit: amount(check.limit, check.unit),
    requests: check.requests,
    confidence: `${(100 * check.confidence).toFixed(2)}%`,
    split: `${subjectRequests} of ${totalRequests}${share}`,
    sentence: check.sentence,
  }));
}

function amount(value: number | undefined, unit: string): string {
  return value === undefined ? "" : `${Number(value.toFixed(2))}${unit}`;
}

function countText(count: number): string {
  return Math.round(count).toLocaleString("en");
}

/** Without the date where that is the start's. */
function endText(startIso: string, endIso: string): string {
  const [day = "", ...time] = timeText(endIso).split(" ");
  return startIso.startsWith(day) ? time.join(" ") : timeText(endIso);
}

/** `2026-01-01 00:01:00 UTC`. */
function timeText(iso: string): string {
  return iso.replace(/^(.*)T(\d\d:\d\d:\d\d)(\.\d+)?Z$/, "$1 $2 UTC");
}
