import { expect } from "chai";
import { createPrometheus } from "../../../release/adapters/prometheus/index.js";
import { createServiceAccess } from "../../../release/adapters/service-access/index.js";
import { observe, startAnalysis } from "../../../release/analysis/index.js";
import type { Reading } from "../../../release/analysis/contract.js";
import type { AnalysisInput } from "../../../release/settings/index.js";
import { answer, closeServers, noSignal, settingsFor, startServer } from "../adapters/fixture.js";
import type { Play } from "../adapters/fixture.js";

const metrics = [
  { name: "mine", thresholdRange: { max: 5 }, template: { provider: { type: "prometheus" as const }, query: "mine" } },
];
const window = { windowSeconds: 10, canaryNodes: ["10.0.0.1"], primaryNodes: ["10.0.0.2"] };

/** One look at a hostile Prometheus. */
async function read(play: Play, analysis: AnalysisInput = { stepWeight: 10 }): Promise<Reading> {
  const { url } = await startServer(play);
  const settings = settingsFor({ prometheusUrl: url, analysis });
  const serviceAccess = createServiceAccess({
    namespace: "test",
    serviceProxyFetch: () => Promise.reject(new Error("no proxy")),
  });
  return createPrometheus({ settings, serviceAccess }).read(window, noSignal);
}

/** What the release does upon it at the end of an interval. */
function verdictOn(reading: Reading): string {
  const { analysis } = settingsFor({ analysis: { stepWeight: 10 } });
  const release = {
    name: "podinfo",
    namespace: "test",
    startedAtMs: 0,
    scrapeIntervalSeconds: 2,
    subject: "canary",
  } as const;
  const surroundings = {
    subjectNodes: ["10.0.0.1"],
    baselineNodes: ["10.0.0.2"],
    subjectReady: 1,
    baselineReady: 1,
    weightPercent: 10,
    weightSinceMs: 0,
  };
  const observation = { nowMs: 60_000, reading, surroundings, intervalEnds: true };
  return observe(startAnalysis(analysis, release), observation).assessment.verdict.kind;
}

const matrix = (result: unknown): unknown => ({ status: "success", data: { resultType: "matrix", result } });
const raw =
  (body: unknown, status = 200): Play =>
  (_seen, response) =>
    answer(response, status, body);

const wrongApi = "Prometheus: its answer is not one of a query API";
const noJson = "Prometheus: its answer is not JSON";

const hostile: readonly (readonly [string, Play, string])[] = [
  ["an HTML page", raw("<html>login</html>"), noJson],
  ["nothing", raw(""), noJson],
  ["half of a JSON", raw('{"status":"success","data":{"resultType":"mat'), noJson],
  ["null", raw("null"), wrongApi],
  ["a number", raw("42"), wrongApi],
  ["a list", raw([1]), wrongApi],
  ["an unknown status", raw({ status: "fine", data: {} }), wrongApi],
  ["a success without data", raw({ status: "success" }), wrongApi],
  ["an unknown type of result", raw({ status: "success", data: { resultType: "tensor", result: [] } }), wrongApi],
  ["a result that is no list", raw(matrix({})), wrongApi],
  ["labels that are numbers", raw(matrix([{ metric: { code: 200 }, values: [] }])), wrongApi],
  ["samples that are numbers", raw(matrix([{ metric: {}, values: [[1, 2]] }])), wrongApi],
  ["samples without a time", raw(matrix([{ metric: {}, values: [["1"]] }])), wrongApi],
  ["times that are texts", raw(matrix([{ metric: {}, values: [["1", "2"]] }])), wrongApi],
  [
    "a vector",
    raw({ status: "success", data: { resultType: "vector", result: [] } }),
    "Prometheus: its answer holds no raw samples",
  ],
  [
    "a scalar",
    raw({ status: "success", data: { resultType: "scalar", result: [1, "2"] } }),
    "Prometheus: its answer holds no raw samples",
  ],
  [
    "its own error of two lines",
    raw({ status: "error", error: "too\nmany" }, 422),
    "Prometheus: it answers 422: too many",
  ],
  ["an error that calls itself 200", raw({ status: "error", error: "lost" }), "Prometheus: lost"],
  ["401", raw("who are you?", 401), "Prometheus: it answers 401"],
  ["503", raw("busy", 503), "Prometheus: it answers 503"],
  [
    "a redirect to a login page",
    (_s, r) => void r.writeHead(302, { location: "http://127.0.0.1:1/login" }).end(),
    "Prometheus: it answers 302",
  ],
  [
    "a flood",
    (_s, r) => void r.end("[".repeat(6_000_000)),
    "Prometheus: it gives no answer: the answer is larger than 5242880 bytes",
  ],
  ["a JSON too deep to read", raw("[".repeat(200_000) + "]".repeat(200_000)), wrongApi],
  [
    "a closed connection",
    (_s, r) => void r.socket?.destroy(),
    "Prometheus: it gives no answer: the connection was closed before an answer",
  ],
];

describe("a hostile Prometheus", () => {
  afterEach(closeServers);

  for (const [title, play, message] of hostile)
    it(`${title} is an error in one line, and holds the weight`, async () => {
      const reading = await read(play);
      expect(reading).to.deep.equal({ kind: "error", message });
      expect(verdictOn(reading)).to.equal("hold");
    });

  it("silence is an error after five seconds, and holds the weight", async () => {
    const reading = await read(() => undefined);
    expect(reading).to.deep.equal({ kind: "error", message: "Prometheus: it gives no answer: no answer within 5 s" });
    expect(verdictOn(reading)).to.equal("hold");
  }).timeout(10_000);

  const labels = {
    __name__: "apisix_http_status",
    node: "10.0.0.1",
    code: "500",
    route: "test_podinfo-podinfo-canary_x",
  };
  const counters: readonly (readonly [string, readonly (readonly [number, string])[]])[] = [
    [
      "NaN",
      [
        [58, "NaN"],
        [60, "NaN"],
      ],
    ],
    [
      "infinite",
      [
        [58, "+Inf"],
        [60, "+Inf"],
      ],
    ],
    [
      "negative",
      [
        [58, "-1"],
        [60, "-5"],
      ],
    ],
    [
      "words",
      [
        [58, "many"],
        [60, "more"],
      ],
    ],
    [
      "hexadecimal",
      [
        [58, "0x10"],
        [60, "0xff"],
      ],
    ],
    [
      "from long ago",
      [
        [1, "1"],
        [2, "100000"],
      ],
    ],
    [
      "from the future",
      [
        [9_999_999, "1"],
        [9_999_999, "100000"],
      ],
    ],
  ];
  for (const [title, values] of counters)
    it(`counters that are ${title} are no evidence against the revision`, async () => {
      const reading = await read(raw(matrix([{ metric: labels, values }])));
      expect(reading.kind).to.equal("reading");
      expect(verdictOn(reading)).to.equal("hold");
    });

  const outcomes: readonly (readonly [string, unknown, unknown])[] = [
    ["no series", { resultType: "vector", result: [] }, { kind: "noData" }],
    ["NaN", { resultType: "scalar", result: [1, "NaN"] }, { kind: "noTraffic" }],
    [
      "infinity",
      { resultType: "scalar", result: [1, "+Inf"] },
      { kind: "error", message: "the query answers with +Inf" },
    ],
    [
      "minus infinity",
      { resultType: "scalar", result: [1, "-Inf"] },
      { kind: "error", message: "the query answers with -Inf" },
    ],
    ["a word", { resultType: "scalar", result: [1, "five"] }, { kind: "noData" }],
    [
      "a text",
      { resultType: "string", result: [1, "5"] },
      { kind: "error", message: "the query answers with a text, not with a number" },
    ],
    [
      "a range",
      { resultType: "matrix", result: [] },
      { kind: "error", message: "the query answers with a range of samples, not with one number" },
    ],
    [
      "a histogram",
      { resultType: "vector", result: [{ metric: {}, histogram: [1, {}] }] },
      { kind: "error", message: "the query answers with a histogram" },
    ],
    [
      "several series",
      {
        resultType: "vector",
        result: ["a", "b\n\u001b[2J", "c", "d"].map((pod) => ({ metric: { pod }, value: [1, "1"] })),
      },
      {
        kind: "error",
        message: 'the query answers with 4 series, not with one: {pod="a"}, {pod="b\\n\\u001b[2J"}, {pod="c"}, …',
      },
    ],
  ];
  for (const [title, data, outcome] of outcomes)
    it(`a custom query that answers with ${title} is no value`, async () => {
      const play: Play = (seen, response) => {
        const builtin = (new URL(seen.url, "http://x").searchParams.get("query") ?? "").includes("__name__");
        answer(response, 200, builtin ? matrix([]) : { status: "success", data });
      };
      const reading = await read(play, { stepWeight: 10, metrics });
      expect(reading.kind === "reading" && reading.custom[0]?.outcome).to.deep.equal(outcome);
    });
});
