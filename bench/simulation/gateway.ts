import type { CounterPoint, CounterSeries } from "../../release/analysis/index.js";
import { binomial, uniformsOf } from "./random.js";
import type { Release } from "./scenarios.js";
import { behaviourAt } from "./scenarios.js";
import { answersOf, requestsOfSecond } from "./traffic.js";
import type { Answers } from "./traffic.js";

/** Scrapes come so much earlier or later than they should. */
const jitterSeconds = 0.25;
const keptPoints = 4;
/** Bounds of the gateway's histogram, ms; requests take 50, 300 or 1,500. */
const boundsMs = [100, 500, 2000] as const;
/** Where the scrapes are torn the buckets miss up to so many of the last requests that the total has. */
const mostTorn = 3;

/** What happened to users: by both versions together, and what the canary was asked. */
export interface Served {
  requests: number;
  failed: number;
  /** Of these, since the fault that the release has from some second on. */
  failedSinceFault: number;
  canaryRequests: number;
}

/** One pod's answers to one method class: how many were good, failed, quick, slower, and slower than the limit. */
type Counts = readonly [ok: number, failed: number, quick: number, normal: number, slow: number];

interface Cell {
  counts: Counts;
  /** Of these, in the present second. */
  fresh: Counts;
  /** At the last scrape. */
  scraped: Counts;
}

interface Scrape {
  readonly timeMs: number;
  /** Values in the order of the series. */
  readonly values: readonly number[];
}

interface Version {
  readonly cells: Cell[];
  turn: number;
}

/** Addresses of a version's pods; the first of the canary is the one that fails alone. */
export function nodesOf(version: "canary" | "primary", pods: number): readonly string[] {
  return Array.from({ length: pods }, (_, pod) => `10.0.${version === "canary" ? 0 : 1}.${pod + 2}`);
}

/**
 * A gateway in front of both versions, second by second, and a Prometheus that scrapes it. All draws of a second depend
 * on the release and the second only, so two rules that set the same weights see the same requests.
 */
export class Gateway {
  readonly served: Served = { requests: 0, failed: 0, failedSinceFault: 0, canaryRequests: 0 };
  private readonly versions: Readonly<Record<"canary" | "primary", Version>>;
  private readonly blueprints: readonly Blueprint[];
  private scrapes: Scrape[] = [];
  private second = 0;
  private credit = 0;
  private nextScrape: number;
  weightPercent = 0;

  constructor(private readonly release: Release) {
    this.nextScrape = uniformsOf(release.seed, release.index, -1)() * release.scrapeSeconds;
    this.versions = { canary: freshVersion(release), primary: freshVersion(release) };
    this.blueprints = blueprintsOf(release);
  }

  /** Lets whole seconds pass; a scrape within a second sees the part of it that has passed. */
  runUntil(second: number): void {
    while (this.second < second) {
      this.serve(this.second, 1);
      while (this.nextScrape < this.second + 1) this.scrape(this.second + 1 - this.nextScrape);
      if (this.second === this.release.resetAtSecond) this.reset();
      this.second += 1;
    }
  }

  /** A part of the present second, until a change of weight has taken effect. */
  serveFraction(fraction: number): void {
    this.serve(this.second, fraction);
  }

  setWeight(weightPercent: number): void {
    this.weightPercent = weightPercent;
    this.credit = 0;
  }

  private serve(second: number, fraction: number): void {
    const { release, versions } = this;
    const next = uniformsOf(release.seed, release.index, second + 1);
    const total = requestsOfSecond(release.requestsPerSecond * fraction, release.bursty, next);
    // A weighted round robin: deterministic, the remainder carried over.
    const share = (total * this.weightPercent) / 100 + this.credit;
    const asked = Math.min(total, Math.floor(share));
    this.credit = share - asked;
    const { pods, writeShare } = release;
    for (const { cells } of Object.values(versions)) for (const cell of cells) cell.fresh = none;
    for (const [version, requests] of [
      ["canary", asked],
      ["primary", total - asked],
    ] as const) {
      const side = versions[version];
      const behaviour = behaviourAt(release, version, second);
      const answers = answersOf(behaviour, { requests, pods, writeShare }, side.turn, next);
      side.turn += requests;
      for (const each of answers) this.count(version, each, second);
    }
  }

  private count(version: "canary" | "primary", answers: Answers, second: number): void {
    const cell = this.versions[version].cells[2 * answers.pod + (answers.write ? 1 : 0)];
    if (cell === undefined) return;
    const { requests, failed, slow } = answers;
    const { served } = this;
    const quick = Math.floor((requests - slow) * 0.9);
    cell.fresh = [requests - failed, failed, quick, requests - slow - quick, slow];
    cell.counts = plus(cell.counts, cell.fresh, 1);
    served.requests += requests;
    served.failed += failed;
    if (second >= (this.release.fault?.fromSecond ?? 0)) served.failedSinceFault += failed;
    if (version === "canary") served.canaryRequests += requests;
  }

  /** With so much of the present second still to come. */
  private scrape(rest: number): void {
    const { release, versions } = this;
    const next = uniformsOf(release.seed, release.index, -2, Math.floor(this.nextScrape));
    const jitter = (next() - 0.5) * jitterSeconds;
    const timeMs = Math.round((this.nextScrape + jitter) * 1000);
    const cells = [...versions.canary.cells, ...versions.primary.cells];
    const values = cells.flatMap((cell) => {
      const counts = plus(cell.counts, cell.fresh, -rest);
      const values = valuesOf(counts, cell.scraped, release.torn ? binomial(next(), mostTorn, 0.5) : 0);
      cell.scraped = counts;
      return values;
    });
    this.scrapes.push({ timeMs, values });
    if (this.scrapes.length > 40) this.scrapes = this.scrapes.slice(-keptPoints);
    this.nextScrape += release.scrapeSeconds;
  }

  private reset(): void {
    for (const { cells } of Object.values(this.versions)) for (const cell of cells) Object.assign(cell, freshCell());
  }

  /** The raw samples that a range query returns. A counter is there from its first request on. */
  series(): readonly CounterSeries[] {
    const scrapes = this.scrapes.slice(-keptPoints);
    return this.blueprints.flatMap((blueprint, index) => {
      const points: CounterPoint[] = [];
      for (const { timeMs, values } of scrapes) {
        const value = values[index] ?? 0;
        if (value > 0) points.push({ timeMs, value });
      }
      return points.length === 0 ? [] : [{ ...blueprint, points }];
    });
  }
}

type Blueprint = Omit<CounterSeries, "points">;

const blueprintCache = new Map<number, readonly Blueprint[]>();

/** In the order of the cells: each pod of the canary, then of the primary, reads before writes. */
function blueprintsOf({ pods }: Release): readonly Blueprint[] {
  const known = blueprintCache.get(pods);
  if (known !== undefined) return known;
  const made = (["canary", "primary"] as const)
    .flatMap((version) => nodesOf(version, pods))
    .flatMap((node) => (["read", "write"] as const).flatMap((methodClass) => cellBlueprints(node, methodClass)));
  blueprintCache.set(pods, made);
  return made;
}

function cellBlueprints(node: string, methodClass: string): readonly Blueprint[] {
  const labels = { instance: "gateway", node, methodClass, upstreamStatus: undefined, upstreamAddress: undefined };
  const id = `${node} ${methodClass}`;
  const status = (code: string): Blueprint => ({
    ...labels,
    id: `status ${id} ${code}`,
    kind: "status",
    code,
    upperBoundMs: undefined,
  });
  const latency = (bound: number): Blueprint => ({
    ...labels,
    id: `bucket ${id} ${bound}`,
    kind: "latencyBucket",
    code: "",
    upperBoundMs: bound,
  });
  const timed: Blueprint = { ...labels, id: `count ${id}`, kind: "latencyCount", code: "", upperBoundMs: undefined };
  return [status("200"), status("500"), ...[...boundsMs, Infinity].map(latency), timed];
}

/** In the order of a cell's blueprints. What is torn off has come since the scrape before. */
function valuesOf(counts: Counts, before: Counts, torn: number): readonly number[] {
  const [ok, failed] = counts;
  const now = cumulative(counts);
  const then = cumulative(before);
  const all = now[2] ?? 0;
  const buckets = now.map((count, index) => Math.max(then[index] ?? 0, count - torn));
  return [ok, failed, ...buckets, all, all];
}

function cumulative([, , quick, normal, slow]: Counts): readonly number[] {
  return [quick, quick + normal, quick + normal + slow];
}

const none: Counts = [0, 0, 0, 0, 0];

/** Whole numbers: of a part of a second as much as fits. */
function plus(a: Counts, b: Counts, share: number): Counts {
  const add = (index: 0 | 1 | 2 | 3 | 4): number => a[index] + Math.round(share * b[index]);
  return [add(0), add(1), add(2), add(3), add(4)];
}

function freshVersion({ pods }: Release): Version {
  return { cells: Array.from({ length: 2 * pods }, freshCell), turn: 0 };
}

function freshCell(): Cell {
  return { counts: none, fresh: none, scraped: none };
}
