// Stand-in for Apache APISIX 3.17: the text format of the metrics page.

/** A counter with its labels already in text form. */
export interface CounterSeries {
  readonly labels: string;
  value: number;
  touchedAt: number;
}

/** A histogram; `counts` are per bucket, not cumulated, the last one is above all bounds. */
export interface HistogramSeries {
  readonly labels: string;
  readonly counts: number[];
  sum: number;
  count: number;
  touchedAt: number;
}

/** `name="value",…` with the escapes of the format, without braces. */
export function labelText(labels: readonly (readonly [string, string])[]): string {
  return labels.map(([name, value]) => `${name}="${escape(value)}"`).join(",");
}

/** All series of a counter; nothing when it has none. */
export function counterText(name: string, help: string, series: ReadonlyMap<string, CounterSeries>): string {
  if (series.size === 0) {
    return "";
  }
  const lines = [...series.values()].map((entry) => `${name}{${entry.labels}} ${String(entry.value)}\n`).sort();
  return `${head(name, help, "counter")}${lines.join("")}`;
}

/** One gauge; `labels` with braces or empty. */
export function gaugeText(name: string, help: string, labels: string, value: number): string {
  return `${head(name, help, "gauge")}${name}${labels} ${String(value)}\n`;
}

/**
 * All series of a histogram. Buckets below the smallest observed value do not exist, as in the real one:
 * a reader must not take a missing bucket for missing requests.
 */
export function histogramText(
  name: string,
  help: string,
  series: ReadonlyMap<string, HistogramSeries>,
  bounds: readonly number[],
): string {
  if (series.size === 0) {
    return "";
  }
  const entries = [...series.values()].sort((a, b) => (a.labels < b.labels ? -1 : 1));
  return `${head(name, help, "histogram")}${entries.map((entry) => oneHistogram(name, entry, bounds)).join("")}`;
}

function oneHistogram(name: string, series: HistogramSeries, bounds: readonly number[]): string {
  let text = "";
  let cumulated = 0;
  bounds.forEach((bound, index) => {
    cumulated += series.counts[index] ?? 0;
    if (cumulated > 0) {
      text += `${name}_bucket{${series.labels},le="${String(bound)}"} ${String(cumulated)}\n`;
    }
  });
  text += `${name}_bucket{${series.labels},le="+Inf"} ${String(series.count)}\n`;
  text += `${name}_count{${series.labels}} ${String(series.count)}\n`;
  return `${text}${name}_sum{${series.labels}} ${String(series.sum)}\n`;
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function escape(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n") : value;
}
