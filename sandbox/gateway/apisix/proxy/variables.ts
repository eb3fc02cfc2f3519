// Stand-in for Apache APISIX 3.17: the nginx variables that conditions, labels and plugins read.
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { TLSSocket } from "node:tls";
import type { ProxySettings } from "../config/settings.js";
import type { Node } from "../routing/upstream.js";
import { headersOf } from "./user.js";
import type { UserRequest, UserResponse } from "./user.js";

/** The part of an exchange that variables are read from. */
interface Exchange {
  readonly request: UserRequest;
  readonly response: UserResponse;
  readonly settings: Pick<ProxySettings, "maps">;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly method: string;
  readonly remoteAddress: string;
  readonly peerAddress: string;
  readonly elapsedMs: number;
  readonly unsent: number | undefined;
  readonly match: { readonly route: { readonly id: string } } | undefined;
  readonly attempts: readonly {
    readonly node: Node;
    readonly startedMs: number;
    readonly endedMs: number | undefined;
    readonly status: number | undefined;
  }[];
  once(name: string, make: () => string): string;
}

/** The value of a variable; undefined when the request has none. */
export function readVariable(exchange: Exchange, name: string): string | undefined {
  if (name.startsWith("http_")) {
    return header(exchange, name.slice(5).replaceAll("_", "-"));
  }
  if (name.startsWith("arg_")) {
    return new URLSearchParams(exchange.query).get(name.slice(4)) ?? undefined;
  }
  if (name.startsWith("cookie_")) {
    return cookie(exchange, name.slice(7));
  }
  const map = exchange.settings.maps.find(({ variable }) => variable === name);
  if (map !== undefined) {
    return map.lookup(readVariable(exchange, map.source) ?? "");
  }
  return (name.startsWith("upstream_") ? ofUpstream(exchange, name) : undefined) ?? ofRequest(exchange, name);
}

function ofRequest(exchange: Exchange, name: string): string | undefined {
  const { request, response } = exchange;
  switch (name) {
    case "uri":
      return exchange.path;
    case "request_uri":
      return request.url;
    case "args":
    case "query_string":
      return exchange.query;
    case "is_args":
      return exchange.query === "" ? "" : "?";
    case "host":
      return exchange.host;
    case "hostname":
      return hostname();
    case "request_method":
      return exchange.method;
    case "remote_addr":
      return exchange.remoteAddress;
    case "realip_remote_addr":
      return exchange.peerAddress;
    case "remote_port":
      return String(request.socket.remotePort ?? "");
    case "server_addr":
      return request.socket.localAddress;
    case "server_port":
      return String(request.socket.localPort ?? "");
    case "server_protocol":
      return `HTTP/${request.httpVersion}`;
    case "scheme":
      return request.socket instanceof TLSSocket ? "https" : "http";
    case "request_id":
    case "apisix_request_id":
      return exchange.once("request_id", () => randomBytes(16).toString("hex"));
    case "request_time":
      return (exchange.elapsedMs / 1000).toFixed(3);
    case "status":
      return String(exchange.unsent ?? response.statusCode);
    case "route_id":
      return exchange.match?.route.id;
    case "request_type":
      return "traditional_http";
    default:
      return undefined;
  }
}

/** Several attempts are told one after the other. */
function ofUpstream({ attempts }: Exchange, name: string): string | undefined {
  switch (name) {
    case "upstream_addr":
      return attempts.map(({ node }) => `${node.host}:${String(node.port)}`).join(", ");
    case "upstream_status":
      return attempts.map(({ status }) => (status === undefined ? "-" : String(status))).join(", ");
    case "upstream_response_time":
      return attempts
        .map(({ startedMs, endedMs }) => (endedMs === undefined ? "-" : ((endedMs - startedMs) / 1000).toFixed(3)))
        .join(", ");
    default:
      return undefined;
  }
}

function header({ request }: Exchange, name: string): string | undefined {
  const value = headersOf(request)[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

function cookie({ request }: Exchange, name: string): string | undefined {
  for (const pair of (headersOf(request).cookie ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) {
      return pair.slice(equals + 1).trim();
    }
  }
  return undefined;
}
