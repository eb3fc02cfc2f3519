import { z } from "zod";
import type { WrittenReport, WrittenSeries } from "./document.js";
import { numbers, writeNumbers } from "./numbers.js";

/** The report without its `count` oldest ticks, nor the samples that they alone had seen. */
export function withoutOldest(report: WrittenReport, count: number): WrittenReport {
  const ticks = report.ticks.slice(count);
  const firstUsed = firstSamples(report, ticks);
  return {
    ...report,
    ticksLeftOut: report.ticksLeftOut + report.ticks.length - ticks.length,
    series: report.series.map((series, index) => cut(series, firstUsed.get(index))),
    ticks: ticks.map((tick) => ({ ...tick, reading: movedReading(report, tick.reading, firstUsed) })),
  };
}

type WrittenReading = WrittenReport["ticks"][number]["reading"];

function firstSamples(report: WrittenReport, ticks: WrittenReport["ticks"]): ReadonlyMap<number, number> {
  const first = new Map<number, number>();
  for (const { reading } of ticks) {
    if (reading.kind === "error") continue;
    for (const [place, index] of (report.lists[reading.list] ?? []).entries())
      first.set(index, Math.min(first.get(index) ?? Infinity, reading.windows[2 * place] ?? Infinity));
  }
  return first;
}

/** A series that nobody needs any more keeps its place, since others are counted by it. */
function cut(series: WrittenSeries, from: number | undefined): WrittenSeries {
  const start = from ?? Infinity;
  const list = z.object({ timesMs: numbers, values: numbers }).parse(series);
  return {
    ...series,
    timesMs: writeNumbers(list.timesMs.slice(start)),
    values: writeNumbers(list.values.slice(start)),
  };
}

function movedReading(
  report: WrittenReport,
  reading: WrittenReading,
  firstUsed: ReadonlyMap<number, number>,
): WrittenReading {
  if (reading.kind === "error") return reading;
  const list = report.lists[reading.list] ?? [];
  const windows = reading.windows.map((value, place) =>
    place % 2 === 0 ? value - (firstUsed.get(list[place / 2] ?? -1) ?? 0) : value,
  );
  return { ...reading, windows };
}
