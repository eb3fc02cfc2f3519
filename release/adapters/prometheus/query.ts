/** Text as part of a PromQL regular expression, matched literally. */
export function literalPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** A PromQL string literal; nothing in `text` can end it. */
export function quoted(text: string): string {
  return `"${text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`;
}

export interface RawSelection {
  readonly prefix: string;
  readonly namespace: string;
  readonly routeName: string;
  readonly windowSeconds: number;
}

/**
 * All that the built-in checks need, in one look: raw samples of the status counter and the latency histogram of
 * the release's own route. Of the latencies only type `request`: what a user waits for.
 */
export function rawSelector({ prefix, namespace, routeName, windowSeconds }: RawSelection): string {
  const kinds = ["http_status", "http_latency_bucket", "http_latency_count"];
  const names = kinds.map((kind) => literalPattern(`${prefix}${kind}`)).join("|");
  const route = `${literalPattern(`${namespace}_${routeName}`)}_.+`;
  const window = Math.max(1, Math.ceil(windowSeconds));
  return `{__name__=~${quoted(names)},route=~${quoted(route)},type=~"|request"}[${window}s]`;
}
