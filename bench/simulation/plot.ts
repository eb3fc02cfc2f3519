import * as echarts from "echarts";
import type { Figures, Row } from "./summary.js";

/** Two panels: how releases end, and how many requests of users fail meanwhile (logarithmic). As SVG. */
export function plotOf(rows: readonly Row[]): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 1900, height: 600 });
  const names = rows.map(({ scenario }) => scenario);
  const bars = (side: "ours" | "flagger", panel: number, value: (figures: Figures) => number) => ({
    type: "bar" as const,
    name: side === "ours" ? "ours" : "Flagger's rule",
    xAxisIndex: panel,
    yAxisIndex: panel,
    itemStyle: { color: side === "ours" ? "#2a7f62" : "#c0562f" },
    data: rows.map((row) => value(row[side])),
  });
  const rolledBack = (figures: Figures): number => Number((100 * figures.rolledBackShare).toFixed(2));
  const failed = (figures: Figures): number => Math.max(0.1, Number(figures.failedUserRequestsMean.toFixed(1)));
  chart.setOption({
    animation: false,
    legend: { bottom: 8 },
    title: [
      { text: "Releases rolled back, %", left: "25%", textAlign: "center" },
      { text: "Failed requests of users, mean (log)", left: "76%", textAlign: "center" },
    ],
    grid: [
      { left: 60, right: "53%", top: 50, bottom: 130 },
      { left: "55%", right: 20, top: 50, bottom: 130 },
    ],
    xAxis: [0, 1].map((gridIndex) => ({
      type: "category" as const,
      gridIndex,
      data: names,
      axisLabel: { rotate: 60, interval: 0, fontSize: 10 },
    })),
    yAxis: [
      { type: "value", gridIndex: 0, max: 100 },
      { type: "log", gridIndex: 1 },
    ],
    series: [
      bars("ours", 0, rolledBack),
      bars("flagger", 0, rolledBack),
      bars("ours", 1, failed),
      bars("flagger", 1, failed),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
