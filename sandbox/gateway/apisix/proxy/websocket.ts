// Stand-in for Apache APISIX 3.17: upgraded connections, of which WebSocket is the one in use.
import { request as httpRequest, ServerResponse, STATUS_CODES } from "node:http";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ProxySettings } from "../config/settings.js";
import type { Routing } from "../routing/compile.js";
import type { Decision, Forward } from "./access.js";
import { pageReply } from "./access.js";
import type { Attempt } from "./exchange.js";
import { Exchange, nowMs } from "./exchange.js";
import { upstreamHeaders, without } from "./headers.js";
import { SERVER } from "./pages.js";
import type { BytesBefore } from "./user.js";

/** Whether the route that a request belongs to has `enable_websocket`. */
export function wantsUpgrade(request: IncomingMessage, routing: Routing | undefined, settings: ProxySettings): boolean {
  const exchange = new Exchange(request, new ServerResponse(request), settings, { read: 0, written: 0 });
  return routing?.table.find(exchange)?.route.websocket === true;
}

/** A connection of a user that is joined to one of an upstream. It counts as one request, as long as it lasts. */
export class WebSocketTunnel {
  readonly exchange: Exchange;
  readonly #user: Duplex;
  readonly #head: Buffer;
  /** Counted when it is over. */
  status = 499;

  constructor(request: IncomingMessage, user: Duplex, head: Buffer, settings: ProxySettings, before: BytesBefore) {
    this.exchange = new Exchange(request, new ServerResponse(request), settings, before);
    this.exchange.upgradedAt = request.socket.bytesRead - before.read - head.length;
    this.#user = user;
    this.#head = head;
  }

  /** `over` is called once, when either end has closed. */
  run(decision: Decision, over: () => void): void {
    this.#user.on("error", () => undefined);
    this.#user.on("close", over);
    if (decision.kind === "reply") {
      this.#refuse(decision.status, decision.body);
      return;
    }
    this.exchange.source = "nginx";
    this.#connect(decision);
  }

  #connect({ upstream, node }: Forward): void {
    const { exchange } = this;
    const attempt: Attempt = { node, startedMs: nowMs(), endedMs: undefined, status: undefined };
    exchange.attempts.push(attempt);
    const { upgrade = "", connection = "upgrade" } = exchange.request.headers;
    const headers = [...upstreamHeaders(exchange, upstream.host, node, undefined)];
    headers.push("Upgrade", String(upgrade), "Connection", String(connection));
    const path = exchange.upstreamUri ?? exchange.request.url ?? "/";
    const { host, port } = node;
    const request = httpRequest({ host, port, method: exchange.method, path, headers, setHost: false, agent: false });
    const timer = setTimeout(() => request.destroy(), upstream.timeouts.connect + upstream.timeouts.read);
    request.on("close", () => {
      clearTimeout(timer);
    });
    request.on("upgrade", (answer, node, head) => {
      clearTimeout(timer);
      this.#answered(attempt, answer);
      this.#user.write(headText(101, answer.rawHeaders));
      node.write(this.#head);
      this.#user.write(head);
      node.pipe(this.#user).pipe(node);
      const end = (): void => {
        attempt.endedMs ??= nowMs();
        node.destroy();
        this.#user.destroy();
      };
      node.on("error", end).on("close", end);
      this.#user.on("close", end);
    });
    request.on("response", (answer) => {
      this.#answered(attempt, answer);
      const headers = without(answer.rawHeaders, new Set(["connection", "keep-alive", "transfer-encoding"]));
      this.#user.write(headText(this.status, [...headers, "Connection", "close"]));
      answer.pipe(this.#user);
      answer.on("end", () => (attempt.endedMs = nowMs()));
    });
    request.on("error", () => {
      if (attempt.status === undefined) {
        attempt.endedMs = nowMs();
        attempt.status = 502;
        this.#refuse(502, pageReply(502).body);
      }
    });
    request.end();
    this.#user.on("close", () => request.destroy());
  }

  #answered(attempt: Attempt, answer: IncomingMessage): void {
    this.status = answer.statusCode ?? 502;
    attempt.status = this.status;
    this.exchange.source = "upstream";
  }

  #refuse(status: number, body: string): void {
    this.status = status;
    const length = String(Buffer.byteLength(body));
    const headers = ["Content-Type", "text/html; charset=utf-8", "Content-Length", length, "Connection", "close"];
    this.#user.end(`${headText(status, headers)}${body}`);
  }
}

function headText(status: number, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ""}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() !== "server") {
      text += `${headers[i] ?? ""}: ${headers[i + 1] ?? ""}\r\n`;
    }
  }
  return `${text}Server: ${SERVER}\r\n\r\n`;
}
