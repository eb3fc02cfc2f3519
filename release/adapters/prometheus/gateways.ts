import type { ReleaseSettings } from "../../settings/index.js";
import type { ServiceAccess } from "../service-access/index.js";
import { access } from "./access.js";
import { labelValues, parseAnswer } from "./answers.js";
import { ask, queryUrl } from "./custom.js";
import { gatewayMetricNames, someRoutes } from "./query.js";

/**
 * Why a release's route has no series at all, as far as it is more than a lack of requests: another prefix, a gateway that
 * isn't scraped, route labels that are no names. undefined where requests may still come.
 */
export async function whyNothing(
  settings: ReleaseSettings,
  serviceAccess: ServiceAccess,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { metricPrefix: prefix } = settings;
  const [names, routes] = await Promise.all([
    valuesOf(gatewayMetricNames, "__name__", settings, serviceAccess, signal),
    valuesOf(someRoutes(prefix), "route", settings, serviceAccess, signal),
  ]);
  if (names === undefined || routes === undefined) return undefined;
  const counted = names.includes(`${prefix}http_status`);
  if (!counted && names.includes(`${prefix}nginx_metric_errors_total`)) return undefined;
  if (counted) return whyNotOurs(routes);
  const [other] = names.flatMap((name) => /^(.*)nginx_metric_errors_total$/.exec(name)?.[1] ?? []);
  return other === undefined
    ? `it has no series of a gateway (${prefix}http_status, ${prefix}nginx_metric_errors_total): let it scrape the gateway's exporter (port 9091, /apisix/prometheus/metrics)`
    : `the gateway's metrics begin with "${other}" and not with "${prefix}": set metricPrefix to "${other}"`;
}

/** Names of ApisixRoutes hold namespace, route and rule; ids of routes are numbers. */
function whyNotOurs(routes: readonly string[]): string | undefined {
  const labels = routes.filter((route) => route !== "");
  if (labels.length === 0 || labels.some((route) => /^[^_]+_[^_]+_.+$/.test(route))) return undefined;
  return `the gateway's route labels are ids (${labels.slice(0, 2).join(", ")}) and not names: set prefer_name of its prometheus plugin to true`;
}

async function valuesOf(
  query: string,
  label: string,
  { prometheusUrl, prometheus }: ReleaseSettings,
  serviceAccess: ServiceAccess,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const url = queryUrl(prometheusUrl, query);
  const answer = await ask(serviceAccess, { url, ...access(prometheus) }, signal);
  if (answer.kind === "error") return undefined;
  const parsed = parseAnswer(answer.body);
  return parsed.kind === "error" ? undefined : labelValues(parsed.data, label);
}
