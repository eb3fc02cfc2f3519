// Stand-in for Apache APISIX 3.17: headers towards upstreams and users.
import type { Node, UpstreamState } from "../routing/upstream.js";
import type { Exchange } from "./exchange.js";
import { SERVER } from "./pages.js";
import { headersOf, rawHeadersOf } from "./user.js";

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
  "expect",
]);
/** A copy keeps what its user says of itself in X-Real-IP and X-Forwarded-For. */
const REPLACED_IN_MIRROR: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  "host",
  "content-length",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-port",
]);
const REPLACED_TOWARDS_UPSTREAM: ReadonlySet<string> = new Set([...REPLACED_IN_MIRROR, "x-real-ip", "x-forwarded-for"]);

/** Flat list of names and values with pairs taken out. */
export function without(headers: readonly string[], gone: ReadonlySet<string>): string[] {
  const result: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (!gone.has(name.toLowerCase())) {
      result.push(name, headers[i + 1] ?? "");
    }
  }
  return result;
}

/** Headers of the request that goes to `node`. */
export function upstreamHeaders(
  exchange: Exchange,
  host: UpstreamState["host"],
  node: Node,
  body: Buffer | undefined,
): string[] {
  const headers = headersOf(exchange.request);
  const result = ["Host", hostValue(exchange, host, node)];
  result.push(...without(rawHeadersOf(exchange.request), REPLACED_TOWARDS_UPSTREAM));
  const forwarded = headers["x-forwarded-for"];
  const chain = forwarded === undefined ? exchange.remoteAddress : `${String(forwarded)}, ${exchange.remoteAddress}`;
  result.push("X-Real-IP", exchange.remoteAddress, "X-Forwarded-For", chain);
  result.push(...forwardedHeaders(exchange));
  if (body !== undefined || headers["content-length"] !== undefined) {
    result.push("Content-Length", String(body?.length ?? 0));
  }
  return rewritten(exchange, result);
}

/** Headers of a mirrored copy: the user's own and what the gateway adds, on a connection that is used once. */
export function mirrorHeaders(exchange: Exchange, body: Buffer | undefined): string[] {
  const length = body === undefined ? [] : ["Content-Length", String(body.length)];
  const own = without(rawHeadersOf(exchange.request), REPLACED_IN_MIRROR);
  const host = headersOf(exchange.request).host ?? "";
  return ["Host", host, "Connection", "close", ...own, ...forwardedHeaders(exchange), ...length];
}

function forwardedHeaders(exchange: Exchange): readonly string[] {
  const proto = ["X-Forwarded-Proto", exchange.read("scheme") ?? "http"];
  const port = ["X-Forwarded-Port", exchange.read("server_port") ?? "80"];
  return [...proto, "X-Forwarded-Host", exchange.host, ...port];
}

function hostValue(exchange: Exchange, host: UpstreamState["host"], node: Node): string {
  const rewrite = exchange.match?.route.plugins.proxyRewrite;
  if (rewrite?.config.host !== undefined && rewrite.applies(exchange.read)) {
    return rewrite.config.host;
  }
  switch (host.kind) {
    case "pass":
      return headersOf(exchange.request).host ?? "";
    case "node":
      return `${node.host}:${String(node.port)}`;
    case "fixed":
      return host.value;
  }
}

/** Headers of the answer that goes to the user; `statuses` are those of all attempts. */
export function answerHeaders(given: readonly string[], status: number, statuses: string): string[] {
  const result = without(given, new Set([...HOP_BY_HOP, "server"]));
  result.push("Server", SERVER);
  if (status >= 500 && status < 600) {
    result.push("X-APISIX-Upstream-Status", statuses);
  }
  return result;
}

interface HeaderChanges {
  readonly add?: readonly string[] | Readonly<Record<string, string | number>> | undefined;
  readonly set?: Readonly<Record<string, string | number>> | undefined;
  readonly remove?: readonly string[] | undefined;
}

/** Applies the `headers` of response-rewrite or proxy-rewrite; `add` keeps what is there, `set` replaces it. */
export function changeHeaders(headers: readonly string[], changes: HeaderChanges, exchange: Exchange): string[] {
  const { add = [], set = {}, remove = [] } = changes;
  const result = without(headers, new Set([...remove, ...Object.keys(set)].map((name) => name.toLowerCase())));
  for (const [name, value] of Object.entries(set)) {
    result.push(name, resolve(String(value), exchange));
  }
  for (const [name, value] of Array.isArray(add) ? add.map(splitLine) : Object.entries(add)) {
    result.push(name, resolve(String(value), exchange));
  }
  return result;
}

function splitLine(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}

function rewritten(exchange: Exchange, headers: string[]): string[] {
  const rewrite = exchange.match?.route.plugins.proxyRewrite;
  return rewrite?.config.headers !== undefined && rewrite.applies(exchange.read)
    ? changeHeaders(headers, rewrite.config.headers, exchange)
    : headers;
}

/** Fills `$name` and `${name}` with the request's variables; nothing where there is none. */
export function resolve(text: string, exchange: Exchange): string {
  return text.replace(
    /\$(\w+)|\$\{(\w+)\}/g,
    (_all, plain?: string, braced?: string) => exchange.read(plain ?? braced ?? "") ?? "",
  );
}
