import * as echarts from "echarts";
import { Eta } from "eta";
import type { Report, Tick } from "../document.js";
import { clockText, sentenceOf, sinceStart, groupChecks, verdictOf } from "../summary.js";
import { chartsOf } from "./charts.js";
import { page } from "./page.js";

/** The report as one self-contained page: no script, nothing to load. Everything that others wrote is escaped. */
export function htmlOf(report: Report): string {
  const eta = new Eta({ autoEscape: true });
  return eta.renderString(page, {
    ...headOf(report),
    charts: report.ticks.length === 0 ? [] : chartsOf(report, newChart),
    groups: groupChecks(report.ticks).map(({ first, last, checks }) => ({
      time: sinceStart(report, first.nowMs),
      subject: report.analyses[first.analysis]?.subject ?? "",
      weight: first.canaryWeight,
      kind: first.decision.verdict,
      verdict: verdictOf(first.decision),
      checks,
      sentence: sentenceOf(last),
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
  });
}

function headOf(report: Report): object {
  const { startedAt, endedAt, ticksLeftOut } = report;
  return {
    title: `${report.release}.${report.namespace}: ${report.outcome}`,
    release: `${report.release}.${report.namespace}`,
    revision: report.revision,
    outcome: report.outcome,
    good: report.outcome !== "failed" && report.outcome !== "promotionFailed",
    reason: report.reason,
    startedAt,
    endedAt,
    duration: clockText(Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)),
    note: ticksLeftOut === 0 ? "" : `The ${ticksLeftOut} oldest checks are left out: the report had grown too large.`,
  };
}

function checksOf(report: Report, { nowMs, decision }: Tick): readonly object[] {
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

function newChart({ width, height }: { readonly width: number; readonly height: number }): echarts.ECharts {
  return echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
}
