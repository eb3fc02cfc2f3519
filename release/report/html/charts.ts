import type { ECharts, EChartsOption, LineSeriesOption } from "echarts";
import type { Report } from "../document.js";
import { clockText } from "../stages.js";
import { timelineOf, windowSeconds } from "../timeline.js";
import type { TimelinePoint } from "../timeline.js";

/** Makes a chart that draws to a text of SVG, without a browser. */
export type NewChart = (size: { readonly width: number; readonly height: number }) => ECharts;

export interface Chart {
  readonly title: string;
  readonly svg: string;
}

export const colors = {
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
  const pair = (at: TimelinePoint, value: number | undefined): [number, number | null] => [
    (at.atMs - startMs) / 1000,
    value === undefined ? null : Math.round(value * 1000) / 1000,
  ];
  const line = (
    name: "canary" | "primary",
    valueOf: (point: TimelinePoint) => number | undefined,
  ): LineSeriesOption => ({
    name,
    type: "line",
    symbol: "none",
    lineStyle: { width: 2 },
    color: colors[name],
    data: points.map((point) => pair(point, valueOf(point))),
  });
  const draw = (title: string, unit: string, series: readonly LineSeriesOption[], axis: object): Chart => ({
    title,
    svg: svgOf(newChart, {
      ...frame(
        unit,
        axis,
        series.map(({ name }) => String(name)),
      ),
      series: [...series],
    }),
  });
  const seconds = windowSeconds(report);
  return [
    draw("Weight of the canary, and what each check said", "%", weightSeries(report, points, pair), {
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
      { max: 100, scale: true },
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

function weightSeries(
  report: Report,
  points: readonly TimelinePoint[],
  pair: (point: TimelinePoint, value: number) => [number, number | null],
): readonly LineSeriesOption[] {
  const color = (index: number): string => {
    const verdict = report.ticks[index]?.decision.verdict ?? "hold";
    return verdict === "failNow" || verdict === "giveUp" ? colors.end : colors[verdict];
  };
  return [
    {
      name: "weight",
      type: "line",
      step: "end",
      symbolSize: 7,
      symbol: "circle",
      showAllSymbol: true,
      color: colors.canary,
      data: points.map((point, index) => ({
        value: pair(point, point.canaryWeight),
        itemStyle: { color: color(index) },
      })),
    },
  ];
}

function withLimit(series: LineSeriesOption, limit: number | undefined): LineSeriesOption {
  if (limit === undefined) return series;
  return {
    ...series,
    markLine: {
      silent: true,
      symbol: "none",
      lineStyle: { color: colors.end, type: "dashed" },
      label: { formatter: "limit {c}", color: colors.end, position: "insideEndTop" },
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

function frame(unit: string, axis: object, legend: readonly string[]): EChartsOption {
  const text = { color: colors.quiet };
  return {
    animation: false,
    grid: { left: 64, right: 24, top: 36, bottom: 32 },
    legend: { top: 0, right: 24, data: [...legend], textStyle: text, show: legend.length > 1 },
    xAxis: {
      type: "value",
      min: 0,
      max: "dataMax",
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

function svgOf(newChart: NewChart, option: EChartsOption): string {
  const chart = newChart(size);
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
