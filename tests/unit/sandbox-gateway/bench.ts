import { Agent, createServer, request as httpRequest } from "node:http";
import type { RequestListener } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { text as readText } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { checkConfig } from "../../../sandbox/gateway/apisix/admin/check.js";
import { readSettings } from "../../../sandbox/gateway/apisix/config/settings.js";
import { UserListeners } from "../../../sandbox/gateway/apisix/listeners.js";
import { MetricsRegistry } from "../../../sandbox/gateway/apisix/metrics/registry.js";
import { DEFAULT_PLUGINS } from "../../../sandbox/gateway/apisix/plugins/names.js";
import { Proxy } from "../../../sandbox/gateway/apisix/proxy/proxy.js";
import { Compiler } from "../../../sandbox/gateway/apisix/routing/compile.js";

const ENABLED = new Set(DEFAULT_PLUGINS);
export const HOST = "app.example.com";

/** What the tests of the metrics page say about the gateway as a whole. */
export const NUMBERS = {
  hostname: "gateway",
  requests: 1,
  config: { capacityBytes: 0, freeBytes: 0 },
  connections: { accepted: 0, active: 0, busy: 0 },
};

/** config.yaml with `extra` sections (YAML in flow style) beside what every gateway needs. */
export function settingsOf(extra = ""): ReturnType<typeof readSettings> {
  return readSettings(
    `{deployment: {role_traditional: {config_provider: yaml}}${extra === "" ? "" : `, ${extra}`}}`,
    {},
  );
}

const UPSTREAM_STATUS =
  "plugin_attr: {prometheus: {metrics: {http_status: {extra_labels: [{upstream_status: $upstream_status}]}}}}";

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A proxy on a free port, and what a test needs around it. */
export class Bench {
  readonly #servers: Server[] = [];
  readonly settings: ReturnType<typeof settingsOf>;
  readonly registry: MetricsRegistry;
  readonly proxy: Proxy;
  readonly users: UserListeners;
  readonly #compiler = new Compiler(ENABLED, () => 0);
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #agents: Agent[] = [];
  readonly #sockets = new Set<Socket>();
  port = 0;
  tlsPort = 0;

  constructor(extra = UPSTREAM_STATUS) {
    this.settings = settingsOf(extra);
    this.registry = new MetricsRegistry(this.settings.prometheus);
    this.proxy = new Proxy(this.registry, this.settings.proxy);
    this.users = new UserListeners(this.proxy);
  }

  async start(): Promise<void> {
    this.port = await this.listen(this.users.plain());
    this.tlsPort = await this.listen(this.users.tls());
  }

  serve(listener: RequestListener): Promise<number> {
    return this.listen(createServer(listener));
  }

  /** Lets a server listen on a free port until the bench stops. */
  async listen(server: Server): Promise<number> {
    this.#servers.push(server);
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return portOf(server);
  }

  /** One route `ns_app_main` of service `ns_app_0` over these ports, unless `extra` says otherwise. */
  configure(
    nodes: readonly number[],
    extra: {
      upstream?: object;
      service?: object;
      route?: object;
      routes?: unknown[];
      upstreams?: unknown[];
      ssls?: unknown[];
    } = {},
  ): void {
    const config = {
      services: [
        { id: "s", name: "ns_app_0", upstream: { nodes: nodes.map(node), ...extra.upstream }, ...extra.service },
      ],
      routes: [
        { id: "r", name: "ns_app_main", service_id: "s", uris: ["/*"], hosts: [HOST], ...extra.route },
        ...(extra.routes ?? []),
      ],
      upstreams: extra.upstreams ?? [],
      ssls: extra.ssls ?? [],
      global_rules: [{ id: "prometheus", plugins: { prometheus: { prefer_name: true } } }],
    };
    this.proxy.routing = this.#compiler.compile(checkConfig(config, ENABLED));
  }

  get(
    path = "/",
    method = "GET",
    body?: string,
    more: Record<string, string> = {},
    agent = this.#agent,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const headers = { Host: HOST, ...more };
      const options = { port: this.port, host: "127.0.0.1", path, method, agent, headers };
      const request = httpRequest(options, (response) => {
        readText(response).then(
          (text) => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
          reject,
        );
      });
      request.on("error", reject).end(body);
    });
  }

  /** Users from another address of this machine. */
  from(localAddress: string): Agent {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress });
    this.#agents.push(agent);
    return agent;
  }

  /** Lets the application at a port take upgrades and say everything back. */
  upgrades(port: number): void {
    this.#servers
      .find((server) => portOf(server) === port)
      ?.on("upgrade", (_request: unknown, socket: Socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        socket.pipe(socket).on("error", () => undefined);
      });
  }

  /** Whom the other end of a TLS connection says that it is. */
  subjectOf(socket: Socket): string {
    return socket instanceof TLSSocket ? (socket.getPeerX509Certificate()?.subject ?? "") : "";
  }

  async metrics(): Promise<string> {
    await sleep(20);
    return this.registry.text(NUMBERS);
  }

  stop(): void {
    [this.#agent, ...this.#agents].forEach((agent) => agent.destroy());
    this.users.closeAll();
    this.#sockets.forEach((socket) => socket.destroy());
    this.#servers.forEach((server) => server.close());
  }
}

export const node = (port: number) => ({ host: "127.0.0.1", port, weight: 100 });

export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A port where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
