import type { CounterSeries } from "./contract.js";
import type { AnalysisState, CounterPosition } from "./state.js";

/** So much was added to a counter between two samples. */
export interface Increment {
  readonly series: CounterSeries;
  readonly amount: number;
  readonly timeMs: number;
}

export interface Counted {
  readonly counters: AnalysisState["counters"];
  readonly instances: readonly string[];
  readonly newestSampleMs: number | undefined;
  readonly increments: readonly Increment[];
}

/**
 * New increments since the last reading. A lower value than before is a reset: the counter grew from 0 again. A series
 * that was not there before grew from 0. In the first reading of all that is known only where the same scrape target was
 * scraped at the run's start without it; else its past may be before this run, and is left out.
 */
export function countIncrements(state: AnalysisState, series: readonly CounterSeries[]): Counted {
  const counters: Record<string, CounterPosition> = { ...state.counters };
  const increments: Increment[] = [];
  const returned = returnedInstances(state, series);
  const scrapedAt = state.readings === 0 ? lastScrapes(series, state.context.startedAtMs) : noScrapes;
  let newest = state.newestSampleMs;
  for (const each of series) {
    const last = each.points.at(-1);
    if (last === undefined) continue;
    newest = newest === undefined ? last.timeMs : Math.max(newest, last.timeMs);
    const key = `${each.instance} ${each.id}`;
    const known = counters[key];
    const start = known ?? startOf(state, each, returned.has(each.instance), scrapedAt.get(each.instance));
    const end = follow(each, start, increments);
    if (end !== undefined && end !== known) counters[key] = end;
  }
  const instances = [...new Set([...state.instances, ...series.map((each) => each.instance)])];
  return { counters, instances, newestSampleMs: newest, increments };
}

/** Where counting begins for a series that was not known; undefined means at 0. */
function startOf(
  state: AnalysisState,
  series: CounterSeries,
  returned: boolean,
  scrapedAtMs: number | undefined,
): CounterPosition | undefined {
  if (state.readings > 0 && !returned) return undefined;
  const before = series.points.findLast((point) => point.timeMs <= state.context.startedAtMs);
  if (before !== undefined) return before;
  const first = series.points[0];
  // The target was scraped at the run's start, and this series was not there: it has grown from 0 since.
  if (scrapedAtMs !== undefined && first !== undefined && first.timeMs > scrapedAtMs) return undefined;
  return series.points.at(-1);
}

const noScrapes: ReadonlyMap<string, number> = new Map();

/** When each target was scraped last before the run's start, as far as its samples show. */
function lastScrapes(series: readonly CounterSeries[], startedAtMs: number): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const { instance, points } of series) {
    const timeMs = points.findLast((point) => point.timeMs <= startedAtMs)?.timeMs;
    if (timeMs !== undefined) last.set(instance, Math.max(timeMs, last.get(instance) ?? 0));
  }
  return last;
}

function follow(
  series: CounterSeries,
  start: CounterPosition | undefined,
  increments: Increment[],
): CounterPosition | undefined {
  let position = start;
  for (const point of series.points) {
    if (position !== undefined && point.timeMs <= position.timeMs) continue;
    const from = position === undefined || point.value < position.value ? 0 : position.value;
    const amount = point.value - from;
    if (amount > 0) increments.push({ series, amount, timeMs: point.timeMs });
    position = { timeMs: point.timeMs, value: point.value };
  }
  return position;
}

/**
 * Scrape targets that appear during the run with more requests than all others have had since its start did not start
 * now: they were not scraped before. Their past is not this run's.
 */
function returnedInstances(state: AnalysisState, series: readonly CounterSeries[]): ReadonlySet<string> {
  if (state.readings === 0 || series.every((each) => state.instances.includes(each.instance))) return new Set();
  const { subject, baseline } = state.totals;
  const plausible = 100 + 2 * (subject.requests + baseline.requests);
  const first = new Map<string, number>();
  for (const each of series) {
    if (state.instances.includes(each.instance) || each.kind !== "status") continue;
    first.set(each.instance, (first.get(each.instance) ?? 0) + (each.points[0]?.value ?? 0));
  }
  if (state.instances.length === 0) return new Set();
  return new Set([...first].filter(([, value]) => value > plausible).map(([instance]) => instance));
}
