/** Text as part of a PromQL regular expression, matched literally. */
export function literalPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** A PromQL string literal; nothing in `text` can end it. */
function quoted(text: string): string {
  return `"${text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`;
}

export interface RawSelection {
  readonly prefix: string;
  readonly namespace: string;
  readonly routeName: string;
  readonly windowSeconds: number;
  /** What is timed: what a user waits for, or the service's own answer. */
  readonly latency: "user" | "service";
}

/**
 * All that the built-in checks need, in one look: raw samples of the status counter and the latency histogram of the
 * release's own route, and how many counts the gateways lost, which has no route.
 */
export function rawSelector({ prefix, namespace, routeName, windowSeconds, latency }: RawSelection): string {
  const kinds = ["http_status", "http_latency_bucket", "nginx_metric_errors_total"];
  const names = kinds.map((kind) => literalPattern(`${prefix}${kind}`)).join("|");
  const route = `${literalPattern(`${namespace}_${routeName}`)}_.+`;
  const type = latency === "user" ? "request" : "upstream";
  const window = Math.max(1, Math.ceil(windowSeconds));
  return `{__name__=~${quoted(names)},route=~${quoted(`|${route}`)},type=~${quoted(`|${type}`)}}[${window}s]`;
}

/** Which metrics of a gateway there are at all, whatever they are called. */
export const gatewayMetricNames = 'count by (__name__) ({__name__=~".*http_status|.*nginx_metric_errors_total"})';

/** Some route labels, as the gateway writes them. */
export function someRoutes(prefix: string): string {
  return `count by (route) (topk(20, {__name__=${quoted(`${prefix}http_status`)}}))`;
}

/** All requests that were ever sent to these addresses, by any route. */
export function requestsQuery(prefix: string, nodes: readonly string[]): string {
  return `sum(${prefix}http_status{node=~${quoted(nodes.map(literalPattern).join("|"))}})`;
}
