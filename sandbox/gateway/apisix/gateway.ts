// Stand-in for Apache APISIX 3.17: puts the parts of one gateway together.
import type { Server as HttpServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { hostname } from "node:os";
import { adminServer } from "./admin/admin.js";
import { ConfigStore } from "./admin/config-store.js";
import type { GatewaySettings, ListenAddress } from "./config/settings.js";
import { UserListeners } from "./listeners.js";
import { MetricsPage } from "./metrics/page.js";
import type { MetricsSource } from "./metrics/page.js";
import { MetricsRegistry } from "./metrics/registry.js";
import type { GatewayNumbers } from "./metrics/registry.js";
import { neverTorn } from "./metrics/tearing.js";
import type { Tearing } from "./metrics/tearing.js";
import { ACTIVE_PLUGINS } from "./plugins/names.js";
import { Proxy } from "./proxy/proxy.js";
import { Compiler } from "./routing/compile.js";
import type { Routing } from "./routing/compile.js";
import { statusServer } from "./status.js";

/** Things that are left to chance in a gateway; fixed in tests. */
export interface Chances {
  readonly tearing: Tearing;
  /** Milliseconds from the answer to a push until the workers act on it. */
  readonly applyDelayMs: () => number;
  /** Where round robins begin, and more; 0 to 1. */
  readonly random: () => number;
}

const DEFAULT_CHANCES: Chances = { tearing: neverTorn, applyDelayMs: () => 0, random: Math.random };

/** A running gateway. */
export class Gateway {
  readonly #settings: GatewaySettings;
  readonly #proxy: Proxy;
  readonly #users: UserListeners;
  readonly #userServers: readonly (readonly [Server, ListenAddress])[];
  readonly #otherServers: readonly (readonly [HttpServer, ListenAddress])[];
  readonly #page: MetricsPage;
  readonly #store: ConfigStore;
  readonly #connections = { accepted: 0, active: 0 };
  #otherRequests = 0;

  constructor(settings: GatewaySettings, given: Partial<Chances> = {}) {
    const chances = { ...DEFAULT_CHANCES, ...given };
    this.#settings = settings;
    const registry = new MetricsRegistry(settings.prometheus);
    const proxy = new Proxy(registry, settings.proxy);
    this.#proxy = proxy;
    const apply = (routing: Routing): void => {
      proxy.routing = routing;
      warnOfInactivePlugins(routing);
    };
    const compiler = new Compiler(settings.plugins, chances.random);
    const store = new ConfigStore(settings.plugins, apply, { delayMs: chances.applyDelayMs, compiler });
    this.#store = store;
    const source: MetricsSource = {
      cache: registry.cache,
      handOver: () => {
        registry.handOver();
      },
      size: () => registry.size(),
      page: (tear) => registry.page(this.#numbers(), tear),
    };
    this.#page = new MetricsPage(settings.prometheus, source, chances.tearing);
    this.#users = new UserListeners(proxy);
    this.#userServers = [
      ...settings.proxyListen.map((address) => [this.#users.plain(), address] as const),
      ...settings.tlsListen.map((address) => [this.#users.tls(), address] as const),
    ];
    this.#otherServers = [
      [statusServer(store), settings.status],
      [adminServer(settings.admin, store), settings.admin.listen],
      ...(settings.prometheus.exportServer ? [[this.#page.server(), settings.prometheus.listen] as const] : []),
    ];
    this.#count();
  }

  /** Listens on all ports. Rejects when one is taken. */
  async start(): Promise<void> {
    const servers = [...this.#userServers, ...this.#otherServers];
    await Promise.all(servers.map(([server, address]) => listen(server, address)));
    this.#page.start();
  }

  /** Ports that users may connect to. */
  proxyPorts(): number[] {
    return this.#userServers.map(([server]) => portOf(server.address()));
  }

  /** Where the gateway itself is asked. */
  get ports(): { readonly status: number; readonly admin: number; readonly metrics: number | undefined } {
    const [status = 0, admin = 0, metrics] = this.#otherServers.map(([server]) => portOf(server.address()));
    return { status, admin, metrics };
  }

  /** Takes no new connection on any port, finishes the requests under way, then closes everything. */
  async drain(): Promise<void> {
    this.#proxy.draining = true;
    const closing = Promise.all(this.#userServers.map(([server]) => closed(server)));
    this.#otherServers.forEach(([server]) => {
      server.close();
    });
    const idle = setInterval(() => {
      this.#users.closeIdle();
    }, 50);
    const timeout = new Promise((resolve) => setTimeout(resolve, this.#settings.shutdownTimeoutSeconds * 1000).unref());
    await Promise.race([closing, timeout]);
    clearInterval(idle);
    this.#users.closeAll();
    this.#otherServers.forEach(([server]) => {
      server.closeAllConnections();
    });
  }

  #numbers(): GatewayNumbers {
    const { requests, busy } = this.#proxy.counts;
    const { accepted, active } = this.#connections;
    return {
      hostname: hostname(),
      requests: requests + this.#otherRequests,
      config: this.#store.dictionary,
      connections: { accepted, active, busy: Math.min(busy, active) },
    };
  }

  #count(): void {
    for (const [server] of [...this.#userServers, ...this.#otherServers]) {
      server.on("connection", (socket) => {
        this.#connections.accepted += 1;
        this.#connections.active += 1;
        socket.on("close", () => (this.#connections.active -= 1));
      });
    }
    this.#otherServers.forEach(([server]) => server.on("request", () => (this.#otherRequests += 1)));
  }
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
