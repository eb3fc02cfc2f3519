// Stand-in for Apache APISIX 3.17: one request of a user and what became of it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { plainAddress } from "./addresses.js";
import type { CompiledRoute } from "./compile.js";
import type { VariableReader } from "./expression.js";
import type { ResponseSource } from "./metrics.js";
import type { Match } from "./route-table.js";
import type { Node } from "./upstream.js";

/** One attempt on an upstream node. */
export interface Attempt {
  readonly node: Node;
  readonly startedMs: number;
  /** Set when the last byte has come, or the attempt has failed. */
  endedMs: number | undefined;
  /** The upstream's status, or 502 or 504 of a failed attempt. */
  status: number | undefined;
}

/** nginx measures in whole milliseconds; so do the metrics here. */
export function nowMs(): number {
  return Math.floor(performance.now());
}

/** State of one request, and the nginx variables that conditions and labels read. */
export class Exchange {
  readonly startedMs = nowMs();
  readonly path: string;
  readonly host: string;
  readonly method: string;
  readonly remoteAddress: string;
  readonly attempts: Attempt[] = [];
  readonly #bytesBefore: { readonly read: number; readonly written: number };
  match: Match<CompiledRoute> | undefined;
  source: ResponseSource = "apisix";
  /** Gives up the attempt under way; the proxy calls it when the user has gone. */
  abort: (() => void) | undefined;
  /** Done when a mirrored copy has been answered; the request counts as unfinished until then. */
  mirrored: Promise<void> | undefined;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    bytesBefore: { readonly read: number; readonly written: number },
  ) {
    const url = request.url ?? "/";
    const question = url.indexOf("?");
    this.path = decodedPath(question < 0 ? url : url.slice(0, question));
    this.host = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    this.method = request.method ?? "GET";
    this.remoteAddress = plainAddress(request.socket.remoteAddress);
    this.#bytesBefore = bytesBefore;
  }

  /** IP of the last node tried, without port; empty when none was. */
  get node(): string {
    return this.attempts.at(-1)?.node.host ?? "";
  }

  /** Time spent on upstreams, all attempts together; undefined when none was tried. */
  get upstreamMs(): number | undefined {
    if (this.attempts.length === 0) {
      return undefined;
    }
    return this.attempts.reduce((sum, { startedMs, endedMs }) => sum + (endedMs ?? nowMs()) - startedMs, 0);
  }

  /** Bytes of this request and its answer on the wire. */
  bytes(): { readonly ingress: number; readonly egress: number } {
    const { socket } = this.request;
    return {
      ingress: Math.max(0, socket.bytesRead - this.#bytesBefore.read),
      egress: Math.max(0, socket.bytesWritten - this.#bytesBefore.written),
    };
  }

  /** Reads an nginx variable by name. */
  readonly read: VariableReader = (name) => {
    if (name.startsWith("http_")) {
      return this.#header(name.slice(5).replaceAll("_", "-"));
    }
    if (name.startsWith("arg_")) {
      return this.#query().get(name.slice(4)) ?? undefined;
    }
    if (name.startsWith("cookie_")) {
      return this.#cookie(name.slice(7));
    }
    return this.#plain(name);
  };

  #plain(name: string): string | undefined {
    switch (name) {
      case "uri":
        return this.path;
      case "request_uri":
        return this.request.url;
      case "args":
      case "query_string":
        return this.#query().toString();
      case "host":
        return this.host;
      case "request_method":
        return this.method;
      case "remote_addr":
        return this.remoteAddress;
      case "scheme":
        return "http";
      case "status":
        return String(this.response.statusCode);
      case "upstream_addr":
        return this.attempts.map(({ node }) => `${node.host}:${String(node.port)}`).join(", ");
      case "upstream_status":
        return this.attempts.map(({ status }) => (status === undefined ? "-" : String(status))).join(", ");
      default:
        return undefined;
    }
  }

  #header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  #query(): URLSearchParams {
    const url = this.request.url ?? "";
    const question = url.indexOf("?");
    return new URLSearchParams(question < 0 ? "" : url.slice(question + 1));
  }

  #cookie(name: string): string | undefined {
    for (const pair of (this.request.headers.cookie ?? "").split(";")) {
      const equals = pair.indexOf("=");
      if (equals > 0 && pair.slice(0, equals).trim() === name) {
        return pair.slice(equals + 1).trim();
      }
    }
    return undefined;
  }
}

function decodedPath(path: string): string {
  if (!path.includes("%")) {
    return path;
  }
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
