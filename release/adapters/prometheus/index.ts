import type { Reading } from "../../analysis/contract.js";
import type { MetricsPort } from "../../ports/index.js";
import type { ReleaseSettings } from "../../settings/index.js";
import type { ServiceAccess } from "../service-access/index.js";
import { access } from "./access.js";
import { parseAnswer, seriesOf } from "./answers.js";
import { ask, isCustom, queryUrl, readCustom } from "./custom.js";
import type { CustomMetric } from "./custom.js";
import { rawSelector } from "./query.js";
import { renderTemplate } from "./templates.js";
import type { RenderTemplate } from "./templates.js";

export interface PrometheusOptions {
  readonly settings: ReleaseSettings;
  readonly serviceAccess: ServiceAccess;
  readonly render?: RenderTemplate;
}

type Window = Parameters<MetricsPort["read"]>[0];
type Builtin = Extract<Reading, { kind: "error" }> | { readonly kind: "series"; readonly series: Series };
type Series = Extract<Reading, { kind: "reading" }>["series"];

/** What the gateway counted, from Prometheus, and the numbers of custom metrics from where they are. */
export function createPrometheus(options: PrometheusOptions): MetricsPort {
  const { settings, serviceAccess, render = renderTemplate } = options;
  const customMetrics = settings.analysis.metrics.filter(isCustom);
  const readOne = async (metric: CustomMetric, window: Window, signal: AbortSignal) => ({
    metric: metric.name,
    outcome: await readCustom(settings, metric, window, { serviceAccess, render }, signal),
  });
  return {
    read: async (window, signal) => {
      const [builtin, ...custom] = await Promise.all([
        readBuiltin(settings, serviceAccess, window.windowSeconds, signal),
        ...customMetrics.map((metric) => readOne(metric, window, signal)),
      ]);
      return builtin.kind === "error" ? builtin : { kind: "reading", series: builtin.series, custom };
    },
  };
}

async function readBuiltin(
  settings: ReleaseSettings,
  serviceAccess: ServiceAccess,
  windowSeconds: number,
  signal: AbortSignal,
): Promise<Builtin> {
  const { namespace, routeName, prometheusUrl, metricPrefix: prefix } = settings;
  const url = queryUrl(prometheusUrl, rawSelector({ prefix, namespace, routeName, windowSeconds }));
  const answer = await ask(serviceAccess, { url, ...access(settings.prometheus) }, signal);
  if (answer.kind === "error") return trouble(answer.message);
  const parsed = parseAnswer(answer.body);
  if (parsed.kind === "error") return trouble(parsed.message);
  const series = seriesOf(parsed.data, prefix);
  return series === undefined ? trouble("its answer holds no raw samples") : { kind: "series", series };
}

function trouble(message: string): Extract<Reading, { kind: "error" }> {
  return { kind: "error", message: `Prometheus: ${message}` };
}
