import { expect } from "chai";
import { createPrometheus } from "../../../release/adapters/prometheus/index.js";
import { rawSelector } from "../../../release/adapters/prometheus/query.js";
import { createServiceAccess } from "../../../release/adapters/service-access/index.js";
import type { Reading } from "../../../release/analysis/contract.js";
import type { ReleaseInput } from "../../../release/settings/index.js";
import { answer, closeServers, errorOf, noSignal, settingsFor, startServer } from "./fixture.js";
import type { Play, PlayedServer } from "./fixture.js";

const window = { windowSeconds: 60, canaryNodes: ["10.0.0.1", "10.0.0.2"], primaryNodes: ["10.0.0.3"] };
const empty = { status: "success", data: { resultType: "matrix", result: [] } };

describe("metrics from Prometheus", () => {
  let server: PlayedServer | undefined;
  afterEach(closeServers);

  async function read(play: Play, metrics?: unknown, signal = noSignal, nodes = window): Promise<Reading> {
    server = await startServer(play);
    const analysis = { stepWeight: 10, ...(metrics === undefined ? {} : { metrics }) } as ReleaseInput["analysis"];
    const settings = settingsFor({ prometheusUrl: `${server.url}/prefix/`, analysis });
    const noProxy = () => Promise.reject(new Error("no proxy in this test"));
    const serviceAccess = createServiceAccess({ namespace: "test", serviceProxyFetch: noProxy });
    return createPrometheus({ settings, serviceAccess }).read(nodes, signal);
  }

  const custom = (query: string, more = {}) => [
    { name: "mine", thresholdRange: { max: 5 }, template: { provider: { type: "prometheus" }, query }, ...more },
  ];
  const customOutcome = async (data: unknown) => {
    const reading = await read((seen, response) => {
      const isRaw = (new URL(seen.url, "http://x").searchParams.get("query") ?? "").includes("__name__");
      answer(response, 200, isRaw ? empty : { status: "success", data });
    }, custom("q"));
    return reading.kind === "reading" ? reading.custom[0]?.outcome : reading;
  };

  it("asks once for raw samples of the release's own route", async () => {
    const metric = {
      __name__: "apisix_http_status",
      node: "10.0.0.1",
      code: "200",
      route: "test_podinfo-podinfo-canary_x",
    };
    const result = [{ metric, values: [[1, "2"]] }];
    const some = { status: "success", data: { resultType: "matrix", result } };
    await read((_seen, response) => answer(response, 200, some));
    const asked = server?.seen.map(({ url }) => new URL(url, "http://x"));
    expect(asked?.map(({ pathname }) => pathname)).to.deep.equal(["/prefix/api/v1/query"]);
    expect(asked?.[0]?.searchParams.get("query")).to.equal(
      '{__name__=~"apisix_http_status|apisix_http_latency_bucket|apisix_nginx_metric_errors_total",' +
        'route=~"|test_podinfo-podinfo-canary_.+",type=~"|request"}[60s]',
    );
  });

  it("lets no name end the query's strings", () => {
    const query = rawSelector({
      ...{ prefix: "a.", namespace: 'x"}', routeName: "r\\|.*" },
      windowSeconds: 0.2,
      latency: "service",
    });
    expect(query)
      .to.contain('route=~"|x\\"\\\\}_r\\\\\\\\\\\\|\\\\.\\\\*_.+"')
      .and.to.match(/\[1s\]$/);
  });

  it("reads counters, buckets, attempts and empty nodes", async () => {
    const labels = { instance: "gw:9091", node: "10.0.0.1", route: "test_podinfo-podinfo-canary_app" };
    const result = [
      {
        metric: {
          __name__: "apisix_http_status",
          code: "200",
          upstream_status: "502, 200",
          upstream_addr: "a, b",
          ...labels,
        },
        values: [
          [1000.25, "1"],
          [1002, "NaN"],
          [1004, "3"],
        ],
      },
      { metric: { __name__: "apisix_http_status", code: "503", ...labels, node: "" }, values: [[1, "2"]] },
      {
        metric: { __name__: "apisix_http_latency_bucket", le: "+Inf", type: "request", ...labels },
        values: [[1, "5"]],
      },
      { metric: { __name__: "apisix_http_latency_count", type: "request", ...labels }, values: [[1, "5"]] },
      { metric: { __name__: "other" }, values: [[1, "5"]] },
    ];
    const reading = await read((_seen, response) =>
      answer(response, 200, { status: "success", data: { resultType: "matrix", result } }),
    );
    if (reading.kind === "error") throw new Error(reading.message);
    expect(reading.series.map(({ kind, node, code, upperBoundMs }) => [kind, node, code, upperBoundMs])).to.deep.equal([
      ["status", "10.0.0.1", "200", undefined],
      ["status", "", "503", undefined],
      ["latencyBucket", "10.0.0.1", "", Infinity],
      ["latencyCount", "10.0.0.1", "", undefined],
    ]);
    expect(reading.series[0]).to.include({ instance: "gw:9091", upstreamStatus: "502, 200", upstreamAddress: "a, b" });
    expect(reading.series[0]?.points).to.deep.equal([
      { timeMs: 1000250, value: 1 },
      { timeMs: 1004000, value: 3 },
    ]);
  });

  const hostile: readonly (readonly [string, Play, string])[] = [
    ["no JSON", (_s, r) => answer(r, 200, "<html>"), "Prometheus: its answer is not JSON"],
    ["other JSON", (_s, r) => answer(r, 200, "[1]"), "Prometheus: its answer is not one of a query API"],
    [
      "numbers as samples",
      (_s, r) =>
        answer(r, 200, {
          status: "success",
          data: { resultType: "matrix", result: [{ metric: {}, values: [[1, 2]] }] },
        }),
      "Prometheus: its answer is not one of a query API",
    ],
    [
      "a vector",
      (_s, r) => answer(r, 200, { status: "success", data: { resultType: "vector", result: [] } }),
      "Prometheus: its answer holds no raw samples",
    ],
    [
      "its own error",
      (_s, r) => answer(r, 422, { status: "error", errorType: "execution", error: "too\nmany samples" }),
      "Prometheus: it answers 422: too many samples",
    ],
    ["503", (_s, r) => answer(r, 503, "busy"), "Prometheus: it answers 503"],
    [
      "a redirect",
      (_s, r) => r.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
      "Prometheus: it answers 307",
    ],
    [
      "endless text",
      (_s, r) => r.end("[".repeat(6_000_000)),
      "Prometheus: it gives no answer: the answer is larger than 5242880 bytes",
    ],
    [
      "a closed connection",
      (_s, r) => r.socket?.destroy(),
      "Prometheus: it gives no answer: the connection was closed before an answer",
    ],
  ];
  for (const [what, play, message] of hostile)
    it(`turns ${what} into a one-line error reading`, async () => {
      expect(await read(play)).to.deep.equal({ kind: "error", message });
    });

  it("throws only for an aborted signal", async () => {
    const controller = new AbortController();
    const reading = errorOf(read(() => controller.abort(new Error("enough")), undefined, controller.signal));
    expect((await reading).message).to.equal("enough");
  });

  it("reads the one number of a custom query", async () => {
    const vector = (...values: readonly string[]) => ({
      resultType: "vector",
      result: values.map((value, index) => ({ metric: { pod: `p${index}` }, value: [1, value] })),
    });
    expect(await customOutcome(vector("7.5"))).to.deep.equal({ kind: "value", value: 7.5 });
    expect(await customOutcome({ resultType: "scalar", result: [1, "-2e3"] })).to.deep.equal({
      kind: "value",
      value: -2000,
    });
    expect(await customOutcome(vector())).to.deep.equal({ kind: "noData" });
    expect(await customOutcome(vector("NaN"))).to.deep.equal({ kind: "noTraffic" });
    expect(await customOutcome(vector("+Inf"))).to.deep.equal({
      kind: "error",
      message: "the query answers with +Inf",
    });
    expect(await customOutcome(vector("1", "2"))).to.deep.equal({
      kind: "error",
      message: 'the query answers with 2 series, not with one: {pod="p0"}, {pod="p1"}',
    });
    expect(await customOutcome({ resultType: "matrix", result: [] })).to.have.property("kind", "error");
  });

  it("fills templates, and says which name it does not know", async () => {
    const query =
      "x{route=~'{{ namespace }}_{{ route }}-{{ target }}-canary_.+'}[{{interval}}] {{ variables.a }} {{ canaryNodes }}";
    const play: Play = (_seen, response) => answer(response, 200, empty);
    await read(play, custom(query, { templateVariables: { a: "b" } }));
    const asked = server?.seen.map(({ url }) => new URL(url, "http://x").searchParams.get("query") ?? "");
    expect(asked?.find((text) => text.startsWith("x"))).to.equal(
      "x{route=~'test_podinfo-podinfo-canary_.+'}[60s] b 10[.]0[.]0[.]1|10[.]0[.]0[.]2",
    );
    await server?.close();
    const reading = await read(play, custom("{{ nonsense }}"));
    expect(reading.kind === "reading" && reading.custom[0]?.outcome).to.deep.include({ kind: "error" });
  });

  it("asks about nobody where a version has no pod: an empty pattern would match what has no node", async () => {
    const play: Play = (_seen, response) => answer(response, 200, empty);
    await read(play, custom("x{node=~'{{ canaryNodes }}'}"), noSignal, { ...window, canaryNodes: [] });
    const asked = server?.seen.map(({ url }) => new URL(url, "http://x").searchParams.get("query") ?? "");
    expect(asked?.find((text) => text.startsWith("x"))).to.equal("x{node=~'nobody'}");
  });

  it("reads a number out of a web answer, without running scripts", async () => {
    const web = async (jsonPath: string, body: unknown) => {
      const metrics = (address: string) => [
        { name: "web", thresholdRange: { max: 1 }, template: { provider: { type: "web", address, jsonPath } } },
      ];
      const other = await startServer((_seen, response) => answer(response, 200, body));
      const reading = await read((_seen, response) => answer(response, 200, empty), metrics(other.url));
      await Promise.all([other.close(), server?.close()]);
      return reading.kind === "reading" ? reading.custom[0]?.outcome : undefined;
    };
    expect(await web("$.a.b", { a: { b: "3.5" } })).to.deep.equal({ kind: "value", value: 3.5 });
    expect(await web("$.a.c", { a: {} })).to.deep.equal({ kind: "noData" });
    expect(await web("$.a[*]", { a: [1, 2] })).to.deep.equal({
      kind: "error",
      message: "its jsonPath finds 2 values, not one",
    });
    expect(await web("$.a", { a: "many" })).to.have.property("kind", "error");
    expect(await web("$.a[?(@.x > process.exit(1))]", { a: [{ x: 1 }] })).to.have.property("kind", "error");
    expect(await web("$", "<html>")).to.deep.equal({ kind: "error", message: "its answer is not JSON" });
  });
});
