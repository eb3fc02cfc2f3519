import type { CounterPoint, CounterSeries, Reading } from "../contract.js";
import { boundKey } from "../checks/latency.js";
import type { HistogramScrape } from "./histogram.js";

/** What the series of one scrape target say together. */

export function lossText(instance: string, amount: number, when: string): string {
  return `can't be judged: apisix_nginx_metric_errors_total of ${instance} rose by ${amount} ${when}: the gateway loses counts, its metrics dictionary is full (enlarge lua_shared_dict prometheus-metrics)`;
}

/** A gateway that loses counts just now, before a run; undefined where none does. */
export function lossIn(reading: Extract<Reading, { kind: "reading" }>): string | undefined {
  for (const { kind, instance, points } of reading.series) {
    if (kind !== "metricErrors") continue;
    const grown = points.reduce(
      (sum, { value }, index) => sum + Math.max(0, value - (points[index - 1]?.value ?? value)),
      0,
    );
    if (grown > 0) return lossText(instance, grown, "just now");
  }
  return undefined;
}

export function scrapeAt({ timeMs, value }: CounterPoint, own: readonly CounterSeries[]): HistogramScrape {
  const within: Record<string, number> = {};
  for (const { upperBoundMs, points } of own) {
    if (upperBoundMs === undefined || !Number.isFinite(upperBoundMs)) continue;
    const bucket = points.find((point) => point.timeMs === timeMs)?.value;
    if (bucket !== undefined) within[boundKey(upperBoundMs)] = Math.min(bucket, value);
  }
  return { timeMs, total: value, within };
}

/** What a counter grew by from the scrape before, as far as that is in the reading. */
export function grownAt(points: readonly CounterPoint[], timeMs: number): number {
  const index = points.findIndex((point) => point.timeMs === timeMs);
  const value = points[index]?.value ?? 0;
  const before = points[index - 1]?.value ?? value;
  return value < before ? value : value - before;
}

/** The last bucket; in JSON its infinite bound is null. */
export function isTotal({ upperBoundMs }: CounterSeries): boolean {
  return !Number.isFinite(upperBoundMs);
}

export function histogramOf({ histogram, node, methodClass }: CounterSeries): string {
  return histogram ?? `${node} ${methodClass ?? ""}`;
}

export function sourceOf(series: readonly CounterSeries[]): string {
  return series.find(({ source }) => source !== undefined)?.source ?? "";
}
