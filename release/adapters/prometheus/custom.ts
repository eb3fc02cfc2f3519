import type { CustomOutcome } from "../../analysis/contract.js";
import type { MetricSettings, MetricTemplate, ReleaseSettings } from "../../settings/index.js";
import { ExchangeError } from "../http/index.js";
import type { Exchange } from "../http/index.js";
import type { ServiceAccess } from "../service-access/index.js";
import { access } from "./access.js";
import { parseAnswer, singleValue } from "./answers.js";
import { literalPattern } from "./query.js";
import type { RenderTemplate, TemplateValues } from "./templates.js";
import { valueAt } from "./web.js";

const timeoutMs = 5_000;
const maxBytes = 5 * 1024 * 1024;

export type CustomMetric = Extract<MetricSettings, { readonly template: MetricTemplate }>;

/** The pods that a query may ask about. */
export interface Nodes {
  readonly canaryNodes: readonly string[];
  readonly primaryNodes: readonly string[];
}

export function isCustom(metric: MetricSettings): metric is CustomMetric {
  return "template" in metric;
}

/** Reads one custom metric; whatever its provider does, the outcome is one of three. */
export async function readCustom(
  settings: ReleaseSettings,
  metric: CustomMetric,
  nodes: Nodes,
  world: { readonly serviceAccess: ServiceAccess; readonly render: RenderTemplate },
  signal: AbortSignal,
): Promise<CustomOutcome> {
  const { provider, query } = metric.template;
  if (provider.type === "web") {
    const headers = { accept: "application/json", ...provider.headers };
    const answer = await ask(world.serviceAccess, { url: new URL(provider.address), headers }, signal);
    return answer.kind === "body" ? valueAt(answer.body, provider.jsonPath) : answer;
  }
  const rendered = world.render(query, valuesOf(settings, metric, nodes));
  if (rendered.kind === "error") return rendered;
  const url = queryUrl(provider.address ?? settings.prometheusUrl, rendered.text);
  // What opens the release's own Prometheus is for no other one.
  const opened = access(provider.address === undefined ? settings.prometheus : undefined);
  const answer = await ask(world.serviceAccess, { url, ...opened }, signal);
  if (answer.kind === "error") return answer;
  const parsed = parseAnswer(answer.body);
  return parsed.kind === "error" ? parsed : singleValue(parsed.data);
}

/** Prometheus' instant query below any path prefix. */
export function queryUrl(address: string, query: string): URL {
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v1/query`;
  url.searchParams.set("query", query);
  return url;
}

type Asked = { readonly kind: "body"; readonly body: string } | { readonly kind: "error"; readonly message: string };

/** One bounded GET. Prometheus explains its refusals (400, 422, 503) in JSON, so these bodies are read too. */
export async function ask(
  serviceAccess: ServiceAccess,
  request: Pick<Exchange, "url" | "headers" | "tls">,
  signal: AbortSignal,
): Promise<Asked> {
  try {
    const { status, body } = await serviceAccess({ ...request, method: "GET", timeoutMs, maxBytes }, signal);
    if (status >= 200 && status <= 299) return { kind: "body", body };
    const parsed = parseAnswer(body);
    const said = parsed.kind === "error" && body.startsWith("{") ? `: ${parsed.message}` : "";
    return { kind: "error", message: `it answers ${status}${said}` };
  } catch (error) {
    if (signal.aborted) throw error;
    const away = error instanceof ExchangeError ? `it gives no answer: ${error.message}` : undefined;
    return { kind: "error", message: away ?? (error instanceof Error ? error.message : "it gives no answer") };
  }
}

/** No address: an empty pattern would match the series that have no node. */
const nobody = "nobody";

/** A pattern without a backslash needs no second escape inside a PromQL string. */
function nodePattern(nodes: readonly string[]): string {
  if (nodes.length === 0) return nobody;
  return nodes.map((node) => node.replace(/[^0-9A-Za-z:]/g, "[$&]")).join("|");
}

/** Values are for a quoted string or a regular expression of the query's own: nodes are a ready pattern. */
function valuesOf(settings: ReleaseSettings, metric: CustomMetric, nodes: Nodes): TemplateValues {
  const { name, namespace, routeName, service } = settings;
  const route = routeName.replace(new RegExp(`-${literalPattern(name)}-canary$`), "");
  const variables = Object.entries(metric.templateVariables);
  return {
    name,
    namespace,
    target: name,
    service: service.name,
    route,
    ingress: route,
    interval: `${Math.ceil(metric.interval)}s`,
    canaryNodes: nodePattern(nodes.canaryNodes),
    primaryNodes: nodePattern(nodes.primaryNodes),
    ...Object.fromEntries(variables.map(([key, value]) => [`variables.${key}`, value])),
  };
}
