// Stand-in for Apache APISIX 3.17: counts requests for the prometheus plugin.
import type { ExtraLabel, GatewaySettings, MetricSettings } from "./settings.js";
import { counterText, gaugeText, histogramText, labelText } from "./exposition.js";
import type { CounterSeries, HistogramSeries } from "./exposition.js";
import type { VariableReader } from "./expression.js";

/** Who made the answer: the upstream, nginx (502, 504) or a plugin or the router of the gateway. */
export type ResponseSource = "upstream" | "nginx" | "apisix";

/** One finished request. */
export interface FinishedRequest {
  readonly code: number;
  readonly route: string;
  readonly service: string;
  readonly matchedUri: string;
  readonly matchedHost: string;
  /** IP of the last upstream node tried; empty when there was none. */
  readonly node: string;
  readonly source: ResponseSource;
  readonly requestMs: number;
  /** Undefined when no upstream was tried. */
  readonly upstreamMs: number | undefined;
  readonly ingressBytes: number;
  readonly egressBytes: number;
  /** For extra labels. */
  readonly read: VariableReader;
}

/** Numbers about the whole gateway. */
export interface GatewayNumbers {
  readonly hostname: string;
  readonly requests: number;
  readonly connections: number;
}

/** The counters behind the metrics page. */
export class MetricsRegistry {
  readonly #settings: GatewaySettings["prometheus"];
  readonly #status = new Map<string, CounterSeries>();
  readonly #latency = new Map<string, HistogramSeries>();
  readonly #bandwidth = new Map<string, CounterSeries>();
  readonly #now: () => number;

  constructor(settings: GatewaySettings["prometheus"], now: () => number = Date.now) {
    this.#settings = settings;
    this.#now = now;
  }

  record(request: FinishedRequest): void {
    const now = this.#now();
    this.#countStatus(request, now);
    this.#observe("request", request.requestMs, request, now);
    if (request.upstreamMs !== undefined) {
      this.#observe("upstream", request.upstreamMs, request, now);
    }
    this.#observe("apisix", Math.max(0, request.requestMs - (request.upstreamMs ?? 0)), request, now);
    this.#countBytes("ingress", request.ingressBytes, request, now);
    this.#countBytes("egress", request.egressBytes, request, now);
  }

  /** The text of the metrics page. */
  text(numbers: GatewayNumbers): string {
    const { prefix, bucketsMs, httpStatus, httpLatency, bandwidth } = this.#settings;
    this.#expire(this.#status, httpStatus);
    this.#expire(this.#latency, httpLatency);
    this.#expire(this.#bandwidth, bandwidth);
    return [
      counterText(`${prefix}bandwidth`, "Total bandwidth in bytes consumed per service in APISIX", this.#bandwidth),
      histogramText(
        `${prefix}http_latency`,
        "HTTP request latency in milliseconds per service in APISIX",
        this.#latency,
        bucketsMs,
      ),
      gaugeText(
        `${prefix}http_requests_total`,
        "The total number of client requests since APISIX started",
        "",
        numbers.requests,
      ),
      counterText(`${prefix}http_status`, "HTTP status codes per service in APISIX", this.#status),
      gaugeText(
        `${prefix}nginx_http_current_connections`,
        "Number of HTTP connections",
        '{state="active"}',
        numbers.connections,
      ),
      gaugeText(`${prefix}node_info`, "Info of APISIX node", `{hostname="${numbers.hostname}"}`, 1),
    ].join("");
  }

  #countStatus(request: FinishedRequest, now: number): void {
    const extra = this.#settings.httpStatus.extraLabels;
    const values = readExtra(extra, request.read);
    const key = `${String(request.code)}|${request.node}|${request.source}|${identity(request)}|${request.matchedUri}|${request.matchedHost}|${values.join("|")}`;
    let series = this.#status.get(key);
    if (series === undefined) {
      const labels = labelText([
        ["code", String(request.code)],
        ["route", request.route],
        ["matched_uri", request.matchedUri],
        ["matched_host", request.matchedHost],
        ["service", request.service],
        ["consumer", ""],
        ["node", request.node],
        ...CONSTANT_LABELS,
        ["response_source", request.source],
        ...named(extra, values),
      ]);
      series = { labels, value: 0, touchedAt: now };
      this.#status.set(key, series);
    }
    series.value += 1;
    series.touchedAt = now;
  }

  #observe(type: string, valueMs: number, request: FinishedRequest, now: number): void {
    const extra = this.#settings.httpLatency.extraLabels;
    const values = readExtra(extra, request.read);
    const key = `${type}|${request.node}|${identity(request)}|${values.join("|")}`;
    let series = this.#latency.get(key);
    if (series === undefined) {
      const labels = labelText(typedLabels(type, request, extra, values));
      const counts = new Array<number>(this.#settings.bucketsMs.length + 1).fill(0);
      series = { labels, counts, sum: 0, count: 0, touchedAt: now };
      this.#latency.set(key, series);
    }
    const found = this.#settings.bucketsMs.findIndex((bound) => valueMs <= bound);
    const bucket = found < 0 ? this.#settings.bucketsMs.length : found;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += valueMs;
    series.count += 1;
    series.touchedAt = now;
  }

  #countBytes(type: string, bytes: number, request: FinishedRequest, now: number): void {
    const extra = this.#settings.bandwidth.extraLabels;
    const values = readExtra(extra, request.read);
    const key = `${type}|${request.node}|${identity(request)}|${values.join("|")}`;
    let series = this.#bandwidth.get(key);
    if (series === undefined) {
      series = { labels: labelText(typedLabels(type, request, extra, values)), value: 0, touchedAt: now };
      this.#bandwidth.set(key, series);
    }
    series.value += bytes;
    series.touchedAt = now;
  }

  #expire(series: Map<string, { readonly touchedAt: number }>, settings: MetricSettings): void {
    if (settings.expireSeconds === 0) {
      return;
    }
    const oldest = this.#now() - settings.expireSeconds * 1000;
    for (const [key, entry] of series) {
      if (entry.touchedAt < oldest) {
        series.delete(key);
      }
    }
  }
}

type Labels = readonly (readonly [string, string])[];

const CONSTANT_LABELS: Labels = [
  ["request_type", "traditional_http"],
  ["request_llm_model", ""],
  ["llm_model", ""],
];

function identity(request: FinishedRequest): string {
  return `${request.route}|${request.service}`;
}

function typedLabels(
  type: string,
  request: FinishedRequest,
  extra: readonly ExtraLabel[],
  values: readonly string[],
): Labels {
  return [
    ["type", type],
    ["route", request.route],
    ["service", request.service],
    ["consumer", ""],
    ["node", request.node],
    ...CONSTANT_LABELS,
    ...named(extra, values),
  ];
}

const NONE: readonly string[] = [];

function readExtra(extra: readonly ExtraLabel[], read: VariableReader): readonly string[] {
  return extra.length === 0 ? NONE : extra.map((label) => read(label.variable) ?? "");
}

function named(extra: readonly ExtraLabel[], values: readonly string[]): Labels {
  return extra.map((label, index): readonly [string, string] => [label.name, values[index] ?? ""]);
}
