// Stand-in for Apache APISIX 3.17: the metrics page on port 9091, made anew once per refresh interval.
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { GatewaySettings } from "../config/settings.js";
import type { SharedDict } from "./shared-dict.js";
import { neverTorn } from "./tearing.js";
import type { Tear, Tearing } from "./tearing.js";

/** A worker writes its counters to shared memory this often, whatever the refresh interval. */
const WORKER_SYNC_MS = 1000;
const CACHED = "cached_metrics_text";

/** What the page is made from. */
export interface MetricsSource {
  /** Where the text is kept. */
  readonly cache: SharedDict;
  handOver(): void;
  /** Keys that a page has to read. */
  size(): number;
  page(tear: Tear | undefined): string;
}

/**
 * Workers hand their counters over once a second, and the page is read from shared memory once per refresh interval
 * and kept in another dictionary, so that a scrape sees numbers as old as both together. For a page that is too large
 * for that dictionary the old one is thrown out, and scrapes fail.
 */
export class MetricsPage {
  readonly #settings: GatewaySettings["prometheus"];
  readonly #source: MetricsSource;
  readonly #tearing: Tearing;

  constructor(settings: GatewaySettings["prometheus"], source: MetricsSource, tearing: Tearing = neverTorn) {
    this.#settings = settings;
    this.#source = source;
    this.#tearing = tearing;
    this.refresh();
  }

  /** Starts both timers. */
  start(): void {
    const refreshMs = this.#settings.refreshIntervalSeconds * 1000;
    const syncMs = Math.min(WORKER_SYNC_MS, refreshMs);
    setInterval(() => {
      this.#source.handOver();
    }, syncMs).unref();
    // Half a turn later, so that the ages at 1 s are the measured ones: median 1.0 s.
    setTimeout(() => {
      setInterval(() => {
        this.refresh();
      }, refreshMs).unref();
    }, syncMs / 2).unref();
  }

  /** Reads the page anew. */
  refresh(): void {
    const text = this.#source.page(this.#tearing(this.#source.size()));
    const ttlSeconds = this.#settings.refreshIntervalSeconds * 2;
    if (this.#source.cache.set(CACHED, text, ttlSeconds) === "no memory") {
      console.error(`prometheus-cache is too small for a page of ${String(text.length)} bytes`);
    }
  }

  /** Undefined when there is no page to show. */
  get text(): string | undefined {
    const cached = this.#source.cache.get(CACHED);
    return typeof cached === "string" ? cached : undefined;
  }

  server(): Server {
    return createServer((request, response) => {
      const { text } = this;
      if (request.method !== "GET" || (request.url ?? "").split("?")[0] !== this.#settings.uri) {
        response.writeHead(404).end();
      } else if (text === undefined) {
        const message = { message: "Failed to retrieve metrics: no data available" };
        response.writeHead(500, { "Content-Type": "application/json" }).end(JSON.stringify(message));
      } else {
        response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" }).end(text);
      }
    });
  }
}
