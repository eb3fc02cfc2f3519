import { rawSeriesOf, parseAnswer } from "../../../release/adapters/prometheus/answers.js";
import { gatewayCounters } from "../../../release/adapters/prometheus/counters.js";
import { observe, startAnalysis } from "../../../release/analysis/index.js";
import type { AnalysisState, Assessment, Reading } from "../../../release/analysis/index.js";
import { analysis } from "../../../release/settings/index.js";

/** A series as Prometheus answers with it. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

export const canary = "10.0.0.2";
export const primary = "10.0.0.1";
const keptScrapes = 5;
const boundsMs = [100, 500, 1000];

/** What one version answered between two scrapes. */
export interface Traffic {
  readonly good: number;
  readonly failed: number;
  readonly slow: number;
}

/** A gateway's counters over time, scraped every two seconds: what a Prometheus would answer at each check. */
export class Recording {
  private readonly values = new Map<string, { metric: Series["metric"]; points: [number, string][]; value: number }>();

  constructor(private readonly instance = "10.0.9.1:9091") {
    this.add({ __name__: "apisix_nginx_metric_errors_total" }, 0);
  }

  ask(node: string, { good, failed, slow }: Traffic): this {
    const status = { __name__: "apisix_http_status", node, response_source: "upstream" };
    this.add({ ...status, code: "200" }, good);
    this.add({ ...status, code: "500" }, failed);
    const all = good + failed;
    const latency = { __name__: "apisix_http_latency_bucket", type: "request", node };
    for (const bound of boundsMs)
      this.add({ ...latency, le: String(bound) }, bound < 1000 ? Math.max(0, all - slow) : all);
    this.add({ ...latency, le: "+Inf" }, all);
    return this;
  }

  private add(labels: Series["metric"], amount: number): void {
    const key = JSON.stringify(labels);
    const route = labels["__name__"]?.includes("nginx") === true ? {} : { route: "test_podinfo-podinfo-canary_app" };
    const metric = { ...labels, ...route, instance: this.instance, job: "apisix" };
    const known = this.values.get(key) ?? { metric, points: [], value: 0 };
    known.value += amount;
    this.values.set(key, known);
  }

  scrape(seconds: number): this {
    for (const each of this.values.values())
      each.points = [...each.points, [seconds, String(each.value)] as [number, string]].slice(-keptScrapes);
    return this;
  }

  answer(): readonly Series[] {
    return [...this.values.values()].map(({ metric, points }) => ({ metric, values: [...points] }));
  }
}

export function readingOf(result: readonly Series[]): Reading {
  const parsed = parseAnswer(JSON.stringify({ status: "success", data: { resultType: "matrix", result } }));
  if (parsed.kind === "error") return { kind: "error", message: parsed.message };
  const counters = gatewayCounters(rawSeriesOf(parsed.data) ?? [], "apisix_", 2);
  return counters.kind === "error" ? counters : { kind: "reading", series: counters.series, custom: [] };
}

/** An analysis at weight 50 with the article's steps, looking every two seconds from second 10 on. */
export class Look {
  state: AnalysisState;

  constructor(threshold = 1) {
    const settings = analysis.parse({ interval: "10s", stepWeight: 50, maxWeight: 50, threshold });
    this.state = startAnalysis(settings, {
      name: "podinfo",
      namespace: "test",
      startedAtMs: 10_000,
      scrapeIntervalSeconds: 2,
    });
  }

  at(seconds: number, result: readonly Series[], intervalEnds = seconds % 10 === 0): Assessment {
    const { state, assessment } = observe(this.state, {
      nowMs: seconds * 1000 + 500,
      reading: readingOf(result),
      surroundings: {
        subjectNodes: [canary],
        baselineNodes: [primary],
        subjectReady: 1,
        baselineReady: 1,
        weightPercent: 50,
        weightSinceMs: 10_000,
      },
      intervalEnds,
      finalStep: true,
    });
    this.state = state;
    return assessment;
  }
}
