// Stand-in for Apache APISIX 3.17: serves users' requests.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { ProxySettings } from "../config/settings.js";
import type { MetricsRegistry } from "../metrics/registry.js";
import { Mirror } from "../plugins/mirror.js";
import type { Routing } from "../routing/compile.js";
import { compileExpression } from "../routing/expression.js";
import { decide, pageReply } from "./access.js";
import type { Decision, Forward, Reply } from "./access.js";
import { Connections } from "./attempt.js";
import type { Answer } from "./attempt.js";
import { Exchange, nowMs } from "./exchange.js";
import type { Attempt } from "./exchange.js";
import { Forwarding } from "./forward.js";
import type { UpstreamConnections } from "./forward.js";
import { GrpcConnections } from "./grpc.js";
import { answerHeaders, changeHeaders, without } from "./headers.js";
import { reasonOf, SERVER } from "./pages.js";
import { bytesOf, hasBody, writeHead, writeTrailers } from "./user.js";
import type { BytesBefore, UserRequest, UserResponse } from "./user.js";
import { wantsUpgrade, WebSocketTunnel } from "./websocket.js";

/** The proxy on ports 9080 and 9443. */
export class Proxy {
  readonly #connections: UpstreamConnections = {
    http: new Connections({ keepAlive: true }),
    grpc: new GrpcConnections(),
  };
  readonly #mirror: Mirror;
  readonly #metrics: MetricsRegistry;
  readonly #settings: ProxySettings;
  readonly #mirroring = new WeakMap<Socket, Promise<void>>();
  readonly #bytes = new WeakMap<Socket, BytesBefore>();
  /** The configuration in force; undefined until the first push. */
  routing: Routing | undefined;
  /** While true every answer closes its connection. */
  draining = false;
  /** Requests so far, and those under way. */
  readonly counts = { requests: 0, busy: 0 };

  constructor(metrics: MetricsRegistry, settings: ProxySettings, mirror: Mirror = new Mirror()) {
    this.#metrics = metrics;
    this.#settings = settings;
    this.#mirror = mirror;
  }

  /** Listener for requests of any HTTP server. */
  readonly listener = (request: UserRequest, response: UserResponse): void => {
    this.counts.requests += 1;
    this.counts.busy += 1;
    const busy = request.httpVersionMajor === 2 ? undefined : this.#mirroring.get(request.socket);
    if (busy === undefined) {
      this.#serve(request, response);
      return;
    }
    // As measured: a request on a kept-alive connection waits for the mirrored copy of the one before.
    void busy.then(() => {
      this.#serve(request, response);
    });
  };

  /** Whether the route of a request takes upgrades; elsewhere it is served like any other. */
  readonly takesUpgrade = (request: IncomingMessage): boolean => wantsUpgrade(request, this.routing, this.#settings);

  /** Listener for upgrades: the connection becomes a tunnel to the upstream. */
  readonly upgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.counts.requests += 1;
    const before = this.#bytes.get(request.socket) ?? { read: 0, written: 0 };
    const tunnel = new WebSocketTunnel(request, socket, head, this.#settings, before);
    void decide(tunnel.exchange, this.routing, this.#mirror).then((decision) => {
      tunnel.run(decision, () => {
        this.#record(tunnel.exchange, tunnel.status, this.#bytesOf(tunnel.exchange));
      });
    });
  };

  #serve(request: UserRequest, response: UserResponse): void {
    const { socket } = request;
    const before = this.#bytes.get(socket) ?? { read: 0, written: 0 };
    const exchange = new Exchange(request, response, this.#settings, before);
    response.on("error", () => undefined);
    response.on("close", () => {
      if (response.writableFinished || !this.#goesOnWithoutUser(exchange)) {
        exchange.abort?.();
        void this.#finish(exchange);
      }
    });
    void decide(exchange, this.routing, this.#mirror).then((decision) => {
      this.#act(exchange, decision);
    });
  }

  #act(exchange: Exchange, decision: Decision): void {
    if (exchange.response.destroyed) {
      return;
    }
    if (decision.kind === "reply") {
      this.#reply(exchange, decision);
      return;
    }
    exchange.source = "nginx";
    if (decision.upstream.scheme.startsWith("grpc")) {
      this.#forward(exchange, decision, undefined);
      return;
    }
    void this.#readBody(exchange).then((body) => {
      if (body !== "aborted") {
        this.#forward(exchange, decision, body);
      }
    });
  }

  /** The real one reads the whole body before it connects to an upstream. */
  #readBody({ request, response }: Exchange): Promise<Buffer | undefined | "aborted"> {
    if (!hasBody(request)) {
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        resolve(chunks.length === 0 ? undefined : Buffer.concat(chunks));
      });
      request.on("error", () => undefined);
      response.on("close", () => {
        resolve("aborted");
      });
    });
  }

  #forward(exchange: Exchange, forward: Forward, body: Buffer | undefined): void {
    if (forward.mirror !== undefined) {
      const { socket } = exchange.request;
      const mirrored = this.#mirror.send(forward.mirror, exchange, body);
      exchange.mirrored = mirrored;
      this.#mirroring.set(socket, mirrored);
      void mirrored.then(() => this.#mirroring.delete(socket));
    }
    new Forwarding(exchange, forward, body, this.#connections, {
      answered: (answer, attempt) => {
        this.#answer(exchange, answer, attempt);
      },
      failed: (status) => {
        const statuses = exchange.read("upstream_status") ?? String(status);
        this.#reply(exchange, { ...pageReply(status), headers: ["X-APISIX-Upstream-Status", statuses] });
      },
    }).start();
  }

  #answer(exchange: Exchange, answer: Answer, attempt: Attempt): void {
    const { response } = exchange;
    const ended = (): void => {
      attempt.endedMs ??= nowMs();
    };
    answer.body.on("end", ended);
    answer.body.on("close", ended);
    answer.body.on("error", () => response.destroy());
    if (response.destroyed) {
      // The user has gone, and the gateway is told not to mind.
      exchange.unsent = answer.status;
      answer.body.on("close", () => void this.#finish(exchange)).resume();
      return;
    }
    const given = answerHeaders(answer.headers, answer.status, exchange.read("upstream_status") ?? "");
    const { status, headers, body } = this.#rewriteAnswer(exchange, answer.status, given);
    writeHead(exchange, status, answer.reason, [...headers, ...this.#connection(exchange)]);
    if (body !== undefined) {
      answer.body.resume();
      response.end(body);
      return;
    }
    answer.body.on("end", () => {
      writeTrailers(response, answer.trailers());
      response.end();
    });
    answer.body.pipe(response, { end: false });
  }

  /** The response-rewrite plugin, which sees the gateway's own answers, too. */
  #rewriteAnswer(
    exchange: Exchange,
    status: number,
    headers: readonly string[],
  ): { readonly status: number; readonly headers: readonly string[]; readonly body: string | undefined } {
    exchange.response.statusCode = status;
    const plugin = exchange.match?.route.plugins.responseRewrite;
    const { vars } = plugin?.config ?? {};
    const runs =
      plugin?.applies(exchange.read) === true && (vars === undefined || compileExpression(vars)(exchange.read));
    if (!runs) {
      return { status, headers, body: undefined };
    }
    const { body, status_code, headers: changes = {} } = plugin.config;
    const kept = body === undefined ? headers : without(headers, new Set(["content-length", "content-encoding"]));
    return { status: status_code ?? status, headers: changeHeaders(kept, changes, exchange), body };
  }

  #reply(exchange: Exchange, reply: Reply): void {
    const { response } = exchange;
    if (response.headersSent || response.destroyed) {
      if (response.destroyed && this.#goesOnWithoutUser(exchange)) {
        exchange.unsent = reply.status;
        void this.#finish(exchange);
      }
      return;
    }
    const length = ["Content-Length", String(Buffer.byteLength(reply.body))];
    const given = ["Content-Type", reply.contentType, ...length, "Server", SERVER, ...reply.headers];
    const { status, headers, body } = this.#rewriteAnswer(exchange, reply.status, given);
    writeHead(exchange, status, reasonOf(status), [...headers, ...this.#connection(exchange)]);
    response.end(exchange.method === "HEAD" ? "" : (body ?? reply.body));
  }

  /** Said by nginx in every answer, without the seconds that Node would add. */
  #connection({ response }: Exchange): readonly string[] {
    const keep = !this.draining && "shouldKeepAlive" in response && response.shouldKeepAlive;
    return ["Connection", keep ? "keep-alive" : "close"];
  }

  /** With `proxy_ignore_client_abort`: an attempt under way is not given up. */
  #goesOnWithoutUser(exchange: Exchange): boolean {
    return this.#settings.ignoreClientAbort && exchange.attempts.length > 0 && !exchange.response.headersSent;
  }

  async #finish(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const bytes = this.#bytesOf(exchange);
    if (exchange.mirrored !== undefined) {
      await exchange.mirrored;
    }
    // A user who leaves in the middle of an upload made a bad request, one who leaves afterwards closed it.
    const gone = exchange.attempts.length === 0 && exchange.picked !== undefined && !request.complete ? 400 : 499;
    this.counts.busy -= 1;
    this.#record(exchange, exchange.unsent ?? (response.headersSent ? response.statusCode : gone), bytes);
  }

  /** What the connection has carried since the request before, which so is this one's. */
  #bytesOf(exchange: Exchange): ReturnType<Exchange["bytes"]> {
    const bytes = exchange.bytes();
    this.#bytes.set(exchange.request.socket, bytesOf(exchange.request.socket));
    return bytes;
  }

  #record(exchange: Exchange, code: number, bytes: ReturnType<Exchange["bytes"]>): void {
    const { match } = exchange;
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
      requestMs: exchange.elapsedMs,
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
