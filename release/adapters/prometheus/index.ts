import type { Reading } from "../../analysis/contract.js";
import type { MetricsPort } from "../../ports/index.js";
import { metricsOf } from "../../settings/index.js";
import type { ReleaseSettings } from "../../settings/index.js";
import { ownRulesOf } from "../../strategy/index.js";
import type { ServiceAccess } from "../service-access/index.js";
import { access } from "./access.js";
import { parseAnswer, rawSeriesOf } from "./answers.js";
import { gatewayCounters } from "./counters.js";
import { ask, isCustom, queryUrl, readCustom } from "./custom.js";
import type { CustomMetric } from "./custom.js";
import { whyNothing } from "./gateways.js";
import { rawSelector } from "./query.js";
import { readRatio } from "./ratio.js";
import type { RatioReading } from "./ratio.js";
import { renderTemplate } from "./templates.js";
import type { RenderTemplate } from "./templates.js";

export interface PrometheusOptions {
  readonly settings: ReleaseSettings;
  readonly serviceAccess: ServiceAccess;
  readonly render?: RenderTemplate;
}

type Window = Parameters<MetricsPort["read"]>[0];
type ReadingError = Extract<Reading, { kind: "error" }>;
type Builtin = ReadingError | { readonly kind: "series"; readonly series: Series };
type Series = Extract<Reading, { kind: "reading" }>["series"];

/** What the gateway counted, from Prometheus, and the numbers and counters of custom metrics from where they are. */
export function createPrometheus(options: PrometheusOptions): MetricsPort {
  const { settings, serviceAccess, render = renderTemplate } = options;
  const customMetrics = metricsOf(settings.analysis).filter(isCustom);
  const gateway = new GatewayReader(options);
  const readOne = async (metric: CustomMetric, window: Window, signal: AbortSignal): Promise<RatioReading> =>
    metric.template.numerator === undefined
      ? { outcome: await readCustom(settings, metric, window, { serviceAccess, render }, signal), series: [] }
      : readRatio(settings, metric, window, { serviceAccess, render }, signal);
  return {
    read: async (window, signal) => {
      const [builtin, custom] = await Promise.all([
        gateway.read(window.windowSeconds, signal),
        Promise.all(customMetrics.map((metric) => readOne(metric, window, signal))),
      ]);
      if (builtin.kind === "error") return builtin;
      return {
        kind: "reading",
        series: [...builtin.series, ...custom.flatMap(({ series }) => series)],
        custom: customMetrics.map(({ name }, index) => ({
          metric: name,
          outcome: custom[index]?.outcome ?? { kind: "noData" },
        })),
      };
    },
  };
}

/** The gateway's counters for one release. */
class GatewayReader {
  /** Once there were series, a lack of them is a lack of requests. */
  private seen = false;

  constructor(private readonly options: PrometheusOptions) {}

  async read(windowSeconds: number, signal: AbortSignal): Promise<Builtin> {
    const { settings, serviceAccess } = this.options;
    const { namespace, routeName, prometheusUrl, scrapeInterval, metricPrefix: prefix } = settings;
    const selection = { prefix, namespace, routeName, windowSeconds, latency: latencyOf(settings) };
    const url = queryUrl(prometheusUrl, rawSelector(selection));
    const answer = await ask(serviceAccess, { url, ...access(settings.prometheus) }, signal);
    if (answer.kind === "error") return trouble(answer.message);
    const parsed = parseAnswer(answer.body);
    if (parsed.kind === "error") return trouble(parsed.message);
    const raw = rawSeriesOf(parsed.data);
    if (raw === undefined) return trouble("its answer holds no raw samples");
    const place = { route: `${namespace}_${routeName}_`, own: ownRulesOf(settings.analysis) };
    const counters = gatewayCounters(raw, prefix, scrapeInterval, place);
    if (counters.kind === "error") return unfit(counters.message);
    this.seen ||= counters.series.some(({ kind }) => kind !== "metricErrors");
    const why = this.seen ? undefined : await whyNothing(settings, serviceAccess, signal);
    return why === undefined ? counters : unfit(why);
  }
}

function latencyOf({ analysis }: ReleaseSettings): "user" | "service" {
  const duration = metricsOf(analysis).find((metric) => metric.name === "request-duration" && !isCustom(metric));
  return duration !== undefined && "latency" in duration ? duration.latency : "user";
}

/** It doesn't answer as it should. */
function trouble(message: string): ReadingError {
  return { kind: "error", message: `Prometheus: ${message}` };
}

/** It answers, and what it has can't be judged by. */
function unfit(message: string): ReadingError {
  return { kind: "error", message: `Prometheus: ${message}`, answered: true };
}
