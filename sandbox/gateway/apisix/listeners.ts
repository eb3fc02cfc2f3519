// Stand-in for Apache APISIX 3.17: takes users' connections, plain and over TLS, in HTTP/1.1 and HTTP/2.
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, Server as HttpServer, ServerOptions, ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { Http2Server, ServerHttp2Session } from "node:http2";
import { createServer as createTcpServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { SecureContext } from "node:tls";
import type { Proxy } from "./proxy/proxy.js";

const KEEP_ALIVE_MS = 60_000;
const REQUESTS_PER_CONNECTION = 1000;
/** With this a client begins that speaks HTTP/2 without having asked. */
const HTTP2_PREFACE = "PRI";

/** The servers behind all ports for users. */
export class UserListeners {
  readonly #http: HttpServer;
  readonly #http2: Http2Server;
  /** Connections with the number of requests under way. */
  readonly #sockets = new Map<Socket, number>();
  /** Requests that a connection has carried. */
  readonly #carried = new WeakMap<Socket, number>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #proxy: Proxy;

  constructor(proxy: Proxy) {
    this.#proxy = proxy;
    this.#http = httpServer(proxy);
    this.#http.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#busy(socket, 1);
      this.#count(socket, response);
      response.on("close", () => {
        this.#busy(socket, -1);
      });
    });
    this.#http.on("upgrade", ({ socket }: IncomingMessage) => {
      this.#busy(socket, 1);
    });
    this.#http2 = createHttp2Server({}, proxy.listener);
    this.#http2.on("sessionError", () => undefined);
    this.#http2.on("session", (session) => {
      this.#sessions.add(session);
      session.on("close", () => this.#sessions.delete(session));
    });
  }

  /** A server for plain connections; HTTP/2 is told by its first bytes. */
  plain(): Server {
    return createTcpServer({ noDelay: true }, (socket) => {
      this.#keep(socket);
      socket.once("data", (first) => {
        socket.pause();
        socket.unshift(first);
        this.#hand(socket, first.toString("latin1", 0, HTTP2_PREFACE.length) === HTTP2_PREFACE);
        process.nextTick(() => socket.resume());
      });
    });
  }

  /** A server for TLS. A name without a certificate ends the handshake. */
  tls(): Server {
    const options = {
      ALPNProtocols: ["h2", "http/1.1"],
      SNICallback: (name: string, callback: (error: Error | null, context?: SecureContext) => void) => {
        const context = this.#proxy.routing?.certificates.find(name);
        callback(context === undefined ? new Error(`no certificate for ${name}`) : null, context);
      },
    };
    const server = createTlsServer(options, (socket) => {
      this.#keep(socket);
      this.#hand(socket, socket.alpnProtocol === "h2");
    });
    return server.on("tlsClientError", () => undefined);
  }

  /** Closes connections that have no request under way, and lets those of HTTP/2 take no new one. */
  closeIdle(): void {
    this.#sessions.forEach((session) => {
      session.close();
    });
    for (const [socket, requests] of this.#sockets) {
      if (requests === 0) {
        socket.destroy();
      }
    }
  }

  closeAll(): void {
    for (const socket of this.#sockets.keys()) {
      socket.destroy();
    }
  }

  #busy(socket: Socket, more: number): void {
    const requests = this.#sockets.get(socket);
    if (requests !== undefined) {
      this.#sockets.set(socket, requests + more);
    }
  }

  /** As nginx: the last answer of a connection says so. Node's own limit would refuse the next request with a 503. */
  #count(socket: Socket, response: ServerResponse): void {
    const carried = (this.#carried.get(socket) ?? 0) + 1;
    this.#carried.set(socket, carried);
    if (carried >= REQUESTS_PER_CONNECTION) response.shouldKeepAlive = false;
  }

  #hand(socket: Socket, http2: boolean): void {
    if (http2) {
      // Closed by its session.
      this.#busy(socket, 1);
    }
    (http2 ? this.#http2 : this.#http).emit("connection", socket);
  }

  #keep(socket: Socket): void {
    this.#sockets.set(socket, 0);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
  }
}

function httpServer(proxy: Proxy): HttpServer {
  // Node 22 knows `shouldUpgradeCallback`, its type definitions do not yet.
  const options: ServerOptions & { readonly shouldUpgradeCallback: Proxy["takesUpgrade"] } = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
    shouldUpgradeCallback: proxy.takesUpgrade,
  };
  const server = createHttpServer(options, proxy.listener);
  server.on("upgrade", proxy.upgradeListener);
  server.requestTimeout = 0;
  server.headersTimeout = 60_000;
  return server;
}
