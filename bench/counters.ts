import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const execute = promisify(execFile);

export interface Counters {
  readonly atMs: number;
  readonly apiRequests: number;
  readonly prometheusQueries: number;
}

/** What the API server and Prometheus have served so far. */
export async function readCounters(): Promise<Counters> {
  const [api, prometheus] = await Promise.all([
    execute("kubectl", ["get", "--raw", "/metrics"], { maxBuffer: 64 * 1024 * 1024 }).then(({ stdout }) => stdout),
    fetch("http://flagger-prometheus.apisix:9090/metrics").then((response) => response.text()),
  ]);
  return {
    atMs: performance.now(),
    apiRequests: sumOf(api, "apiserver_request_total"),
    prometheusQueries: sumOf(prometheus, "prometheus_http_requests_total", 'handler="/api/v1/query"'),
  };
}

/** Requests per second of a cluster at rest: leases of its controllers, heartbeats of its node. */
export async function backgroundRate(seconds: number): Promise<number> {
  const before = await readCounters();
  await pause(seconds * 1000);
  const after = await readCounters();
  return ((after.apiRequests - before.apiRequests) * 1000) / (after.atMs - before.atMs);
}

/** What somebody asked between two moments, without what a cluster at rest asks by itself. */
export function requestsBetween(
  before: Counters,
  after: Counters,
  backgroundPerSecond: number,
): Pick<Counters, "apiRequests" | "prometheusQueries"> {
  const seconds = (after.atMs - before.atMs) / 1000;
  const apiRequests = after.apiRequests - before.apiRequests - backgroundPerSecond * seconds;
  return {
    apiRequests: Math.max(0, Math.round(apiRequests)),
    prometheusQueries: after.prometheusQueries - before.prometheusQueries,
  };
}

/** Sum of all series of a counter in a Prometheus text page; `label` limits it to those that contain that text. */
export function sumOf(text: string, metric: string, label = ""): number {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .filter((line) => line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
