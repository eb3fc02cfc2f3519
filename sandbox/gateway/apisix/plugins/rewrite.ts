// Stand-in for Apache APISIX 3.17: the proxy-rewrite and redirect plugins.
import type { Exchange } from "../proxy/exchange.js";
import { resolve } from "../proxy/headers.js";
import type { PluginConfig } from "./check.js";

/** Gives the request the path that the plugin asks for; conditions and logs see it, too. */
export function rewritePath(config: PluginConfig<"proxy-rewrite">, exchange: Exchange): void {
  const query = exchange.query === "" ? "" : exchange.query;
  const uri =
    config.uri === undefined ? byPattern(config.regex_uri ?? [], exchange.path) : resolve(config.uri, exchange);
  const [path = "", own] = splitOnce(uri, "?");
  exchange.path = path;
  const arguments_ = [own, query].filter((part) => part !== undefined && part !== "").join("&");
  exchange.upstreamUri = `${encodeURI(path)}${arguments_ === "" ? "" : `?${arguments_}`}`;
}

/** Pairs of pattern and replacement; the first one that matches counts. */
function byPattern(pairs: readonly string[], path: string): string {
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const pattern = new RegExp(pairs[i] ?? "");
    if (pattern.test(path)) {
      return path.replace(pattern, javaScriptReplacement(pairs[i + 1] ?? ""));
    }
  }
  return path;
}

/** nginx writes the whole match as `$0`. */
function javaScriptReplacement(replacement: string): string {
  return replacement.replace(/\$0/g, "$$&").replace(/\$\{(\d)\}/g, "$$$1");
}

/** Where the plugin sends a user, and with which status; undefined when it lets the request through. */
export function redirection(
  config: PluginConfig<"redirect">,
  exchange: Exchange,
): { readonly status: number; readonly location: string } | undefined {
  if (config.http_to_https === true) {
    if (exchange.read("scheme") === "https") {
      return undefined;
    }
    const port = exchange.settings.redirectPort;
    const host = port === undefined ? exchange.host : `${exchange.host}:${String(port)}`;
    const status = exchange.method === "GET" || exchange.method === "HEAD" ? 301 : 308;
    return { status, location: `https://${host}${exchange.request.url ?? "/"}` };
  }
  const location = config.uri === undefined ? replaced(config.regex_uri, exchange.path) : resolve(config.uri, exchange);
  if (location === undefined) {
    return undefined;
  }
  const join = location.includes("?") ? "&" : "?";
  const query = config.append_query_string && exchange.query !== "" ? `${join}${exchange.query}` : "";
  return { status: config.ret_code, location: `${location}${query}` };
}

function replaced(pair: readonly string[] | undefined, path: string): string | undefined {
  const pattern = new RegExp(pair?.[0] ?? "");
  return pattern.test(path) ? path.replace(pattern, javaScriptReplacement(pair?.[1] ?? "")) : undefined;
}

function splitOnce(text: string, mark: string): readonly [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
