import type { CounterPoint, CounterSeries } from "../contract.js";
import { follow, startAt } from "./histogram.js";
import type { HistogramPosition } from "./histogram.js";
import { grownAt, histogramOf, isTotal, lossText, scrapeAt, sourceOf } from "./series-of-target.js";
import { seriesKey } from "./series-key.js";
import type { Tally, Totals } from "./tally.js";
import { freshTrust, trustAfter, unsuspicious } from "./trust.js";
import type { ScrapeOfTarget, Trust, Trusted } from "./trust.js";

/** What has been counted of one scrape target (a gateway's pod; for metrics of the workload, one of its pods). */
export interface GatewayPosition {
  /** Which of several readings of this target is followed. */
  readonly source: string;
  readonly timeMs: number;
  /** Counters at that time, by the key of their labels. */
  readonly values: Readonly<Record<string, number>>;
  readonly histograms: Readonly<Record<string, HistogramPosition>>;
  /** Bucket bounds that it has shown, ms, ascending. */
  readonly boundsMs: readonly number[];
  readonly trust: Trust;
}

/** So much was added to a counter between two samples. */
export interface Increment {
  readonly series: CounterSeries;
  readonly amount: number;
  readonly timeMs: number;
}

/** What a histogram of these labels grew by. */
export interface LatencyGrowth {
  readonly series: CounterSeries;
  readonly tally: Tally;
  readonly timeMs: number;
}

/** By scrape target. */
export type GatewayPositions = Readonly<Record<string, GatewayPosition>>;

/** What was counted so far. */
export interface CountedSoFar {
  readonly context: { readonly startedAtMs: number };
  readonly gateways: GatewayPositions;
  readonly newestSampleMs: number | undefined;
  readonly readings: number;
  readonly spoiled: string | undefined;
  readonly totals: Totals;
}

export interface Counted {
  readonly gateways: GatewayPositions;
  readonly newestSampleMs: number | undefined;
  readonly increments: readonly Increment[];
  readonly latencies: readonly LatencyGrowth[];
  /** Why nothing of this run can be judged any more. */
  readonly spoiled: string | undefined;
}

/**
 * New increments since the last reading, target by target. A lower value than before is a reset: the counter grew from 0
 * again. A series that was not there before grew from 0, where its target was scraped without it. What a target had
 * counted before the run is never evidence: of one that is first seen in mid-run failures and latencies count from its
 * first sample on, since they may be older than the run.
 */
export function countGateways(
  state: CountedSoFar,
  series: readonly CounterSeries[],
  limitsMs: readonly number[],
): Counted {
  const gateways: Record<string, GatewayPosition> = { ...state.gateways };
  const increments: Increment[] = [];
  const latencies: LatencyGrowth[] = [];
  let newest = state.newestSampleMs;
  let spoiled = state.spoiled;
  for (const [instance, own] of Map.groupBy(series, (each) => each.instance)) {
    const reader = new TargetReader(state, instance, own, limitsMs);
    const read = reader.read();
    if (read === undefined) continue;
    gateways[instance] = read.position;
    increments.push(...read.increments);
    latencies.push(...read.latencies);
    newest = Math.max(newest ?? 0, read.position.timeMs);
    spoiled ??= read.spoiled;
  }
  return { gateways, newestSampleMs: newest, increments, latencies, spoiled };
}

interface TargetReading {
  readonly position: GatewayPosition;
  readonly increments: readonly Increment[];
  readonly latencies: readonly LatencyGrowth[];
  readonly spoiled: string | undefined;
}

const scrapesToForget = 4;

const unseen: GatewayPosition = {
  source: "",
  timeMs: 0,
  values: {},
  histograms: {},
  boundsMs: [],
  trust: freshTrust,
};

/** One target's series of one reading. */
class TargetReader {
  private readonly known: GatewayPosition;
  private readonly values: Record<string, number>;
  private readonly increments: Increment[] = [];
  private readonly falls = new Set<number>();
  private readonly isFirstReading: boolean;
  /** Another reading of the same target has taken over: its clock is another, so counting begins anew. */
  private readonly isReplaced: boolean;
  /** Times of the scrapes in this reading, in any order. */
  private readonly scrapesMs: readonly number[];
  private readonly newestMs: number;
  private spoiled: string | undefined;

  constructor(
    private readonly state: CountedSoFar,
    private readonly instance: string,
    private readonly series: readonly CounterSeries[],
    private readonly limitsMs: readonly number[],
  ) {
    const known = state.gateways[instance];
    this.known = known ?? unseen;
    this.values = { ...this.known.values };
    this.isFirstReading = state.readings === 0;
    this.isReplaced = known !== undefined && known.source !== sourceOf(series);
    const times = new Set<number>();
    // All series of a scrape have its time: those of single buckets add none.
    for (const each of series)
      if (each.kind !== "latencyBucket" || isTotal(each)) for (const { timeMs } of each.points) times.add(timeMs);
    this.scrapesMs = [...times];
    this.newestMs = Math.max(...this.scrapesMs);
  }

  read(): TargetReading | undefined {
    if (!Number.isFinite(this.newestMs)) return undefined;
    const { known, instance } = this;
    for (const each of this.series) if (!each.kind.startsWith("latency")) this.readCounter(each);
    const trusted = trustAfter(known.trust, this.scrapes());
    this.spoiled ??=
      trusted.broken === undefined ? undefined : `can't be judged: the counters of ${instance} ${trusted.broken}`;
    const boundsMs = this.boundsMs();
    const { histograms, latencies } = this.readHistograms(boundsMs, trusted);
    const position: GatewayPosition = {
      source: sourceOf(this.series),
      timeMs: Math.max(known.timeMs, this.newestMs),
      values: this.present(this.values, ({ kind, id }) => (kind.startsWith("latency") ? undefined : id)),
      histograms: this.present(histograms, (series) => (isTotal(series) ? histogramOf(series) : undefined)),
      boundsMs,
      trust: trusted.trust,
    };
    const increments = this.increments.filter(({ timeMs }) => !trusted.doubtfulMs.has(timeMs));
    return { position, increments, latencies, spoiled: this.spoiled };
  }

  /** What each new scrape brought, oldest first. */
  private scrapes(): readonly ScrapeOfTarget[] {
    const status = this.series.filter(({ kind }) => kind === "status");
    const fresh = this.scrapesMs.filter((timeMs) => timeMs > this.known.timeMs).toSorted((a, b) => a - b);
    return fresh.map((timeMs) => ({
      timeMs,
      fell: this.falls.has(timeMs),
      requests: status.reduce((sum, { points }) => sum + grownAt(points, timeMs), 0),
    }));
  }

  private readCounter(series: CounterSeries): void {
    const key = seriesKey(series.id);
    let value = this.startOf(series, this.known.values[key]);
    for (const point of this.pointsAfter(series.points, value.timeMs)) {
      const fell = point.value < value.value;
      const amount = fell ? point.value : point.value - value.value;
      if (fell && this.wasThereBefore(series.points, point)) this.falls.add(point.timeMs);
      if (amount > 0) this.grew(series, amount, point.timeMs);
      value = point;
    }
    this.values[key] = value.value;
  }

  /** A series that comes back after a restart with its first request falls too, and later than the others. */
  private wasThereBefore(points: readonly CounterPoint[], { timeMs }: CounterPoint): boolean {
    const before = points.findLast((point) => point.timeMs < timeMs);
    return before !== undefined && !this.scrapesMs.some((each) => each > before.timeMs && each < timeMs);
  }

  private grew(series: CounterSeries, amount: number, timeMs: number): void {
    if (series.kind !== "metricErrors") this.increments.push({ series, amount, timeMs });
    else this.spoiled ??= lossText(this.instance, amount, "during the run");
  }

  /** From where on a counter is followed: a value, and the time of its sample. */
  private startOf({ kind, code, points }: CounterSeries, known: number | undefined): CounterPoint {
    const last = points.at(-1) ?? { timeMs: 0, value: 0 };
    if (this.isReplaced) return last;
    if (known !== undefined) return { timeMs: this.known.timeMs, value: known };
    if (this.known !== unseen) return { timeMs: this.known.timeMs, value: 0 };
    if (this.isFirstReading) return this.startOfRun(points) ?? last;
    const mayBeOlder = kind !== "status" || /^5/.test(code) || this.isOld();
    return mayBeOlder ? (points[0] ?? last) : { timeMs: 0, value: 0 };
  }

  /** In the first reading of all: what stood there at the run's start; undefined where nothing is known of that. */
  private startOfRun(points: readonly CounterPoint[]): CounterPoint | undefined {
    const { startedAtMs } = this.state.context;
    const before = points.findLast(({ timeMs }) => timeMs <= startedAtMs);
    if (before !== undefined) return before;
    const scrapedMs = Math.max(
      ...this.series.map((each) => each.points.findLast(({ timeMs }) => timeMs <= startedAtMs)?.timeMs ?? -1),
    );
    // The target was scraped at the run's start, and this series was not there: it has grown from 0 since.
    return scrapedMs >= 0 && (points[0]?.timeMs ?? 0) > scrapedMs ? { timeMs: scrapedMs, value: 0 } : undefined;
  }

  /** A target that appears with more requests than all others have had since the run's start did not start now. */
  private isOld(): boolean {
    const { subject, baseline } = this.state.totals;
    const plausible = unsuspicious + 2 * (subject.requests + baseline.requests);
    const first = this.series.reduce(
      (sum, each) => sum + (each.kind === "status" ? (each.points[0]?.value ?? 0) : 0),
      0,
    );
    return first > plausible;
  }

  /** Samples in the order of their times; one that is not after the last has been counted. */
  private pointsAfter(points: readonly CounterPoint[], afterMs: number): readonly CounterPoint[] {
    const found: CounterPoint[] = [];
    let last = afterMs;
    for (const point of points)
      if (point.timeMs > last) {
        found.push(point);
        last = point.timeMs;
      }
    return found;
  }

  /**
   * What a target has forgotten begins at 0 when it comes back, so it needn't be remembered here either: a run may last, and
   * pods come and go. It is forgotten when it was not there in several scrapes.
   */
  private present<T>(
    known: Readonly<Record<string, T>>,
    idOf: (series: CounterSeries) => string | undefined,
  ): Readonly<Record<string, T>> {
    if (this.scrapesMs.length < scrapesToForget) return known;
    const keys = new Set(this.series.flatMap((series) => idOf(series) ?? []).map(seriesKey));
    const all = Object.entries(known);
    return all.every(([key]) => keys.has(key)) ? known : Object.fromEntries(all.filter(([key]) => keys.has(key)));
  }

  private boundsMs(): readonly number[] {
    const { boundsMs } = this.known;
    const fresh = this.series.flatMap(({ upperBoundMs }) =>
      upperBoundMs === undefined || !Number.isFinite(upperBoundMs) || boundsMs.includes(upperBoundMs)
        ? []
        : [upperBoundMs],
    );
    return fresh.length === 0 ? boundsMs : [...new Set([...boundsMs, ...fresh])].toSorted((a, b) => a - b);
  }

  private readHistograms(
    boundsMs: readonly number[],
    { doubtfulMs }: Trusted,
  ): {
    readonly histograms: GatewayPosition["histograms"];
    readonly latencies: readonly LatencyGrowth[];
  } {
    const histograms: Record<string, HistogramPosition> = { ...this.known.histograms };
    const latencies: LatencyGrowth[] = [];
    const buckets = this.series.filter(({ kind }) => kind === "latencyBucket");
    for (const [id, own] of Map.groupBy(buckets, histogramOf)) {
      const total = own.find(isTotal);
      if (total === undefined) continue;
      const key = seriesKey(id);
      const start = this.startOfHistogram(total, own, this.known.histograms[key]);
      const scrapes = this.pointsAfter(total.points, start.timeMs).map((point) => scrapeAt(point, own));
      const followed = follow(start.position, scrapes, boundsMs, this.limitsMs, doubtfulMs);
      if (followed.position !== undefined) histograms[key] = followed.position;
      for (const growth of followed.growths) latencies.push({ series: total, ...growth });
    }
    return { histograms, latencies };
  }

  private startOfHistogram(
    total: CounterSeries,
    own: readonly CounterSeries[],
    known: HistogramPosition | undefined,
  ): { readonly timeMs: number; readonly position: HistogramPosition | undefined } {
    const from = (point: CounterPoint | undefined) => {
      const at = point ?? { timeMs: 0, value: 0 };
      return { timeMs: at.timeMs, position: startAt(scrapeAt(at, own)) };
    };
    if (this.isReplaced) return from(total.points.at(-1));
    if (known !== undefined) return { timeMs: this.known.timeMs, position: known };
    if (this.known !== unseen) return { timeMs: this.known.timeMs, position: undefined };
    if (!this.isFirstReading) return from(total.points[0]);
    const start = this.startOfRun(total.points);
    if (start === undefined) return from(total.points.at(-1));
    return start.value === 0 ? { timeMs: start.timeMs, position: undefined } : from(start);
  }
}
