import { expect } from "chai";
import { createPrometheus } from "../../../release/adapters/prometheus/index.js";
import { createServiceAccess } from "../../../release/adapters/service-access/index.js";
import type { CounterSeries, Reading } from "../../../release/analysis/index.js";
import type { ReleaseInput } from "../../../release/settings/index.js";
import { answer, closeServers, noSignal, settingsFor, startServer } from "./fixture.js";
import type { PlayedServer } from "./fixture.js";

const window = { windowSeconds: 12, canaryNodes: ["10.0.0.2"], primaryNodes: ["10.0.0.1"] };
const matrix = (result: readonly unknown[]) => ({ status: "success", data: { resultType: "matrix", result } });
const vector = (label: string, values: readonly string[]) => ({
  status: "success",
  data: {
    resultType: "vector",
    result: values.map((value) => ({ metric: value === "" ? {} : { [label]: value }, value: [1, "1"] })),
  },
});

interface Answers {
  readonly raw?: readonly unknown[];
  readonly names?: readonly string[];
  readonly routes?: readonly string[];
  readonly counters?: Readonly<Record<string, readonly unknown[]>>;
}

describe("a Prometheus that lacks what a release needs", () => {
  afterEach(closeServers);
  let server: PlayedServer | undefined;

  async function read(answers: Answers, analysis?: unknown): Promise<Reading> {
    server = await startServer((seen, response) => {
      const query = new URL(seen.url, "http://x").searchParams.get("query") ?? "";
      if (query.startsWith("count by (__name__)")) answer(response, 200, vector("__name__", answers.names ?? []));
      else if (query.startsWith("count by (route)")) answer(response, 200, vector("route", answers.routes ?? []));
      else if (query.startsWith("{__name__")) answer(response, 200, matrix(answers.raw ?? []));
      else {
        const found = Object.entries(answers.counters ?? {}).find(([start]) => query.startsWith(start));
        answer(response, 200, matrix(found?.[1] ?? []));
      }
    });
    const settings = settingsFor({
      prometheusUrl: server.url,
      ...(analysis === undefined ? {} : { analysis: analysis as ReleaseInput["analysis"] }),
    });
    const serviceAccess = createServiceAccess({
      namespace: "test",
      serviceProxyFetch: () => Promise.reject(new Error("no proxy")),
    });
    return createPrometheus({ settings, serviceAccess }).read(window, noSignal);
  }

  const lacks: readonly (readonly [string, Answers, RegExp])[] = [
    [
      "the gateway's exporter isn't scraped",
      { names: [] },
      /^Prometheus: it has no series of a gateway \(apisix_http_status, .*exporter \(port 9091, \/apisix\/prometheus\/metrics\)$/,
    ],
    [
      "its metrics have another prefix",
      { names: ["edge_http_status", "edge_nginx_metric_errors_total"] },
      /^Prometheus: the gateway's metrics begin with "edge_" and not with "apisix_": set metricPrefix to "edge_"$/,
    ],
    [
      "its routes are ids",
      { names: ["apisix_http_status"], routes: ["", "501234", "8f3a"] },
      /^Prometheus: the gateway's route labels are ids \(501234, 8f3a\) and not names: set prefer_name/,
    ],
  ];
  for (const [title, answers, message] of lacks)
    it(`says so: ${title}`, async () => {
      const reading = await read(answers);
      if (reading.kind !== "error") throw new Error("a reading came of it");
      expect(reading.message).match(message);
      expect(reading.answered).equal(true);
    });

  it("has nothing to say where only requests are missing", async () => {
    for (const answers of [
      { names: ["apisix_nginx_metric_errors_total"] },
      { names: ["apisix_http_status"], routes: ["shop_cart_app"] },
      { names: ["apisix_http_status"], routes: [""] },
    ])
      expect(await read(answers)).deep.equal({ kind: "reading", series: [], custom: [] });
  });

  it("takes the gateway's own label where the scrape has one of the same name", async () => {
    const scrape = { instance: "10.0.9.1:9091", job: "apisix", node: "worker-3", service: "apisix-metrics" };
    const own = {
      exported_node: "10.0.0.2",
      exported_service: "test_podinfo_0",
      route: "test_podinfo-podinfo-canary_x",
    };
    const reading = await read({
      raw: [
        { metric: { __name__: "apisix_nginx_metric_errors_total", ...scrape }, values: [[1, "0"]] },
        { metric: { __name__: "apisix_http_status", code: "200", ...scrape, ...own }, values: [[1, "4"]] },
      ],
    });
    if (reading.kind === "error") throw new Error(reading.message);
    expect(reading.series.map(({ kind, node, instance }) => [kind, node, instance])).deep.equal([
      ["metricErrors", "", "10.0.9.1:9091"],
      ["status", "10.0.0.2", "10.0.9.1:9091"],
    ]);
  });

  it("reads method class and source of an answer, and the histogram that a bucket is of", async () => {
    const labels = { instance: "gw", node: "10.0.0.2", route: "test_podinfo-podinfo-canary_x", method_class: "write" };
    const bucket = { __name__: "apisix_http_latency_bucket", type: "request", ...labels };
    const reading = await read({
      raw: [
        {
          metric: { __name__: "apisix_http_status", code: "200", response_source: "upstream", ...labels },
          values: [[1, "4"]],
        },
        { metric: { ...bucket, le: "500" }, values: [[1, "4"]] },
        { metric: { ...bucket, le: "+Inf" }, values: [[1, "4"]] },
      ],
    });
    if (reading.kind === "error") throw new Error(reading.message);
    const [status, ...buckets] = reading.series;
    expect(status).deep.include({ methodClass: "write", responseSource: "upstream" });
    expect(new Set(buckets.map(({ histogram }) => histogram)).size).equal(1);
    expect(buckets.map(({ upperBoundMs }) => upperBoundMs)).deep.equal([500, Infinity]);
  });
});

describe("a metric that is a ratio of two counters", () => {
  afterEach(closeServers);

  const orders = {
    stepWeight: 10,
    metrics: [
      {
        name: "orders failed",
        thresholdRange: { max: 1 },
        template: {
          provider: { type: "prometheus" },
          numerator: 'orders_failed_total{namespace="{{ namespace }}",instance=~"({{ nodes }}):.+"}',
          denominator: 'orders_total{namespace="{{ namespace }}",instance=~"({{ nodes }}):.+"}',
        },
      },
    ],
  };
  const points = [
    [1, "3"],
    [16, "5"],
  ];

  async function read(play: (query: string) => unknown): Promise<{ reading: Reading; queries: readonly string[] }> {
    const queries: string[] = [];
    const server = await startServer((seen, response) => {
      const query = new URL(seen.url, "http://x").searchParams.get("query") ?? "";
      if (query.startsWith("orders")) queries.push(query);
      answer(response, 200, query.startsWith("orders") ? play(query) : matrix([]));
    });
    const settings = settingsFor({ prometheusUrl: server.url, analysis: orders as ReleaseInput["analysis"] });
    const serviceAccess = createServiceAccess({
      namespace: "test",
      serviceProxyFetch: () => Promise.reject(new Error("no proxy")),
    });
    const reading = await createPrometheus({ settings, serviceAccess }).read(window, noSignal);
    return { reading, queries };
  }

  it("is read as raw samples, once for each version and counter", async () => {
    const { reading, queries } = await read((query) =>
      matrix([{ metric: { __name__: query.split("{")[0], instance: "10.0.0.2:8080", job: "pods" }, values: points }]),
    );
    expect(queries.toSorted()).deep.equal(
      ["orders_failed_total", "orders_total"].flatMap((name) =>
        ["10[.]0[.]0[.]1", "10[.]0[.]0[.]2"].map((node) => `${name}{namespace="test",instance=~"(${node}):.+"}[70s]`),
      ),
    );
    if (reading.kind === "error") throw new Error(reading.message);
    expect(reading.custom).deep.equal([{ metric: "orders failed", outcome: { kind: "counters" } }]);
    const counted = reading.series.map((series: CounterSeries) => series.counted);
    expect(counted).deep.equal(
      (["subject", "baseline"] as const).flatMap((version) =>
        (["numerator", "denominator"] as const).map((role) => ({ metric: "orders failed", role, version })),
      ),
    );
  });

  it("that can't be read is an error of its own, and leaves the others alone", async () => {
    const { reading } = await read((query) =>
      query.startsWith("orders_total") ? { status: "error", error: "too many samples" } : matrix([]),
    );
    if (reading.kind === "error") throw new Error(reading.message);
    expect(reading.custom[0]?.outcome).deep.equal({ kind: "error", message: "too many samples" });
  });
});
