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
const boundsMs = [100, 500, 2000];

interface Request {
  readonly code?: string;
  readonly ms?: number;
  readonly instance?: string;
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
  readonly seconds?: number;
}

type Labels = Omit<CounterSeries, "points">;

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
  private readonly counters = new Map<string, { labels: Labels; value: number; points: readonly CounterPoint[] }>();

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
    const { code = "200", ms = 50, instance = "gateway-1" } = request;
    const labels = { instance, node, upstreamStatus: request.upstreamStatus, upstreamAddress: request.upstreamAddress };
    this.add({ ...labels, kind: "status", code, upperBoundMs: undefined }, count);
    if (node === "") return this;
    const plain = { instance, node, upstreamStatus: undefined, upstreamAddress: undefined, code: "" };
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
    for (const counter of this.counters.values()) counter.value = 0;
    return this;
  }

  /** The gateway forgets everything: its series are no longer there. */
  forget(): this {
    this.counters.clear();
    return this;
  }

  scrape(timeMs = this.nowMs): this {
    for (const counter of this.counters.values())
      counter.points = [...counter.points, { timeMs, value: counter.value }].slice(-5);
    return this;
  }

  series(): readonly CounterSeries[] {
    return [...this.counters.values()]
      .filter(({ points }) => points.length > 0)
      .map(({ labels, points }) => ({ ...labels, points }));
  }

  observation(look: Look = {}): Observation {
    this.nowMs += (look.seconds ?? 2) * 1000;
    if (look.scraped ?? true) this.scrape(this.nowMs - 500);
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
    ]);
    const key = `${labels.instance} ${id}`;
    const known = this.counters.get(key) ?? { labels: { ...labels, id }, value: 0, points: [] };
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
