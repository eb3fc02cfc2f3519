import { expect } from "chai";
import { gatewayCounters } from "../../release/adapters/prometheus/counters.js";
import type { RawSeries } from "../../release/adapters/prometheus/answers.js";
import { observe, startAnalysis } from "../../release/analysis/index.js";
import type { CounterSeries } from "../../release/analysis/index.js";
import { analysis } from "../../release/settings/index.js";
import type { OwnRuleKind, Population, Split } from "../../release/strategy/index.js";
import { readPage } from "./exposition.js";
import { recordings } from "./recording.js";
import type { Recording } from "./recording.js";

const startMs = 1_000_000;
const scrapeMs = 2_000;
const limitMs = 500;
const settings = analysis.parse({
  stepWeight: 50,
  metrics: [
    { name: "request-success-rate", thresholdRange: { min: 99 } },
    { name: "request-duration", thresholdRange: { max: limitMs } },
  ],
});

interface Asked {
  readonly judged?: Population;
  readonly own?: readonly OwnRuleKind[];
  readonly split?: Split;
  /** Which latency is read. */
  readonly type?: "request" | "upstream";
  /** Addresses of the canary's that answered nothing, so that no request of the recording names them. */
  readonly silent?: readonly string[];
}

/** The real gateway's pages before and after, as Prometheus would give them, with our own names of rules. */
function seriesOf(recording: Recording, own: readonly OwnRuleKind[], type: string): readonly CounterSeries[] {
  const named = (text: string): string =>
    text
      .replaceAll('route="t_rec_mirror"', 'route="t_rec_app-mirror"')
      .replaceAll('route="t_rec_ab"', 'route="t_rec_app-match"');
  const pages = [readPage(named(recording.before)), readPage(named(recording.after)), readPage(named(recording.after))];
  const times = [startMs - scrapeMs, startMs + 10_000, startMs + 10_000 + scrapeMs];
  const all = new Map<string, RawSeries & { points: { timeMs: number; value: number }[] }>();
  pages.forEach(({ samples }, page) => {
    for (const [key, { name, labels, value }] of samples) {
      if (!/^apisix_(http_status|http_latency_bucket|nginx_metric_errors_total)$/.test(name)) continue;
      if (labels["type"] !== undefined && labels["type"] !== type) continue;
      const known = all.get(key) ?? { labels: { ...labels, __name__: name, instance: "gateway" }, points: [] };
      all.set(key, known);
      known.points.push({ timeMs: times[page] ?? 0, value });
    }
  });
  const counters = gatewayCounters([...all.values()], "apisix_", scrapeMs / 1000, { route: "t_rec_", own });
  if (counters.kind === "error") throw new Error(counters.message);
  return counters.series;
}

/** What the analysis makes of a recording: trials, failures and slow requests of each version. */
function countedIn(name: string, { judged = "users", own = [], split, type = "request", silent = [] }: Asked = {}) {
  const recording = recordings().find(({ series }) => series === name);
  if (recording === undefined) throw new Error(`no recording ${name}`);
  const nodesOf = (side: string) =>
    Object.entries(recording.nodes).flatMap(([node, of]) => (of === side ? [node] : []));
  const subjectNodes = [...nodesOf("canary"), ...silent];
  const baselineNodes = nodesOf("primary");
  const context = { name: "app", namespace: "t", startedAtMs: startMs, scrapeIntervalSeconds: scrapeMs / 1000 };
  const { state, assessment } = observe(startAnalysis(settings, context), {
    nowMs: startMs + 10_000 + scrapeMs,
    reading: { kind: "reading", series: seriesOf(recording, own, type), custom: [] },
    intervalEnds: false,
    surroundings: {
      subjectNodes,
      baselineNodes,
      subjectReady: subjectNodes.length,
      baselineReady: baselineNodes.length,
      weightSinceMs: startMs,
      judged,
      ...(split === undefined ? {} : { split }),
    },
  });
  const of = ({ requests, failed, timed, slow }: (typeof state)["totals"]["subject"]) => ({
    requests,
    failed,
    timed,
    slow: slow[`limit${limitMs}`]?.atLeast ?? 0,
  });
  const sent = (backend: string) => recording.requests.filter((each) => each.backend === backend).length;
  return { canary: of(state.totals.subject), primary: of(state.totals.baseline), sent, recording, assessment };
}

/** The table of kinds of traffic in release/analysis/README.md, from recordings of the real gateway. */
describe("kinds of traffic", () => {
  it("answers of the service are trials, 5xx are failures, and slow is what took longer than the limit", () => {
    const plain = countedIn("01-plain-200");
    expect(plain.primary.requests + plain.canary.requests).to.equal(plain.recording.requests.length);
    expect([plain.primary.failed, plain.canary.failed]).to.deep.equal([0, 0]);
    const failing = countedIn("02-status-500");
    const bad = failing.recording.requests.filter(({ status }) => status >= 500).length;
    expect(bad).to.be.greaterThan(0);
    expect(failing.primary.failed + failing.canary.failed).to.equal(bad);
    const slow = countedIn("03-slow");
    const took = slow.recording.requests.filter(({ ms }) => ms > limitMs).length;
    expect(took).to.be.greaterThan(0);
    expect(slow.primary.slow + slow.canary.slow).to.equal(took);
  });

  it("a retry that was answered in the end is a failure of the version that refused", () => {
    const { canary } = countedIn("06-retry-502-then-200", { silent: ["10.244.0.2"] });
    expect(canary.requests).to.equal(12);
    expect(canary.failed).to.equal(11);
  });

  it("a WebSocket is one trial that succeeds (101), and its length is a latency of both types", () => {
    for (const type of ["request", "upstream"] as const) {
      const { canary } = countedIn("10-websocket", { type });
      expect(canary).to.deep.equal({ requests: 4, failed: 0, timed: 4, slow: 1 });
    }
  });

  it("users who match are the canary's trials in A/B, and all others the primary's", () => {
    const split = { base: 0, matched: 100 } as const;
    const { canary, primary, sent, assessment } = countedIn("08-ab-rule", { judged: "matched", own: ["match"], split });
    expect(canary.requests).to.equal(sent("canary"));
    expect(primary.requests).to.equal(sent("primary"));
    expect(assessment.verdict.kind).to.not.equal("failNow");
  });

  it("and where the rules were asked the other way round, each of them is a leak", () => {
    const asked = { judged: "matched", own: ["match"], split: { base: 0, preview: 100 } } as const;
    const { assessment } = countedIn("08-ab-rule", { ...asked, own: [] });
    expect(assessment.verdict).to.have.property("kind", "failNow");
    expect(assessment.verdict).to.have.property("sentence").that.contains("leak: ");
  });

  it("a copy is the canary's trial where copies are judged, and nobody's where users are", () => {
    const mirrored = countedIn("09-mirror-rule", { judged: "mirror", own: ["mirror"] });
    expect(mirrored.canary.requests).to.equal(16);
    expect(mirrored.primary.requests).to.equal(mirrored.sent("primary"));
    const ofUsers = countedIn("09-mirror-rule", { own: ["mirror"] });
    expect(ofUsers.canary).to.deep.equal({ requests: 0, failed: 0, timed: 0, slow: 0 });
    expect(ofUsers.primary.requests).to.equal(ofUsers.sent("primary"));
  });
});
