// Stand-in for Apache APISIX 3.17: one request of a user and what became of it.
import { isIP } from "node:net";
import type { ProxySettings } from "../config/settings.js";
import type { ResponseSource } from "../metrics/registry.js";
import { cidrList, plainAddress } from "../routing/addresses.js";
import type { CompiledRoute } from "../routing/compile.js";
import type { VariableReader } from "../routing/expression.js";
import type { Match } from "../routing/route-table.js";
import type { Node } from "../routing/upstream.js";
import { bytesOf, headersOf } from "./user.js";
import type { BytesBefore, UserRequest, UserResponse } from "./user.js";
import { readVariable } from "./variables.js";

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
  return Math.floor(performance.timeOrigin + performance.now());
}

/** State of one request, and the nginx variables that conditions and labels read. */
export class Exchange {
  readonly startedMs = nowMs();
  /** The path without query, decoded; a plugin may change it. */
  path: string;
  /** What an upstream is asked for; undefined asks for what the user did. */
  upstreamUri: string | undefined;
  readonly query: string;
  readonly host: string;
  readonly method: string;
  /** The user as a trusted peer names it, else the peer. */
  readonly remoteAddress: string;
  /** The other end of the connection, whatever headers say. */
  readonly peerAddress: string;
  /** Which of the gateway's workers has the connection. */
  readonly worker: number;
  readonly settings: ProxySettings;
  readonly attempts: Attempt[] = [];
  readonly #bytesBefore: BytesBefore;
  readonly #made = new Map<string, string>();
  match: Match<CompiledRoute> | undefined;
  /** The node chosen before the body was read. */
  picked: Node | undefined;
  source: ResponseSource = "apisix";
  /** Bytes of the request of an upgraded connection. */
  upgradedAt: number | undefined;
  /** Status to count where no answer could be sent. */
  unsent: number | undefined;
  /** Gives up the attempt under way; the proxy calls it when the user has gone. */
  abort: (() => void) | undefined;
  /** Done when a mirrored copy has been answered; the request counts as unfinished until then. */
  mirrored: Promise<void> | undefined;

  constructor(
    readonly request: UserRequest,
    readonly response: UserResponse,
    settings: ProxySettings,
    bytesBefore: BytesBefore,
  ) {
    const url = request.url ?? "/";
    const question = url.indexOf("?");
    const headers = headersOf(request);
    this.settings = settings;
    this.path = decodedPath(question < 0 ? url : url.slice(0, question));
    this.query = question < 0 ? "" : url.slice(question + 1);
    this.host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    this.method = request.method ?? "GET";
    this.peerAddress = plainAddress(request.socket.remoteAddress);
    this.remoteAddress = realAddress(this.peerAddress, headers[settings.realIp.header], settings.realIp.from);
    this.worker = (request.socket.remotePort ?? 0) % settings.workers;
    this.#bytesBefore = bytesBefore;
  }

  /** IP of the last node chosen, without port; empty when none was. */
  get node(): string {
    return (this.attempts.at(-1)?.node ?? this.picked)?.host ?? "";
  }

  /** Milliseconds since the request came, with the small error that the real one makes by counting in seconds. */
  get elapsedMs(): number {
    return (nowMs() / 1000 - this.startedMs / 1000) * 1000;
  }

  /** Time spent on upstreams, all attempts together; undefined when none was tried. */
  get upstreamMs(): number | undefined {
    if (this.attempts.length === 0) {
      return undefined;
    }
    return this.attempts.reduce((sum, { startedMs, endedMs }) => sum + (endedMs ?? nowMs()) - startedMs, 0);
  }

  /** Bytes of this request and its answer on the wire. What comes after an upgrade is not the request's. */
  bytes(): { readonly ingress: number; readonly egress: number } {
    const { read, written } = bytesOf(this.request.socket);
    return {
      ingress: this.upgradedAt ?? Math.max(0, read - this.#bytesBefore.read),
      egress: Math.max(0, written - this.#bytesBefore.written),
    };
  }

  /** Reads an nginx variable by name. */
  readonly read: VariableReader = (name) => readVariable(this, name);

  /** A value that is made once for each request that asks for it. */
  once(name: string, make: () => string): string {
    const known = this.#made.get(name) ?? make();
    this.#made.set(name, known);
    return known;
  }
}

/** As nginx's realip module: only a trusted peer may say who the user is. */
function realAddress(peer: string, header: string | string[] | undefined, trusted: readonly string[]): string {
  if (typeof header !== "string" || isIP(header) === 0) {
    return peer;
  }
  return cidrList(trusted).check(peer, isIP(peer) === 6 ? "ipv6" : "ipv4") ? header : peer;
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
