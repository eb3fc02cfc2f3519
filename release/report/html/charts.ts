import type { ECharts, EChartsOption, LineSeriesOption } from "echarts";
import type { Report } from "../document.js";
import { clockText } from "../summary.js";
import { timelineOf, windowSeconds } from "../timeline.js";
import type { TimelinePoint } from "../timeline.js";

/** Makes a chart that draws to a text of SVG, without a browser. */
export type NewChart = (size: { readonly width: number; readonly height: number }) => ECharts;

export interface Chart {
  readonly title: string;
  readonly svg: string;
}

const colors = {
  canary: "#b45309",
  primary: "#2563eb",
  pass: "#15803d",
  hold: "#ca8a04",
  failedCheck: "#ea580c",
  end: "#dc2626",
  quiet: "#64748b",
  grid: "#e2e8f0",
} as const;

const size = { width: 960, height: 260 };

/** Weight, success rate and latency over the run. */
export function chartsOf(report: Report, newChart: NewChart): readonly Chart[] {
  const points = timelineOf(report);
  const startMs = Date.parse(report.startedAt);
  const at = (atMs: number): number => Math.max(0, atMs - startMs) / 1000;
  const endSeconds = Math.ceil(at(Date.parse(report.endedAt)));
  const line = (
    name: "canary" | "primary",
    valueOf: (point: TimelinePoint) => number | undefined,
  ): LineSeriesOption => ({
    name,
    type: "line",
    symbol: "none",
    lineStyle: { width: 2 },
    color: colors[name],
    z: name === "canary" ? 3 : 2,
    data: points.map((point) => [at(point.atMs), rounded(valueOf(point))]),
  });
  const draw = (title: string, unit: string, series: readonly LineSeriesOption[], axis: object): Chart => ({
    title,
    svg: svgOf(newChart, { ...frame(unit, axis, endSeconds), ...legendOf(series), series: [...series] }),
  });
  const seconds = windowSeconds(report);
  return [
    draw("Weight of the canary, and what each check said", "%", weightSeries(report, at), {
      min: 0,
      max: 100,
    }),
    draw(
      `Success rate, last ${seconds}s`,
      "%",
      [
        withLimit(
          line("canary", ({ canary }) => canary.successPercent),
          limitOf(report, "request-success-rate", "min"),
        ),
        line("primary", ({ primary }) => primary.successPercent),
      ],
      { max: 100, min: justBelow(limitOf(report, "request-success-rate", "min")) },
    ),
    draw(
      `Latency, 99th percentile, last ${seconds}s`,
      "ms",
      [
        withLimit(
          line("canary", ({ canary }) => canary.p99Ms),
          limitOf(report, "request-duration", "max"),
        ),
        line("primary", ({ primary }) => primary.p99Ms),
      ],
      { min: 0 },
    ),
  ];
}

/** The weight over time, and each check as a dot in the colour of its verdict. */
function weightSeries(report: Report, at: (atMs: number) => number): readonly LineSeriesOption[] {
  return [
    {
      name: "weight",
      type: "line",
      step: "end",
      symbol: "none",
      color: colors.canary,
      data: weightsOf(report).map(({ atMs, weight }) => [at(atMs), weight]),
    },
    {
      name: "checks",
      type: "line",
      lineStyle: { width: 0 },
      symbol: "circle",
      symbolSize: 7,
      showAllSymbol: true,
      data: report.ticks.map(({ nowMs, canaryWeight, decision }) => ({
        value: [at(nowMs), canaryWeight],
        itemStyle: { color: colorOf(decision.verdict) },
      })),
    },
  ];
}

/** Each moment at which the weight is known: its changes, what was said, and the end. */
function weightsOf(report: Report): readonly { readonly atMs: number; readonly weight: number }[] {
  const known = [
    ...report.announcements.map(({ at, canaryWeight }) => ({ atMs: Date.parse(at), weight: canaryWeight })),
    ...report.ticks.flatMap(({ nowMs, canaryWeight, surroundings }) => [
      { atMs: surroundings.weightSinceMs, weight: canaryWeight },
      { atMs: nowMs, weight: canaryWeight },
    ]),
  ].toSorted((a, b) => a.atMs - b.atMs);
  return [...known, { atMs: Date.parse(report.endedAt), weight: known.at(-1)?.weight ?? 0 }];
}

function colorOf(verdict: Report["ticks"][number]["decision"]["verdict"]): string {
  return verdict === "failNow" || verdict === "giveUp" ? colors.end : colors[verdict];
}

function withLimit(series: LineSeriesOption, limit: number | undefined): LineSeriesOption {
  if (limit === undefined) return series;
  return {
    ...series,
    markLine: {
      silent: true,
      symbol: "none",
      lineStyle: { color: colors.end, type: "dashed" },
      label: { formatter: "limit {c}", color: colors.end, position: "insideEndTop", distance: 1 },
      data: [{ yAxis: limit }],
    },
  };
}

function limitOf(report: Report, metric: string, side: "min" | "max"): number | undefined {
  const analysis = report.settings["analysis"];
  if (typeof analysis !== "object" || analysis === null) return undefined;
  const metrics: unknown = Reflect.get(analysis, "metrics");
  const found: unknown = Array.isArray(metrics) ? metrics.find((each) => nameOf(each) === metric) : undefined;
  const range: unknown = typeof found === "object" && found !== null ? Reflect.get(found, "thresholdRange") : undefined;
  const limit: unknown = typeof range === "object" && range !== null ? Reflect.get(range, side) : undefined;
  return typeof limit === "number" ? limit : undefined;
}

function nameOf(metric: unknown): unknown {
  return typeof metric === "object" && metric !== null ? Reflect.get(metric, "name") : undefined;
}

/** Start of an axis of percents, below all figures and below the limit, so that small differences can be seen. */
function justBelow(limit: number | undefined): (extent: { readonly min: number }) => number {
  return ({ min }) => Math.max(0, Math.floor(Math.min(min, limit ?? 100) - 0.5));
}

/** A gap where there is no figure. */
function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 1000) / 1000;
}

function frame(unit: string, axis: object, endSeconds: number): EChartsOption {
  const text = { color: colors.quiet };
  return {
    animation: false,
    grid: { left: 64, right: 24, top: 36, bottom: 32 },
    xAxis: {
      type: "value",
      min: 0,
      max: endSeconds,
      axisLabel: { ...text, formatter: (value: number) => clockText(value), hideOverlap: true },
      axisLine: { lineStyle: { color: colors.quiet } },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      ...axis,
      axisLabel: { ...text, formatter: `{value} ${unit}` },
      splitLine: { lineStyle: { color: colors.grid } },
    },
  };
}

/** Only where both versions are shown. */
function legendOf(series: readonly LineSeriesOption[]): EChartsOption {
  const data = ["canary", "primary"].filter((name) => series.some((each) => each.name === name));
  if (data.length === 0) return {};
  return { legend: { top: 0, left: 64, data, icon: "roundRect", itemHeight: 4, textStyle: { color: colors.quiet } } };
}

function svgOf(newChart: NewChart, option: EChartsOption): string {
  const chart = newChart(size);
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
