// Stand-in for Apache APISIX 3.17: the status API on port 7085 and the metrics page on port 9091.
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { ConfigStore } from "./config-store.js";
import type { GatewaySettings } from "./settings.js";

/** `/status` is about the process, `/status/ready` about a received configuration. */
export function statusServer(store: ConfigStore): Server {
  return createServer((request, response) => {
    const json = { "Content-Type": "application/json" };
    if (request.url === "/status") {
      response.writeHead(200, json).end('{"status":"ok"}');
    } else if (request.url !== "/status/ready") {
      response.writeHead(404, json).end('{"error_msg":"404 Route Not Found"}');
    } else if (store.received) {
      response.writeHead(200, json).end('{"status":"ok"}');
    } else {
      response.writeHead(503, json).end('{"error":"worker id: 0 has not received configuration","status":"error"}');
    }
  });
}

/** A worker writes its counters to shared memory this often, whatever the refresh interval. */
const WORKER_SYNC_MS = 1000;

/**
 * The metrics page as the real one serves it: workers hand their counters over once a second, and the page
 * is made anew once per refresh interval, so that a scrape sees numbers as old as both together.
 */
export class MetricsPage {
  #handedOver: string;
  #page: string;

  constructor(refreshIntervalSeconds: number, render: () => string) {
    this.#handedOver = render();
    this.#page = this.#handedOver;
    const refreshMs = refreshIntervalSeconds * 1000;
    const syncMs = Math.min(WORKER_SYNC_MS, refreshMs);
    setInterval(() => (this.#handedOver = render()), syncMs).unref();
    // Half a turn later, so that the ages at 1 s are the measured ones: median 1.0 s.
    setTimeout(() => {
      setInterval(() => (this.#page = this.#handedOver), refreshMs).unref();
    }, syncMs / 2).unref();
  }

  get text(): string {
    return this.#page;
  }

  server(settings: GatewaySettings["prometheus"]): Server {
    return createServer((request, response) => {
      if (request.method === "GET" && (request.url ?? "").split("?")[0] === settings.uri) {
        response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" }).end(this.#page);
      } else {
        response.writeHead(404).end();
      }
    });
  }
}
