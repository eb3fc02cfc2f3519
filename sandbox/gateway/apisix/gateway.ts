// Stand-in for Apache APISIX 3.17: puts the parts of one gateway together.
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { adminServer } from "./admin.js";
import { ConfigStore } from "./config-store.js";
import { MetricsRegistry } from "./metrics.js";
import { ACTIVE_PLUGINS } from "./plugin-names.js";
import { Proxy } from "./proxy.js";
import type { GatewaySettings, ListenAddress } from "./settings.js";
import { MetricsPage, statusServer } from "./status.js";

const KEEP_ALIVE_MS = 60_000;
const REQUESTS_PER_CONNECTION = 1000;

/** A running gateway. */
export class Gateway {
  readonly #settings: GatewaySettings;
  readonly #proxy: Proxy;
  readonly #proxyServers: readonly Server[];
  readonly #otherServers: Server[] = [];
  readonly #store: ConfigStore;
  readonly #page: MetricsPage;

  constructor(settings: GatewaySettings) {
    this.#settings = settings;
    const registry = new MetricsRegistry(settings.prometheus);
    const proxy = new Proxy(registry);
    this.#proxy = proxy;
    this.#store = new ConfigStore(settings.plugins, (routing) => {
      proxy.routing = routing;
      warnOfInactivePlugins(routing);
    });
    this.#proxyServers = settings.proxyListen.map(() => proxyServer(proxy));
    let connections = 0;
    this.#proxyServers.forEach((server) =>
      server.on("connection", (socket) => {
        connections += 1;
        socket.on("close", () => (connections -= 1));
      }),
    );
    this.#page = new MetricsPage(settings.prometheus.refreshIntervalSeconds, () =>
      registry.text({ hostname: hostname(), requests: proxy.requests, connections }),
    );
  }

  /** Listens on all ports. Rejects when one is taken. */
  async start(): Promise<void> {
    const { status, admin, prometheus, proxyListen } = this.#settings;
    const servers: [Server, ListenAddress][] = [
      [statusServer(this.#store), status],
      [adminServer(admin, this.#store), admin.listen],
    ];
    if (prometheus.exportServer) {
      servers.push([this.#page.server(prometheus), prometheus.listen]);
    }
    this.#otherServers.push(...servers.map(([server]) => server));
    this.#proxyServers.forEach((server, index) => {
      const address = proxyListen[index];
      if (address !== undefined) {
        servers.push([server, address]);
      }
    });
    await Promise.all(servers.map(([server, address]) => listen(server, address)));
  }

  /** Ports that users may connect to. */
  proxyPorts(): number[] {
    return this.#proxyServers.map((server) => portOf(server.address()));
  }

  /** Takes no new connection, finishes the requests under way, then closes everything. */
  async drain(): Promise<void> {
    this.#proxy.draining = true;
    const closing = Promise.all(this.#proxyServers.map(closed));
    const idle = setInterval(() => {
      this.#proxyServers.forEach((server) => {
        server.closeIdleConnections();
      });
    }, 50);
    const timeout = new Promise((resolve) => setTimeout(resolve, this.#settings.shutdownTimeoutSeconds * 1000).unref());
    await Promise.race([closing, timeout]);
    clearInterval(idle);
    for (const server of [...this.#proxyServers, ...this.#otherServers]) {
      server.closeAllConnections();
      server.close();
    }
  }
}

function proxyServer(proxy: Proxy): Server {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, proxy.listener);
  server.requestTimeout = 0;
  server.headersTimeout = 60_000;
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION;
  return server;
}

function listen(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.ip, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}

const warned = new Set<string>();

function warnOfInactivePlugins(routing: { readonly pluginNames: readonly string[] }): void {
  for (const name of routing.pluginNames) {
    if (!ACTIVE_PLUGINS.has(name) && !warned.has(name)) {
      warned.add(name);
      console.warn(`stand-in: plugin ${name} is accepted but does nothing here`);
    }
  }
}
