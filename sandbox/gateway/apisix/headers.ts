// Stand-in for Apache APISIX 3.17: headers towards upstreams and users.
import type { IncomingMessage } from "node:http";
import type { Exchange } from "./exchange.js";
import type { ActivePlugins } from "./plugins.js";
import type { Node, UpstreamState } from "./upstream.js";

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
  "expect",
]);
const REPLACED_TOWARDS_UPSTREAM: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  "host",
  "content-length",
  "x-real-ip",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-port",
]);

/** The name that the gateway gives itself. */
export const SERVER = "APISIX/3.17.0";

/** Headers of the request that goes to `node`. */
export function upstreamHeaders(
  exchange: Exchange,
  host: UpstreamState["host"],
  node: Node,
  body: Buffer | undefined,
): string[] {
  const { request } = exchange;
  const original = request.headers.host ?? "";
  const result = ["Host", hostValue(host, node, original)];
  const raw = request.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? "";
    if (!REPLACED_TOWARDS_UPSTREAM.has(name.toLowerCase())) {
      result.push(name, raw[i + 1] ?? "");
    }
  }
  const forwarded = request.headers["x-forwarded-for"];
  const chain = forwarded === undefined ? exchange.remoteAddress : `${String(forwarded)}, ${exchange.remoteAddress}`;
  result.push("X-Real-IP", exchange.remoteAddress, "X-Forwarded-For", chain, "X-Forwarded-Proto", "http");
  result.push("X-Forwarded-Host", exchange.host, "X-Forwarded-Port", String(request.socket.localPort ?? 80));
  if (body !== undefined || request.headers["content-length"] !== undefined) {
    result.push("Content-Length", String(body?.length ?? 0));
  }
  return result;
}

function hostValue(host: UpstreamState["host"], node: Node, original: string): string {
  switch (host.kind) {
    case "pass":
      return original;
    case "node":
      return `${node.host}:${String(node.port)}`;
    case "fixed":
      return host.value;
  }
}

/** Headers of the answer that goes to the user. */
export function answerHeaders(answer: IncomingMessage, status: number): string[] {
  const raw = answer.rawHeaders;
  const result: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? "";
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && lower !== "server") {
      result.push(name, raw[i + 1] ?? "");
    }
  }
  result.push("Server", SERVER);
  if (status >= 500) {
    result.push("X-APISIX-Upstream-Status", String(status));
  }
  return result;
}

/** Applies the response-rewrite plugin to a flat list of headers. */
export function rewriteHeaders(
  headers: readonly string[],
  plugin: NonNullable<ActivePlugins["rewrite"]>,
  exchange: Exchange,
): string[] {
  const { add = [], set = {}, remove = [] } = plugin.headers ?? {};
  const gone = new Set([...remove, ...Object.keys(set)].map((name) => name.toLowerCase()));
  if (plugin.body !== undefined) {
    gone.add("content-length").add("content-encoding");
  }
  const result: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (!gone.has((headers[i] ?? "").toLowerCase())) {
      result.push(headers[i] ?? "", headers[i + 1] ?? "");
    }
  }
  const resolve = (text: string): string =>
    text.replace(
      /\$(\w+)|\$\{(\w+)\}/g,
      (_all, plain?: string, braced?: string) => exchange.read(plain ?? braced ?? "") ?? "",
    );
  for (const [name, value] of Object.entries(set)) {
    result.push(name, resolve(String(value)));
  }
  for (const line of add) {
    const colon = line.indexOf(":");
    result.push(line.slice(0, colon).trim(), resolve(line.slice(colon + 1).trim()));
  }
  return result;
}
