import { observe, startAnalysis } from "../../../release/analysis/index.js";
import type {
  AnalysisContext,
  AnalysisState,
  Assessment,
  CounterPoint,
  CounterSeries,
  CustomOutcome,
  Observation,
  Surroundings,
} from "../../../release/analysis/index.js";
import { analysis } from "../../../release/settings/index.js";
import type { AnalysisInput } from "../../../release/settings/index.js";

export const canary = "10.0.0.2";
export const primary = "10.0.0.1";
export const startMs = 1_000_000;
const usualBoundsMs = [100, 500, 2000];

interface Request {
  readonly code?: string;
  readonly ms?: number;
  readonly instance?: string;
  readonly methodClass?: string;
  readonly responseSource?: string;
  /** Bounds of this gateway's histogram, ms. */
  readonly boundsMs?: readonly number[];
  readonly upstreamStatus?: string;
  readonly upstreamAddress?: string;
}

interface Look {
  readonly intervalEnds?: boolean;
  readonly finalStep?: boolean;
  readonly error?: string;
  readonly custom?: Readonly<Record<string, CustomOutcome>>;
  /** Whether Prometheus scrapes the gateway before the look. */
  readonly scraped?: boolean;
  /** So many requests the buckets lack in that scrape. */
  readonly torn?: number;
  readonly seconds?: number;
}

type Labels = Omit<CounterSeries, "points">;

interface Counter {
  labels: Labels;
  value: number;
  /** What it stood at when it was scraped last, whatever the scrape showed. */
  scraped: number;
  points: readonly CounterPoint[];
}

/** A gateway with its counters, a Prometheus that scrapes it, and an analysis that looks on. */
export class Stage {
  state: AnalysisState;
  nowMs = startMs;
  surroundings: Surroundings = {
    subjectNodes: [canary],
    baselineNodes: [primary],
    subjectReady: 1,
    baselineReady: 1,
    weightPercent: 50,
    weightSinceMs: startMs,
  };
  readonly observations: Observation[] = [];
  private readonly counters = new Map<string, Counter>();

  /** The gateway has been scraped before the run, unless `before` says otherwise. */
  constructor(settings: Partial<AnalysisInput> = {}, context: Partial<AnalysisContext> = {}, before = true) {
    const base = { interval: "10s", stepWeight: 10, maxWeight: 50, threshold: 3 };
    this.state = startAnalysis(analysis.parse({ ...base, ...settings }), {
      name: "podinfo",
      namespace: "test",
      startedAtMs: startMs,
      scrapeIntervalSeconds: 2,
      ...context,
    });
    if (!before) return;
    this.ask(primary, 1000);
    this.scrape(startMs - 1000);
  }

  /** So many requests that ended at a node. */
  ask(node: string, count: number, request: Request = {}): this {
    const { code = "200", ms = 50, instance = "gateway-1", boundsMs = usualBoundsMs } = request;
    const { upstreamStatus, upstreamAddress, methodClass, responseSource } = request;
    const method = methodClass === undefined ? {} : { methodClass };
    const source = responseSource === undefined ? {} : { responseSource };
    const labels = { instance, node, upstreamStatus, upstreamAddress, ...method, ...source };
    this.add({ ...labels, kind: "status", code, upperBoundMs: undefined }, count);
    if (node === "") return this;
    const plain = { instance, node, upstreamStatus: undefined, upstreamAddress: undefined, code: "", ...method };
    for (const upperBoundMs of [...boundsMs, Infinity])
      if (ms <= upperBoundMs) this.add({ ...plain, kind: "latencyBucket", upperBoundMs }, count);
    this.add({ ...plain, kind: "latencyCount", upperBoundMs: undefined }, count);
    return this;
  }

  weight(weightPercent: number): this {
    this.surroundings = { ...this.surroundings, weightPercent, weightSinceMs: this.nowMs };
    return this;
  }

  /** The gateway's counters start from 0 again. */
  restartGateway(): this {
    for (const counter of this.counters.values()) Object.assign(counter, { value: 0, scraped: 0 });
    return this;
  }

  /** The gateway forgets everything: its series are no longer there. */
  forget(): this {
    this.counters.clear();
    return this;
  }

  /** The gateway loses so many counts. */
  loseCounts(count: number, instance = "gateway-1"): this {
    const labels = { instance, node: "", code: "", upstreamStatus: undefined, upstreamAddress: undefined };
    this.add({ ...labels, kind: "metricErrors", upperBoundMs: undefined }, count);
    return this;
  }

  /** No scrape shows these series any more. */
  hide(is: (labels: Labels) => boolean): this {
    for (const [key, { labels }] of this.counters) if (is(labels)) this.counters.delete(key);
    return this;
  }

  /** Buckets that were read before the total lack so many of the requests since the scrape before. */
  scrape(timeMs = this.nowMs, torn = 0): this {
    for (const counter of this.counters.values()) {
      const { labels, points, scraped, value } = counter;
      const isBucket = labels.kind === "latencyBucket" && labels.upperBoundMs !== Infinity;
      const seen = isBucket ? Math.max(scraped, value - torn) : value;
      counter.points = [...points, { timeMs, value: seen }].slice(-5);
      counter.scraped = value;
    }
    return this;
  }

  series(): readonly CounterSeries[] {
    return [...this.counters.values()]
      .filter(({ points }) => points.length > 0)
      .map(({ labels, points }) => ({ ...labels, points }));
  }

  observation(look: Look = {}): Observation {
    this.nowMs += (look.seconds ?? 2) * 1000;
    if (look.scraped ?? true) this.scrape(this.nowMs - 500, look.torn ?? 0);
    const custom = Object.entries(look.custom ?? {}).map(([metric, outcome]) => ({ metric, outcome }));
    return {
      nowMs: this.nowMs,
      reading:
        look.error === undefined
          ? { kind: "reading", series: this.series(), custom }
          : { kind: "error", message: look.error },
      surroundings: this.surroundings,
      intervalEnds: look.intervalEnds ?? false,
      ...(look.finalStep === undefined ? {} : { finalStep: look.finalStep }),
    };
  }

  /** Time passes, Prometheus scrapes, the analysis looks. */
  check(look: Look = {}): Assessment {
    const observation = this.observation(look);
    this.observations.push(observation);
    const { state, assessment } = observe(this.state, observation);
    this.state = state;
    return assessment;
  }

  endInterval(look: Look = {}): Assessment {
    return this.check({ ...look, intervalEnds: true });
  }

  private add(labels: Omit<Labels, "id">, count: number): void {
    const id = JSON.stringify([
      labels.kind,
      labels.node,
      labels.code,
      String(labels.upperBoundMs),
      labels.upstreamStatus,
      labels.methodClass,
      labels.responseSource,
    ]);
    const key = `${labels.instance} ${id}`;
    const known = this.counters.get(key) ?? { labels: { ...labels, id }, value: 0, scraped: 0, points: [] };
    known.value += count;
    this.counters.set(key, known);
  }
}

/** Success rate alone, and of one version, so that a story is about one check. */
export const successRate = {
  metrics: [{ name: "request-success-rate" as const, thresholdRange: { min: 99 }, compare: false as const }],
};

export function verdictOf({ verdict }: Assessment): string {
  return verdict.kind === "hold" ? `hold: ${verdict.reason}` : verdict.kind;
}

export function sentenceOf({ verdict }: Assessment): string {
  return verdict.kind === "pass" ? "" : verdict.sentence;
}
