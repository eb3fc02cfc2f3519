import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { sumOf } from "./measure.js";

const execute = promisify(execFile);

export interface Counters {
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
    apiRequests: sumOf(api, "apiserver_request_total"),
    prometheusQueries: sumOf(
      prometheus
        .split("\n")
        .filter((line) => line.includes('handler="/api/v1/query"'))
        .join("\n"),
      "prometheus_http_requests_total",
    ),
  };
}
