import type { CounterPoint, CounterSeries, Reading } from "../analysis/contract.js";
import type { Report, Tick, WrittenReport, WrittenSeries, WrittenTick } from "./document.js";
import { writeNumber, writeNumbers } from "./numbers.js";

interface Pool {
  readonly labels: Omit<WrittenSeries, "timesMs" | "values">;
  readonly timesMs: number[];
  readonly values: number[];
}

type WrittenReading = WrittenTick["reading"];

/**
 * Keeps every sample once. Each reading carries the samples of the last few scrapes, so that neighbours overlap; here it is
 * a window on a list of all samples. What doesn't fit on the end of the list is added as it is: reading is always exact.
 */
export class SampleLog {
  private readonly pools: Pool[] = [];
  private readonly indexes = new Map<string, number>();
  private readonly lists: (readonly number[])[] = [];
  private readonly listIndexes = new Map<string, number>();

  add(reading: Reading): WrittenReading {
    if (reading.kind === "error") return reading;
    const indexes = reading.series.map((series) => this.indexOf(series));
    const windows = reading.series.flatMap(({ points }, place) => {
      const pool = this.pools[indexes[place] ?? -1];
      return pool === undefined ? [] : [placeOf(pool, points), points.length];
    });
    const custom = reading.custom.map(({ metric, outcome }) => ({
      metric,
      outcome: outcome.kind === "value" ? { kind: outcome.kind, value: writeNumber(outcome.value) } : outcome,
    }));
    return { kind: "reading", list: this.listOf(indexes), windows, custom };
  }

  /** What the windows are windows on. */
  written(): Pick<WrittenReport, "series" | "lists"> {
    return {
      series: this.pools.map(({ labels, timesMs, values }) => ({
        ...labels,
        timesMs: writeNumbers(timesMs),
        values: writeNumbers(values),
      })),
      lists: this.lists.map((list) => [...list]),
    };
  }

  private indexOf(series: CounterSeries): number {
    const labels = labelsOf(series);
    const key = JSON.stringify(labels);
    const known = this.indexes.get(key);
    if (known !== undefined) return known;
    this.indexes.set(key, this.pools.length);
    return this.pools.push({ labels, timesMs: [], values: [] }) - 1;
  }

  private listOf(indexes: readonly number[]): number {
    const key = indexes.join();
    const known = this.listIndexes.get(key);
    if (known !== undefined) return known;
    this.listIndexes.set(key, this.lists.length);
    return this.lists.push(indexes) - 1;
  }
}

/** Where the points are in the pool; adds those that are new. */
function placeOf(pool: Pool, points: readonly CounterPoint[]): number {
  const [first] = points;
  const end = pool.timesMs.length;
  if (first === undefined) return end;
  let from = pool.timesMs.lastIndexOf(first.timeMs);
  if (from === -1 || !continues(pool, from, points)) from = end;
  for (const { timeMs, value } of points.slice(end - from)) {
    pool.timesMs.push(timeMs);
    pool.values.push(value);
  }
  return from;
}

function continues({ timesMs, values }: Pool, from: number, points: readonly CounterPoint[]): boolean {
  return points.every(({ timeMs, value }, index) => {
    const place = from + index;
    return place >= timesMs.length || (timesMs[place] === timeMs && Object.is(values[place], value));
  });
}

function labelsOf(series: CounterSeries): Pool["labels"] {
  const { id, instance, kind, node, code, upstreamStatus, upstreamAddress, upperBoundMs } = series;
  const { source, methodClass, responseSource, histogram, rule, counted } = series;
  return {
    id,
    instance,
    kind,
    node,
    code,
    ...(upstreamStatus === undefined ? {} : { upstreamStatus }),
    ...(upstreamAddress === undefined ? {} : { upstreamAddress }),
    ...(upperBoundMs === undefined ? {} : { upperBoundMs: writeNumber(upperBoundMs) }),
    ...(source === undefined ? {} : { source }),
    ...(methodClass === undefined ? {} : { methodClass }),
    ...(responseSource === undefined ? {} : { responseSource }),
    ...(histogram === undefined ? {} : { histogram }),
    ...(rule === undefined ? {} : { rule }),
    ...(counted === undefined ? {} : { counted: { ...counted } }),
  };
}

/** The reading of a tick as it was. */
export function readingOf(
  { series, lists }: Pick<Report, "series" | "lists">,
  { reading }: Pick<Tick, "reading">,
): Reading {
  if (reading.kind === "error") return reading;
  const list = lists[reading.list] ?? [];
  const found = list.flatMap((index, place) => {
    const each = series[index];
    const [from, length] = reading.windows.slice(2 * place, 2 * place + 2);
    return each === undefined || from === undefined || length === undefined ? [] : [windowOf(each, from, length)];
  });
  return { kind: "reading", series: found, custom: reading.custom };
}

function windowOf(series: Report["series"][number], from: number, length: number): CounterSeries {
  const { timesMs, values, upstreamStatus, upstreamAddress, upperBoundMs, ...labels } = series;
  const points = timesMs
    .slice(from, from + length)
    .map((timeMs, index) => ({ timeMs, value: values[from + index] ?? NaN }));
  return { ...labels, upstreamStatus, upstreamAddress, upperBoundMs, points };
}
