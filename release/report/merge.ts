import type { WrittenReport } from "./document.js";

/** Whether the later report, of a promotion, goes on where the earlier one, of its analysis, ended. */
export function continues(earlier: WrittenReport, later: WrittenReport): boolean {
  const open = earlier.outcome !== "failed" && earlier.outcome !== "promoted";
  return (
    open && earlier.revision === later.revision && JSON.stringify(earlier.settings) === JSON.stringify(later.settings)
  );
}

/** Both parts of a run as one report. */
export function joined(earlier: WrittenReport, later: WrittenReport): WrittenReport {
  const commands = [...(earlier.commands ?? []), ...(later.commands ?? [])];
  const seriesBefore = earlier.series.length;
  const moved = later.ticks.map((tick) => ({
    ...tick,
    analysis: tick.analysis + earlier.analyses.length,
    reading:
      tick.reading.kind === "error"
        ? tick.reading
        : { ...tick.reading, list: tick.reading.list + earlier.lists.length },
  }));
  const images = later.images ?? earlier.images;
  return {
    ...later,
    ...(images === undefined ? {} : { images }),
    startedAt: earlier.startedAt,
    ticksLeftOut: earlier.ticksLeftOut + later.ticksLeftOut,
    announcements: [...earlier.announcements, ...later.announcements],
    ...(commands.length === 0 ? {} : { commands }),
    analyses: [...earlier.analyses, ...later.analyses],
    series: [...earlier.series, ...later.series],
    lists: [...earlier.lists, ...later.lists.map((list) => list.map((index) => index + seriesBefore))],
    ticks: [...earlier.ticks, ...moved],
  };
}
