import http from "node:http";
import { KubeConfig } from "@kubernetes/client-node";
import { at, follow, textAt } from "../side-by-side/objects.js";
import { weightOf } from "../side-by-side/weights.js";
import { Accepting } from "./accepting.js";
import { Counting } from "./counting.js";
import { FakeNode } from "./fake-node.js";
import { Lateness } from "./lateness.js";
import { checkIntervalSeconds, prometheusPort, scrapeSeconds } from "./world-facts.js";

// The world around the releases, in a process of its own so that it looks at the clock undisturbed: a node without
// processes, an ingress controller that takes every route, and a Prometheus whose gateway follows the weights exactly. Started by `world-process.ts`.

/** What it has seen so far. */
export interface WorldReport {
  readonly latenessMs: readonly number[];
  readonly queries: number;
  /** Releases whose canary has traffic now. */
  readonly inAnalysis: number;
}

interface Release {
  readonly namespace: string;
  readonly name: string;
  canaryWeight: number;
}

const node = new FakeNode(configured());
const accepting = new Accepting();
const counting = new Counting();
const lateness = new Lateness(checkIntervalSeconds * 1000);
/** By `namespace_route`, as the gateway names it. */
const releases = new Map<string, Release>();
const state = { queries: 0 };

/** Looks of the analysis ask for more than the drain at its end does. */
const judgingWindowSeconds = checkIntervalSeconds + 5 * scrapeSeconds;

function configured(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}

function onRoute(namespace: string, route: unknown): void {
  const routeName = textAt(route, "metadata", "name");
  const name = textAt(route, "spec", "http", 0, "name");
  const canaryWeight = weightOf(route, `${name}-canary`);
  if (canaryWeight === undefined || at(route, "metadata", "deletionTimestamp") !== undefined) return;
  const key = `${namespace}_${routeName}`;
  const known = releases.get(key);
  if (known === undefined) releases.set(key, { namespace, name, canaryWeight });
  else known.canaryWeight = canaryWeight;
  if (canaryWeight === 0) lateness.end(key);
  void accepting.take(namespace, route);
}

function scrapeAll(): void {
  const now = Date.now() / 1000;
  for (const [key, { namespace, name, canaryWeight }] of releases) {
    const primary = node.addresses.get(`${namespace}/${name}-primary`);
    const canary = node.addresses.get(`${namespace}/${name}`);
    counting.scrape(key, { primary, canary, canaryWeight }, now);
  }
}

function answer(query: string): object {
  const arrivedMs = performance.now();
  const key = /route=~"\|?(.+?)_\.\+"/.exec(query)?.[1] ?? "";
  const windowSeconds = Number(/\[(\d+)s\]/.exec(query)?.[1] ?? "0");
  state.queries += 1;
  const release = releases.get(key);
  if (release !== undefined && release.canaryWeight > 0 && windowSeconds === judgingWindowSeconds)
    lateness.checked(key, arrivedMs);
  return counting.answer(key, windowSeconds, Date.now() / 1000);
}

function report(): WorldReport {
  const inAnalysis = [...releases.values()].filter(({ canaryWeight }) => canaryWeight > 0).length;
  return { latenessMs: lateness.values, queries: state.queries, inAnalysis };
}

async function main(namespace: string): Promise<void> {
  await node.start();
  setInterval(scrapeAll, scrapeSeconds * 1000);
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://world");
    const body = url.pathname === "/report" ? report() : answer(url.searchParams.get("query") ?? "");
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(prometheusPort, "127.0.0.1", resolve));
  const routes = `/apis/apisix.apache.org/v2/namespaces/${namespace}/apisixroutes`;
  await follow(routes, (route) => onRoute(namespace, route));
  process.send?.("ready");
}

process.once("disconnect", () => process.exit(0));
void main(process.argv[2] ?? "");
