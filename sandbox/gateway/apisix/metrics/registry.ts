// Stand-in for Apache APISIX 3.17: counts requests for the prometheus plugin.
import type { ExtraLabel, GatewaySettings } from "../config/settings.js";
import type { VariableReader } from "../routing/expression.js";
import { PrometheusLibrary } from "./prometheus.js";
import type { Counter } from "./prometheus.js";
import { SharedDict } from "./shared-dict.js";
import { CACHE, CONFIG, dictionaries, METRICS } from "./dictionaries.js";
import type { Tear } from "./tearing.js";

/** Who made the answer: the upstream, nginx (502, 504) or a plugin or the router of the gateway. */
export type ResponseSource = "upstream" | "nginx" | "apisix";

/** One finished request. */
export interface FinishedRequest {
  readonly code: number;
  readonly route: string;
  readonly service: string;
  readonly matchedUri: string;
  readonly matchedHost: string;
  /** IP of the last upstream node picked; empty when there was none. */
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
  /** Of all its ports, since it started. */
  readonly requests: number;
  /** The dictionary with the configuration. */
  readonly config: Pick<SharedDict, "capacityBytes" | "freeBytes">;
  readonly connections: { readonly accepted: number; readonly active: number; readonly busy: number };
}

const CONSTANT_LABELS = ["request_type", "request_llm_model", "llm_model"] as const;
const CONSTANT_VALUES = ["traditional_http", "", ""] as const;

/** The counters behind the metrics page. */
export class MetricsRegistry {
  readonly #settings: GatewaySettings["prometheus"];
  /** Where the text of the page is kept. */
  readonly cache: SharedDict;
  readonly #library: PrometheusLibrary;
  readonly #status: Counter;
  readonly #latency: Counter;
  readonly #bandwidth: Counter;
  readonly #setGateway: (numbers: GatewayNumbers) => void;

  /** `now` in milliseconds. */
  constructor(settings: GatewaySettings["prometheus"], now: () => number = Date.now) {
    this.#settings = settings;
    const dict = new SharedDict(METRICS, settings.dictionaryBytes, now);
    this.cache = new SharedDict(CACHE, settings.cacheBytes, now);
    const library = new PrometheusLibrary(dict, settings.prefix);
    this.#library = library;
    const filled = { [METRICS]: dict, [CACHE]: this.cache };
    this.#setGateway = gatewayGauges(library, filled, settings);
    const { httpStatus, httpLatency, bandwidth, bucketsMs } = settings;
    this.#status = library.counter({
      name: "http_status",
      help: "HTTP status codes per service in APISIX",
      labels: [
        ...["code", "route", "matched_uri", "matched_host", "service", "consumer", "node"],
        ...CONSTANT_LABELS,
        "response_source",
        ...names(httpStatus.extraLabels),
      ],
      expireSeconds: httpStatus.expireSeconds,
    });
    const typed = ["type", "route", "service", "consumer", "node", ...CONSTANT_LABELS];
    this.#latency = library.histogram(
      {
        name: "http_latency",
        help: "HTTP request latency in milliseconds per service in APISIX",
        labels: [...typed, ...names(httpLatency.extraLabels)],
        expireSeconds: httpLatency.expireSeconds,
      },
      bucketsMs,
    );
    this.#bandwidth = library.counter({
      name: "bandwidth",
      help: "Total bandwidth in bytes consumed per service in APISIX",
      labels: [...typed, ...names(bandwidth.extraLabels)],
      expireSeconds: bandwidth.expireSeconds,
    });
  }

  record(request: FinishedRequest): void {
    const { httpStatus, httpLatency, bandwidth } = this.#settings;
    const { route, service, node, read } = request;
    this.#status(1, [
      ...[String(request.code), route, request.matchedUri, request.matchedHost, service, "", node],
      ...CONSTANT_VALUES,
      request.source,
      ...values(httpStatus.extraLabels, read),
    ]);
    const identity = [route, service, "", node, ...CONSTANT_VALUES];
    const latencyLabels = [...identity, ...values(httpLatency.extraLabels, read)];
    this.#latency(request.requestMs, ["request", ...latencyLabels]);
    if (request.upstreamMs !== undefined) {
      this.#latency(request.upstreamMs, ["upstream", ...latencyLabels]);
    }
    this.#latency(Math.max(0, request.requestMs - (request.upstreamMs ?? 0)), ["apisix", ...latencyLabels]);
    const bandwidthLabels = [...identity, ...values(bandwidth.extraLabels, read)];
    this.#bandwidth(request.ingressBytes, ["ingress", ...bandwidthLabels]);
    this.#bandwidth(request.egressBytes, ["egress", ...bandwidthLabels]);
  }

  /** What a worker does once a second: its counts go into the dictionary, where the page is read from. */
  handOver(): void {
    this.#library.sync();
  }

  /** Keys that a page has to read. */
  size(): number {
    return this.#library.size;
  }

  /** The text of the page as the dictionary is; torn when the workers hand over meanwhile. */
  page(numbers: GatewayNumbers, tear?: Tear): string {
    this.#setGateway(numbers);
    return this.#library.text(tear);
  }

  /** The text of the page with everything counted so far. */
  text(numbers: GatewayNumbers): string {
    this.handOver();
    return this.page(numbers);
  }
}

function gatewayGauges(
  library: PrometheusLibrary,
  filled: Readonly<Record<string, SharedDict>>,
  { otherDictionaries }: GatewaySettings["prometheus"],
): (numbers: GatewayNumbers) => void {
  const gauge = (name: string, help: string, labels: readonly string[]) => library.gauge({ name, help, labels });
  const connections = gauge("nginx_http_current_connections", "Number of HTTP connections", ["state"]);
  const requests = gauge("http_requests_total", "The total number of client requests since APISIX started", []);
  const nodeInfo = gauge("node_info", "Info of APISIX node", ["hostname"]);
  const about = (what: string) => `The ${what} of each nginx shared DICT since APISIX start`;
  const capacity = gauge("shared_dict_capacity_bytes", about("capacity"), ["name"]);
  const free = gauge("shared_dict_free_space_bytes", about("free space"), ["name"]);
  return (numbers) => {
    for (const { name, capacityBytes, freeBytes } of dictionaries(otherDictionaries, {
      ...filled,
      [CONFIG]: numbers.config,
    })) {
      capacity(capacityBytes, [name]);
      free(freeBytes, [name]);
    }
    const { accepted, active, busy } = numbers.connections;
    const states = { active, accepted, handled: accepted, reading: 0, writing: busy, waiting: active - busy };
    Object.entries(states).forEach(([state, value]) => {
      connections(value, [state]);
    });
    requests(numbers.requests, []);
    nodeInfo(1, [numbers.hostname]);
  };
}

function names(extra: readonly ExtraLabel[]): readonly string[] {
  return extra.map(({ name }) => name);
}

function values(extra: readonly ExtraLabel[], read: VariableReader): readonly string[] {
  return extra.map(({ variable }) => read(variable) ?? "");
}
