import { performance } from "node:perf_hooks";
import { observe, startAnalysis, usualBoundsMs } from "../../release/analysis/index.js";
import type { AnalysisState, CounterSeries, Observation } from "../../release/analysis/index.js";
import { analysis } from "../../release/settings/index.js";
import { percentile } from "./report.js";
import type { Look } from "./report.js";

export interface LongRun {
  readonly gateways: number;
  /** Of each version. */
  readonly pods: number;
  readonly checks: number;
  /** All pods of the canary are replaced after so many checks. */
  readonly checksPerPod: number;
}

/** Two gateways, four pods of each version, reads and writes: an hour of a release that waits for its gate. */
export const longRun: LongRun = { gateways: 2, pods: 4, checks: 1800, checksPerPod: 300 };

const checkSeconds = 2;
const startMs = 1_700_000_000_000;
const keptScrapes = 6;
const scrapesBefore = 4;

/** Looks at a release for a long time, on counters with all labels and buckets of a real gateway. */
export function measureLook(run: LongRun): Look {
  const settings = analysis.parse({ interval: "1m", stepWeight: 50, maxWeight: 50, threshold: 10 });
  const context = { name: "podinfo", namespace: "test", startedAtMs: startMs, scrapeIntervalSeconds: checkSeconds };
  let state: AnalysisState = startAnalysis(settings, context);
  const times: number[] = [];
  let bytes = 0;
  const counters = new Counters(run);
  for (let check = 1 - scrapesBefore; check <= run.checks; check += 1) {
    const atMs = startMs + check * checkSeconds * 1000;
    counters.scrape(check, atMs);
    if (check < 1) continue;
    const observation = observationOf(counters, check, atMs, run);
    const before = performance.now();
    state = observe(state, observation).state;
    times.push(performance.now() - before);
    if (check % 100 === 0) bytes = Math.max(bytes, JSON.stringify(state).length);
  }
  return { medianMs: percentile(times, 0.5), p99Ms: percentile(times, 0.99), stateKilobytes: bytes / 1000 };
}

function observationOf(counters: Counters, check: number, nowMs: number, { pods }: LongRun): Observation {
  return {
    nowMs: nowMs + 500,
    reading: { kind: "reading", series: counters.series(), custom: [] },
    surroundings: {
      subjectNodes: counters.nodes("canary", check),
      baselineNodes: counters.nodes("primary", check),
      subjectReady: pods,
      baselineReady: pods,
      weightPercent: 50,
      weightSinceMs: startMs,
    },
    intervalEnds: check % 30 === 0,
    finalStep: true,
  };
}

type Labels = Omit<CounterSeries, "points">;

/** What the gateways of a release count: each pod some requests a scrape, a failure and a slow one now and then. */
class Counters {
  private readonly values = new Map<
    string,
    { labels: Labels; value: number; points: { timeMs: number; value: number }[] }
  >();

  constructor(private readonly run: LongRun) {}

  nodes(version: "canary" | "primary", check: number): readonly string[] {
    const generation = version === "canary" ? Math.floor(Math.max(0, check) / this.run.checksPerPod) : 0;
    const net = version === "canary" ? 1 : 2;
    return Array.from({ length: this.run.pods }, (_, pod) => `10.${net}.${generation % 250}.${pod + 10}`);
  }

  scrape(check: number, timeMs: number): void {
    const current = [...this.nodes("primary", check), ...(check > 0 ? this.nodes("canary", check) : [])];
    for (let gateway = 0; gateway < this.run.gateways; gateway += 1)
      current.forEach((node, index) => {
        for (const method of ["read", "write"]) this.answer(`10.9.0.${gateway}:9091`, node, method, check + index);
      });
    for (const each of this.values.values())
      each.points = [...each.points, { timeMs, value: each.value }].slice(-keptScrapes);
    // A gateway forgets the series of pods that are gone.
    for (const [key, { labels }] of this.values) if (!current.includes(labels.node)) this.values.delete(key);
  }

  private answer(instance: string, node: string, methodClass: string, turn: number): void {
    const common = {
      ...{ route: "test_podinfo-podinfo-canary_app", service: "test_podinfo-podinfo-canary_0", consumer: "" },
      ...{ request_type: "traditional_http", request_llm_model: "", llm_model: "", node, method_class: methodClass },
    };
    const plain = { instance, node, methodClass, upstreamStatus: undefined, upstreamAddress: undefined };
    const failed = turn % 97 === 0 ? 1 : 0;
    for (const [code, count] of [
      ["200", 10],
      ["500", failed],
    ] as const) {
      const labels = {
        ...common,
        code,
        matched_uri: "/*",
        matched_host: "app.example.com",
        response_source: "upstream",
      };
      const id = JSON.stringify(Object.entries({ ...labels, upstream_addr: `${node}:9898`, upstream_status: code }));
      this.add({ ...plain, id, kind: "status", code, upperBoundMs: undefined }, count);
    }
    const histogram = JSON.stringify(Object.entries({ ...common, type: "request" }));
    const slow = turn % 89 === 0 ? 1 : 0;
    for (const upperBoundMs of [...usualBoundsMs, Infinity]) {
      const count = upperBoundMs < 20 ? 0 : upperBoundMs < 1000 ? 10 + failed - slow : 10 + failed;
      this.add(
        { ...plain, id: `${histogram} ${upperBoundMs}`, histogram, kind: "latencyBucket", code: "", upperBoundMs },
        count,
      );
    }
  }

  private add(labels: Labels, count: number): void {
    const key = `${labels.instance} ${labels.id}`;
    const known = this.values.get(key);
    if (known !== undefined) known.value += count;
    else if (count > 0) this.values.set(key, { labels, value: count, points: [] });
  }

  series(): readonly CounterSeries[] {
    return [...this.values.values()].map(({ labels, points }) => ({ ...labels, points }));
  }
}
