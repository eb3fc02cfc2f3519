// Stand-in for Apache APISIX 3.17: serves users' requests.
import { Agent } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { startAttempt } from "./attempt.js";
import type { Failure } from "./attempt.js";
import type { Routing } from "./compile.js";
import { Exchange, nowMs } from "./exchange.js";
import type { Attempt } from "./exchange.js";
import { compileExpression } from "./expression.js";
import { answerHeaders, rewriteHeaders, SERVER, upstreamHeaders } from "./headers.js";
import type { MetricsRegistry } from "./metrics.js";
import { Mirror } from "./mirror.js";
import { errorPage } from "./pages.js";
import type { Node, UpstreamState } from "./upstream.js";

/** Methods that may be repeated on another node after the first one has seen the request. */
const REPEATABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);

/** The proxy on port 9080. */
export class Proxy {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 320, scheduling: "lifo", timeout: 60_000 });
  readonly #mirror: Mirror;
  readonly #metrics: MetricsRegistry;
  readonly #mirroring = new WeakMap<Socket, Promise<void>>();
  readonly #bytes = new WeakMap<Socket, { read: number; written: number }>();
  /** The configuration in force; undefined until the first push. */
  routing: Routing | undefined;
  /** While true every answer closes its connection. */
  draining = false;
  requests = 0;

  constructor(metrics: MetricsRegistry, mirror: Mirror = new Mirror()) {
    this.#metrics = metrics;
    this.#mirror = mirror;
  }

  /** Listener for an http.Server. */
  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    this.requests += 1;
    const busy = this.#mirroring.get(request.socket);
    if (busy === undefined) {
      this.#serve(request, response);
      return;
    }
    // As measured: a request on a kept-alive connection waits for the mirrored copy of the one before.
    void busy.then(() => {
      this.#serve(request, response);
    });
  };

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const before = this.#bytes.get(socket) ?? { read: 0, written: 0 };
    const exchange = new Exchange(request, response, before);
    response.on("close", () => {
      if (!response.writableFinished) {
        exchange.abort?.();
      }
      void this.#finish(exchange);
    });
    if (request.headers["content-length"] === undefined && request.headers["transfer-encoding"] === undefined) {
      this.#route(exchange, undefined);
      return;
    }
    // The real one reads the whole body before it asks an upstream.
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      this.#route(exchange, chunks.length === 0 ? undefined : Buffer.concat(chunks));
    });
    request.on("error", () => undefined);
  }

  #route(exchange: Exchange, body: Buffer | undefined): void {
    exchange.match = this.routing?.table.find(exchange);
    const plugins = exchange.match?.route.plugins;
    if (plugins === undefined) {
      this.#reply(exchange, 404, '{"error_msg":"404 Route Not Found"}\n', "text/plain; charset=utf-8");
    } else if (plugins.fault !== undefined || plugins.mirror !== undefined) {
      void this.#withPlugins(exchange, body);
    } else {
      this.#forward(exchange, body);
    }
  }

  async #withPlugins(exchange: Exchange, body: Buffer | undefined): Promise<void> {
    const plugins = exchange.match?.route.plugins ?? {};
    const { delay, abort } = plugins.fault ?? {};
    if (delay !== undefined && applies(delay, exchange)) {
      await new Promise((resolve) => setTimeout(resolve, delay.duration * 1000));
    }
    if (abort !== undefined && applies(abort, exchange)) {
      this.#reply(exchange, abort.http_status, abort.body, "text/plain");
      return;
    }
    if (plugins.mirror !== undefined && this.#mirror.wants(plugins.mirror)) {
      const target = await this.#mirror.target(plugins.mirror);
      if (target !== undefined) {
        const { socket } = exchange.request;
        const mirrored = this.#mirror.send(plugins.mirror, target, exchange, body);
        exchange.mirrored = mirrored;
        this.#mirroring.set(socket, mirrored);
        void mirrored.then(() => this.#mirroring.delete(socket));
      }
    }
    this.#forward(exchange, body);
  }

  #forward(exchange: Exchange, body: Buffer | undefined): void {
    const upstream = exchange.match?.route.upstream(exchange.read);
    if (upstream === undefined || upstream.nodes.size === 0) {
      this.#reply(exchange, 503, errorPage(503), "text/html; charset=utf-8");
      return;
    }
    this.#try(exchange, upstream, body, { retriesLeft: upstream.retries, tried: new Set() });
  }

  #try(
    exchange: Exchange,
    upstream: UpstreamState,
    body: Buffer | undefined,
    state: { retriesLeft: number; readonly tried: Set<Node> },
  ): void {
    const node = untried(upstream, state.tried);
    if (node === undefined) {
      this.#failed(exchange, 502);
      return;
    }
    const attempt: Attempt = { node, startedMs: nowMs(), endedMs: undefined, status: undefined };
    exchange.attempts.push(attempt);
    const outgoing = {
      method: exchange.method,
      path: exchange.request.url ?? "/",
      headers: upstreamHeaders(exchange, upstream.host, node, body),
      body,
    };
    exchange.abort = startAttempt(this.#agent, node, outgoing, upstream.timeouts, {
      answered: (answer) => {
        attempt.status = answer.statusCode ?? 502;
        exchange.source = "upstream";
        this.#answer(exchange, answer, attempt);
      },
      failed: (failure) => {
        this.#next(exchange, upstream, body, state, attempt, failure);
      },
    });
  }

  #next(
    exchange: Exchange,
    upstream: UpstreamState,
    body: Buffer | undefined,
    state: { retriesLeft: number; readonly tried: Set<Node> },
    attempt: Attempt,
    failure: Failure,
  ): void {
    attempt.endedMs = nowMs();
    attempt.status = failure.status;
    const repeatable = !failure.sent || REPEATABLE.has(exchange.method);
    if (failure.stale && repeatable) {
      // A kept-alive connection that the node had closed is no failure of the node.
      exchange.attempts.pop();
      this.#try(exchange, upstream, body, state);
      return;
    }
    state.tried.add(attempt.node);
    if (state.retriesLeft > 0 && repeatable) {
      state.retriesLeft -= 1;
      this.#try(exchange, upstream, body, state);
      return;
    }
    this.#failed(exchange, failure.status);
  }

  #failed(exchange: Exchange, status: 502 | 504): void {
    exchange.source = "nginx";
    this.#reply(exchange, status, errorPage(status), "text/html; charset=utf-8");
  }

  #answer(exchange: Exchange, answer: IncomingMessage, attempt: Attempt): void {
    const { response } = exchange;
    const status = answer.statusCode ?? 502;
    let headers = answerHeaders(answer, status);
    const rewrite = exchange.match?.route.plugins.rewrite;
    response.statusCode = status;
    const rewrites =
      rewrite !== undefined && (rewrite.vars === undefined || compileExpression(rewrite.vars)(exchange.read));
    if (rewrites) {
      headers = rewriteHeaders(headers, rewrite, exchange);
    }
    if (this.draining) {
      headers.push("Connection", "close");
    }
    response.writeHead(rewrites ? (rewrite.status_code ?? status) : status, answer.statusMessage, headers);
    answer.on("end", () => {
      attempt.endedMs = nowMs();
    });
    answer.on("error", () => response.destroy());
    if (rewrites && rewrite.body !== undefined) {
      answer.resume();
      response.end(rewrite.body);
    } else {
      answer.pipe(response);
    }
  }

  #reply(exchange: Exchange, status: number, body: string, contentType: string): void {
    const { response } = exchange;
    if (response.headersSent || response.destroyed) {
      return;
    }
    const headers = ["Content-Type", contentType, "Content-Length", String(Buffer.byteLength(body)), "Server", SERVER];
    if (this.draining) {
      headers.push("Connection", "close");
    }
    response.writeHead(status, headers);
    response.end(exchange.method === "HEAD" ? undefined : body);
  }

  async #finish(exchange: Exchange): Promise<void> {
    const { request, response, match } = exchange;
    const bytes = exchange.bytes();
    this.#bytes.set(request.socket, { read: request.socket.bytesRead, written: request.socket.bytesWritten });
    const code = response.headersSent ? response.statusCode : 499;
    if (exchange.mirrored !== undefined) {
      await exchange.mirrored;
    }
    const labels = match === undefined ? this.#globalLabels() : match.route.labels;
    if (labels === undefined) {
      return;
    }
    this.#metrics.record({
      code,
      route: labels.route,
      service: labels.service,
      matchedUri: match?.uri ?? "",
      matchedHost: match?.host ?? "",
      node: exchange.node,
      source: exchange.source,
      requestMs: nowMs() - exchange.startedMs,
      upstreamMs: exchange.upstreamMs,
      ingressBytes: bytes.ingress,
      egressBytes: bytes.egress,
      read: exchange.read,
    });
  }

  #globalLabels(): { readonly route: string; readonly service: string } | undefined {
    return this.routing?.global.prometheus === undefined ? undefined : { route: "", service: "" };
  }
}

function untried(upstream: UpstreamState, tried: ReadonlySet<Node>): Node | undefined {
  for (let i = 0; i < upstream.nodes.size * 2 + 1; i += 1) {
    const node = upstream.nodes.next();
    if (node === undefined || !tried.has(node)) {
      return node;
    }
  }
  return undefined;
}

function applies(
  fault: { readonly percentage: number; readonly vars?: readonly (readonly unknown[])[] | undefined },
  exchange: Exchange,
): boolean {
  const matches = fault.vars === undefined || fault.vars.some((vars) => compileExpression(vars)(exchange.read));
  return matches && Math.random() * 100 < fault.percentage;
}
