import type { CounterPoint, CounterSeries } from "../analysis/contract.js";
import type { Report, Tick } from "./document.js";
import { readingOf } from "./samples.js";

/** What one version answered within the window that ends at a tick; undefined where it was not asked. */
export interface Figures {
  readonly requests: number;
  readonly successPercent: number | undefined;
  /** 99th percentile from the histogram, interpolated within its bucket; for the eye, not for a decision. */
  readonly p99Ms: number | undefined;
}

export interface TimelinePoint {
  readonly atMs: number;
  readonly canaryWeight: number;
  readonly canary: Figures;
  readonly primary: Figures;
}

type Version = "canary" | "primary";

interface Totals {
  requests: number;
  failed: number;
  timed: number;
  within: Map<number, number>;
}

interface Mark {
  readonly atMs: number;
  readonly canary: Totals;
  readonly primary: Totals;
}

/** Length of the windows that the figures are about. */
export function windowSeconds(report: Report): number {
  const scrape = report.settings["scrapeInterval"];
  return Math.max(10, typeof scrape === "number" ? 3 * scrape : 0);
}

/** Both versions' figures at each tick. */
export function timelineOf(report: Report): readonly TimelinePoint[] {
  const counters = new Counters();
  const marks: Mark[] = [];
  const windowMs = windowSeconds(report) * 1000;
  return report.ticks.map((tick) => {
    counters.add(report, tick);
    marks.push({ atMs: tick.nowMs, canary: copyOf(counters.canary), primary: copyOf(counters.primary) });
    while (marks[1] !== undefined && marks[1].atMs <= tick.nowMs - windowMs) marks.shift();
    const before = marks.length > 1 ? marks[0] : undefined;
    return {
      atMs: tick.nowMs,
      canaryWeight: tick.canaryWeight,
      canary: figuresOf(before?.canary, counters.canary),
      primary: figuresOf(before?.primary, counters.primary),
    };
  });
}

/** Adds up what the gateway counted for each version, as far as its address is known. */
class Counters {
  readonly canary = nothing();
  readonly primary = nothing();
  private readonly positions = new Map<string, CounterPoint>();
  private any = false;

  add(report: Report, tick: Tick): void {
    const reading = readingOf(report, tick);
    if (reading.kind === "error") return;
    for (const series of reading.series) {
      const version = versionOf(report, tick, series.node);
      const amount = this.increase(series, report.analyses[tick.analysis]?.startedAtMs ?? tick.nowMs);
      if (version !== undefined && amount > 0) count(this[version], series, amount);
    }
    this.any = true;
  }

  /** Since the last look. Of a series seen in the very first reading only what came after the start. */
  private increase({ instance, id, points }: CounterSeries, startedAtMs: number): number {
    const key = `${instance} ${id}`;
    const known = this.positions.get(key);
    const first = this.any ? undefined : (points.findLast(({ timeMs }) => timeMs <= startedAtMs) ?? points.at(-1));
    let last = known ?? first;
    let sum = 0;
    for (const point of points) {
      if (last !== undefined && point.timeMs <= last.timeMs) continue;
      sum += last === undefined || point.value < last.value ? point.value : point.value - last.value;
      last = point;
    }
    if (last !== undefined) this.positions.set(key, last);
    return sum;
  }
}

function versionOf(report: Report, { analysis, surroundings }: Tick, node: string): Version | undefined {
  const subject = report.analyses[analysis]?.subject ?? "canary";
  if (surroundings.subjectNodes.includes(node)) return subject;
  if (!surroundings.baselineNodes.includes(node)) return undefined;
  return subject === "canary" ? "primary" : "canary";
}

function count(totals: Totals, { kind, code, upperBoundMs }: CounterSeries, amount: number): void {
  if (kind === "status") {
    totals.requests += amount;
    if (code.startsWith("5")) totals.failed += amount;
  } else if (kind === "latencyBucket" && upperBoundMs !== undefined) {
    if (!Number.isFinite(upperBoundMs)) totals.timed += amount;
    totals.within.set(upperBoundMs, (totals.within.get(upperBoundMs) ?? 0) + amount);
  }
}

function figuresOf(before: Totals | undefined, now: Totals): Figures {
  const requests = now.requests - (before?.requests ?? 0);
  const failed = now.failed - (before?.failed ?? 0);
  return {
    requests,
    successPercent: requests > 0 ? 100 * (1 - failed / requests) : undefined,
    p99Ms: percentile(before, now, 0.99),
  };
}

/** Linear within the bucket; in the last, endless one the bound below it. */
function percentile(before: Totals | undefined, now: Totals, share: number): number | undefined {
  const timed = now.timed - (before?.timed ?? 0);
  if (timed <= 0) return undefined;
  const wanted = timed * share;
  let below = { boundMs: 0, count: 0 };
  for (const [boundMs, total] of [...now.within].toSorted(([a], [b]) => a - b)) {
    const within = total - (before?.within.get(boundMs) ?? 0);
    if (within >= wanted && Number.isFinite(boundMs)) {
      const part = within === below.count ? 1 : (wanted - below.count) / (within - below.count);
      return below.boundMs + (boundMs - below.boundMs) * part;
    }
    if (Number.isFinite(boundMs)) below = { boundMs, count: within };
  }
  return below.boundMs > 0 ? below.boundMs : undefined;
}

function nothing(): Totals {
  return { requests: 0, failed: 0, timed: 0, within: new Map() };
}

function copyOf(totals: Totals): Totals {
  return { ...totals, within: new Map(totals.within) };
}
