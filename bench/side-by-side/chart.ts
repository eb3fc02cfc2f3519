import * as echarts from "echarts";
import type { Comparison } from "./compare.js";
import { figureOf } from "./median.js";
import type { Figure } from "./median.js";

const width = 1100;
const height = 520;

/** Two bar charts side by side, logarithmic: seconds to weight 0, and requests that failed for users. */
export function chartOf(comparisons: readonly Comparison[]): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  const names = comparisons.map(({ scenario }) => scenario.name);
  const values = (side: "ours" | "flagger", figure: Figure): readonly (number | "-")[] =>
    // A logarithmic axis has no zero: nothing failed is drawn as the smallest bar. Who did not take part has none.
    comparisons.map(({ [side]: runs }) =>
      runs.length === 0 ? "-" : Math.max(0.5, figureOf(runs, figure)?.median ?? 0.5),
    );
  const series = (figure: Figure, axis: number) =>
    (["ours", "flagger"] as const).map((side) => ({
      type: "bar" as const,
      name: side === "ours" ? "ours" : "Flagger",
      xAxisIndex: axis,
      yAxisIndex: axis,
      data: [...values(side, figure)],
      itemStyle: { color: side === "ours" ? "#2a7f62" : "#c0562f" },
    }));
  chart.setOption({
    animation: false,
    legend: { top: 0 },
    title: [
      { text: "seconds from first canary traffic to weight 0", left: "3%", top: 26, textStyle: { fontSize: 13 } },
      { text: "failed user requests", left: "54%", top: 26, textStyle: { fontSize: 13 } },
    ],
    grid: [
      { left: "5%", right: "53%", top: 60, bottom: 90 },
      { left: "55%", right: "3%", top: 60, bottom: 90 },
    ],
    xAxis: [0, 1].map((gridIndex) => ({
      type: "category" as const,
      gridIndex,
      data: names,
      axisLabel: { rotate: 40 },
    })),
    yAxis: [0, 1].map((gridIndex) => ({ type: "log" as const, gridIndex })),
    series: [...series("secondsToZero", 0), ...series("failedUserRequests", 1)],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
