import { Agent, request as httpRequest } from "node:http";
import type { Server } from "node:http";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Resources } from "../../sandbox/gateway/adc/protocol.js";
import { Standalone } from "../../sandbox/gateway/adc/standalone.js";
import { readSettings } from "../../sandbox/gateway/apisix/config/settings.js";
import type { GatewaySettings } from "../../sandbox/gateway/apisix/config/settings.js";
import { Gateway } from "../../sandbox/gateway/apisix/gateway.js";
import { assemble } from "../../sandbox/gateway/controller/assemble.js";
import { apisixRouteSchema } from "../../sandbox/gateway/controller/resources.js";
import { translateRoute } from "../../sandbox/gateway/controller/translate-route.js";
import { HERE, PORTS, startApplication, THERE } from "./applications.js";
import { plainProxy, recordedCluster } from "./cluster.js";
import type { RecordedRequest, Recording } from "./recording.js";

/** config.yaml of the recorded gateway. */
const CONFIG = `
nginx_config: {worker_processes: 1}
deployment:
  role: traditional
  role_traditional: {config_provider: yaml}
  admin: {admin_key: [{name: admin, key: right, role: admin}], allow_admin: ["0.0.0.0/0"]}
plugins: [real-ip, client-control, request-id, cors, ip-restriction, ua-restriction, referer-restriction, uri-blocker,
  request-validation, authz-keycloak, openid-connect, basic-auth, jwt-auth, key-auth, consumer-restriction, forward-auth,
  proxy-cache, proxy-mirror, proxy-rewrite, api-breaker, limit-conn, limit-count, limit-req, gzip, traffic-split, redirect,
  response-rewrite, fault-injection, prometheus, http-logger]
plugin_attr:
  prometheus:
    export_addr: {ip: 0.0.0.0}
    refresh_interval: 0.2
    metrics: {http_status: {extra_labels: [{upstream_addr: $upstream_addr}, {upstream_status: $upstream_status}]}}
`;
/** The users' address: not the gateway's own, which the mirror's rule is about. */
const USER = `${HERE}99`;
/** Longer than a worker's hand-over and two pages. */
const SETTLED_MS = 600;

/** What a replay brought. */
export interface Replayed {
  /** In the recording's own addresses, as all of it. */
  readonly before: string;
  readonly after: string;
  readonly answers: readonly { readonly status: number; readonly backend: string | null }[];
}

/** Applications of the recordings, at their addresses on this machine. */
export class Applications {
  readonly #servers: Server[] = [];
  readonly ports = { answering: 0, closed: 0 };

  async start(): Promise<void> {
    const first = await this.#serve(6, "primary", 0);
    const address = first.address();
    this.ports.answering = typeof address === "object" ? (address?.port ?? 0) : 0;
    await this.#serve(7, "primary", this.ports.answering);
    await this.#serve(12, "canary", this.ports.answering);
    const other = await startApplication(`${HERE}12`, "canary", 0);
    const closed = other.address();
    this.ports.closed = typeof closed === "object" ? (closed?.port ?? 0) : 0;
    await new Promise((resolve) => other.close(resolve));
  }

  stop(): void {
    this.#servers.forEach((server) => {
      server.closeAllConnections();
      server.close();
    });
  }

  async #serve(number: number, backend: "primary" | "canary", port: number): Promise<Server> {
    const server = await startApplication(`${HERE}${String(number)}`, backend, port);
    this.#servers.push(server);
    return server;
  }
}

/** Sends a recording's requests through a gateway of their own; `random` says where its round robins begin. */
export async function replay(
  recording: Recording,
  applications: Applications,
  random: () => number,
): Promise<Replayed> {
  const gateway = new Gateway(settings(await portOfFourDigits()), { random });
  await gateway.start();
  try {
    const [users = 0] = gateway.proxyPorts();
    const { admin, metrics = 0 } = gateway.ports;
    const adc = new Standalone(true);
    const server = `http://127.0.0.1:${String(admin)}`;
    await push(adc, server, assemble(plainProxy, [], [], [], recordedCluster(applications.ports)));
    await sleep(SETTLED_MS);
    const before = await page(metrics);
    await push(adc, server, translated(recording, applications, users));
    const answers: Replayed["answers"][number][] = [];
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const request of recording.requests) {
      answers.push(await send(request, recording.host, users, agent));
    }
    await sleep(SETTLED_MS);
    const after = await page(metrics);
    agent.destroy();
    const recorded = (text: string): string => inRecordedAddresses(text, applications.ports);
    return { before: recorded(before), after: recorded(after), answers };
  } finally {
    await gateway.drain();
  }
}

/** As long as the real gateway's in the headers of mirrored requests. */
async function portOfFourDigits(): Promise<number> {
  for (;;) {
    const port = 5000 + Math.floor(Math.random() * 4000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "0.0.0.0", () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (free) {
      return port;
    }
  }
}

function settings(port: number): GatewaySettings {
  const read = readSettings(CONFIG, {});
  const anyPort = { ip: "0.0.0.0", port: 0 };
  return {
    ...read,
    proxyListen: [{ ...anyPort, port }],
    tlsListen: [],
    status: anyPort,
    admin: { ...read.admin, listen: anyPort },
    prometheus: { ...read.prometheus, listen: anyPort },
  };
}

function translated(recording: Recording, { ports }: Applications, users: number): Resources {
  const text = JSON.stringify(recording.route).replaceAll("http://127.0.0.1:9080", `http://127.0.0.1:${String(users)}`);
  const cluster = recordedCluster(ports);
  const route = translateRoute(apisixRouteSchema.parse(JSON.parse(text)), cluster);
  return assemble(plainProxy, [route], [], [], cluster);
}

async function push(adc: Standalone, server: string, config: Resources): Promise<void> {
  const opts = { backend: "apisix-standalone", server: [server], token: "right", cacheKey: "gw", bypassCache: false };
  const { endpoint_status: endpoints } = await adc.sync({ opts, config });
  const refused = endpoints.find(({ success }) => !success)?.reason;
  if (refused !== undefined) {
    throw new Error(refused);
  }
}

function send(
  { method, path, headers, bodyBytes, ms }: RecordedRequest,
  host: string,
  port: number,
  agent: Agent,
): Promise<Replayed["answers"][number]> {
  const upgrade = headers["upgrade"] !== undefined;
  const more = upgrade
    ? {
        Connection: "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": Buffer.alloc(16, 1).toString("base64"),
      }
    : {};
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: "127.0.0.1",
      port,
      localAddress: USER,
      method,
      path,
      headers: { Host: host, ...headers, ...more },
      agent: upgrade ? false : agent,
    });
    request.on("response", (response) => {
      const backend = response.headers["x-backend"];
      response.resume().on("end", () => {
        resolve({ status: response.statusCode ?? 0, backend: typeof backend === "string" ? backend : null });
      });
    });
    request.on("upgrade", (response, socket) => {
      setTimeout(() => {
        socket.destroy();
        resolve({ status: response.statusCode ?? 0, backend: null });
      }, ms);
    });
    request.on("error", reject);
    request.end(bodyBytes === 0 ? undefined : Buffer.alloc(bodyBytes, "x"));
  });
}

async function page(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${String(port)}/apisix/prometheus/metrics`)).text();
}

function inRecordedAddresses(text: string, { answering, closed }: Applications["ports"]): string {
  return text
    .replaceAll(HERE, THERE)
    .replaceAll(`:${String(answering)}`, `:${String(PORTS.answering)}`)
    .replaceAll(`:${String(closed)}`, `:${String(PORTS.closed)}`);
}
