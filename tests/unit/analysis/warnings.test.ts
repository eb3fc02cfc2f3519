import { expect } from "chai";
import { correctedQuery, warningsOf } from "../../../release/analysis/index.js";
import type { Circumstances } from "../../../release/analysis/index.js";
import { upperTail } from "../../../release/analysis/evidence/binomial-tail.js";
import { budgetOf } from "../../../release/analysis/evidence/budget.js";
import { logEvidenceAbove, logEvidenceBelow } from "../../../release/analysis/evidence/e-process.js";
import { wholeRunWeight } from "../../../release/analysis/evidence/starts.js";
import { sharesOf } from "../../../release/analysis/checks/hypotheses.js";
import { limitWarning, quantileMs } from "../../../release/analysis/checks/latency.js";
import { cleanRequestsToProve, plannedRequests, visibleShare } from "../../../release/analysis/preview/sight.js";
import { analysis } from "../../../release/settings/index.js";
import type { AnalysisInput } from "../../../release/settings/index.js";

const settingsOf = (input: Partial<AnalysisInput> = {}) =>
  analysis.parse({ interval: "10s", stepWeight: 10, maxWeight: 50, threshold: 10, ...input });

function warned(input: Partial<AnalysisInput> = {}, circumstances: Circumstances = {}): readonly string[] {
  return warningsOf(settingsOf(input), circumstances);
}

/** As the article prints it. */
const article = `
    sum(
      rate(
        apisix_http_status{
          route=~"{{ namespace }}_{{ route }}-{{ target }}-canary_.+",
          code!~"4.."
        }[{{ interval }}]
      )
    )
    /
    sum(
      rate(
        apisix_http_status{
          route=~"{{ namespace }}_{{ route }}-{{ target }}-canary_.+"
        }[{{ interval }}]
      )
    ) * 100`;

const notFound = (
  query: string,
  thresholdRange: { min?: number; max?: number } = { max: 5 },
): Partial<AnalysisInput> => ({
  metrics: [{ name: "404s percentage", template: { provider: { type: "prometheus" }, query }, thresholdRange }],
});

describe("warnings", () => {
  it("say after how many requests per worker a fine weight is kept first, at each of them", () => {
    const fine = analysis.parse({
      interval: "10s",
      steps: [{ weight: 0.1 }, { pause: "5s" }, { weight: 0.3 }, { weight: 1 }, { weight: 50 }],
    });
    const text = (percent: number, cycle: number): string =>
      `at ${percent}% the canary's first request comes after up to ${cycle} requests to each worker of the gateway: until then the step has nothing to judge`;
    expect(warningsOf(fine)).to.deep.equal([
      `analysis.steps[0].weight: ${text(0.1, 1000)}`,
      `analysis.steps[2].weight: ${text(0.3, 334)}`,
    ]);
    const sessions = analysis.parse({
      interval: "10s",
      steps: [{ weight: 0.1 }, { weight: 50 }],
      sessionAffinity: { cookieName: "c" },
    });
    expect(warningsOf(sessions)).to.deep.equal([]);
  });

  it("has none for the article's analysis", () => {
    expect(warned()).deep.equal([]);
  });

  it("names the limit that is no bucket's bound, and the ones that are", () => {
    const limit = (range: object) => warned({ metrics: [{ name: "request-duration", thresholdRange: range }] });
    expect(limit({ max: 500 })).deep.equal([]);
    expect(limit({ max: 400 })).deep.equal([
      "analysis.metrics[0].thresholdRange.max: 400 ms is no bucket bound of the gateway's histogram: only requests slower than 500 ms count against the revision; give the gateway a bound at 400 ms, or set it to 200 or 500",
    ]);
    expect(limit({ min: 30 })[0]).contain(
      "only requests within 20 ms count against the revision; give the gateway a bound at 30 ms, or set it to 20 or 50",
    );
    expect(limit({ max: 90_000 })[0]).contain(
      "nothing can be proved against it; give the gateway a bound at 90000 ms, or set it to 60000",
    );
    expect(limitWarning("min", 0.5)).contain(
      "nothing can be proved against it; give the gateway a bound at 0.5 ms, or set it to 1",
    );
    expect(
      warned({ metrics: [{ name: "request-duration", thresholdRange: { max: 300 } }] }, { boundsMs: [300] }),
    ).deep.equal([]);
  });

  it("takes the article's not-found query as printed, says that it is inverted, and shows what is meant", () => {
    const [warning, ...others] = warned(notFound(article));
    expect(others).deep.equal([]);
    expect(warning).match(
      /^analysis\.metrics\[0\]\.template\.query: is inverted: .* max 5 rolls back every good release/,
    );
    expect(warning).contain('canary_.+", code="404" }[{{ interval }}]').and.not.contain("!~").and.not.contain("\n");
    expect(warning).contain("meant is: (sum( rate(").and.contain(") or vector(0)) / sum(");
  });

  it("doesn't take the corrected query, or one that means it, for inverted", () => {
    expect(warned(notFound(correctedQuery(article, "not-found") ?? article))).deep.equal([]);
    expect(warned(notFound(article, { min: 95 }))).deep.equal([]);
    expect(correctedQuery(`100 - (${article})`, "404s")).equal(undefined);
    expect(correctedQuery('sum(rate(a{path="/x",code!~"4.."}[1m]))', "ok")).equal(undefined);
    expect(correctedQuery('sum(a{code=~"5.."}) / sum(a{code!~"4.."})', "errors")).equal(undefined);
    expect(correctedQuery('sum(a{code!~"4.."}) / sum(b)', "client errors")).equal(
      '(sum(a{code=~"4.."}) or vector(0)) / sum(b)',
    );
    expect(correctedQuery('sum(a{uri="/x",code!="404"}) / sum(b) * 100', "not found")).equal(
      '(sum(a{uri="/x",code="404"}) or vector(0)) / sum(b) * 100',
    );
    expect(correctedQuery('sum by (pod) (a{code!~"4.."}) / sum by (pod) (b)', "errors")).equal(
      'sum by (pod) (a{code=~"4.."}) / sum by (pod) (b)',
    );
    expect(correctedQuery('100 * (sum(a{code!~"4.."}) / sum(b))', "errors")).equal(
      '100 * (sum(a{code=~"4.."}) / sum(b))',
    );
  });

  it("says where one number is enough to roll the revision back", () => {
    const fine = 'sum(a{code="404"}) / sum(a)';
    expect(warned({ ...notFound(fine), threshold: 1 })).deep.equal([
      "analysis.metrics[0]: one value beyond its limit rolls the revision back (analysis.threshold is 1): there are no requests behind 404s percentage to weigh",
    ]);
  });

  it("says where a limit leaves no room, or a flag no effect", () => {
    const strict = warned({ metrics: [{ name: "request-success-rate", thresholdRange: { min: 100 } }] });
    expect(strict[0]).contain("thresholdRange.min: 100 leaves no room");
    const inverted = warned({ metrics: [{ name: "request-success-rate", thresholdRange: { max: 1 } }] });
    expect(inverted[0]).contain("a success rate above 1% rolls the revision back");
    const both = { name: "request-success-rate" as const, thresholdRange: { min: 99 }, dryRun: true, critical: true };
    expect(warned({ metrics: [both] })).deep.equal(["analysis.metrics[0].critical: has no effect in a dry run"]);
  });

  it("says where the clocks don't fit the scrapes", () => {
    expect(warned({ interval: "2s" })[0]).match(/^analysis\.interval: 2s is shorter than two scrapes/);
    expect(warned({ checkInterval: "0.5s" })[0]).match(
      /^analysis\.checkInterval: 0\.5s looks more often than there is news/,
    );
    expect(warned({ interval: "2s", checkInterval: "0.5s" }, { scrapeIntervalSeconds: 1 })).deep.equal([]);
  });

  it("says what a run can see at the traffic that is observed", () => {
    const [rate, latency] = warned({}, { requestsPerSecond: 20 });
    expect(rate).match(
      /^analysis\.metrics\[0\]: at 20 requests\/s a run gives its canary some 300 requests: 19 of 20 runs/,
    );
    expect(latency).match(/^analysis\.metrics\[1\]: .* or more take longer than 500 ms \(allowed are 1%\)$/);
    const thin = warned({}, { requestsPerSecond: 0.5 });
    expect(thin[0]).match(
      /^analysis\.minRequests: at 0\.5 requests\/s the first step's interval gives the canary some 0\.5/,
    );
    const proof = warned({ promoteWithConfidence: 0.999 }, { requestsPerSecond: 20 });
    expect(proof.at(-1)).contain("some 300 requests, the proof takes 712 without a fault: the last step lasts longer");
    expect(warned({ promoteWithConfidence: 0.999 }, { requestsPerSecond: 200 })).length(2);
  });
});

describe("what a run can see", () => {
  it("adds up the steps", () => {
    expect(plannedRequests(settingsOf(), 20)).equal(300);
    expect(plannedRequests(settingsOf({ stepWeight: 20, maxWeight: 50 }), 10)).equal(110);
    expect(plannedRequests(settingsOf({ stepWeight: undefined, stepWeights: [1, 9] }), 10)).equal(10);
  });

  it("is the share from which 95 of 100 runs end with enough evidence", () => {
    const settings = settingsOf();
    const { failLog } = budgetOf(settings, {}, sharesOf(settings));
    const share = visibleShare(settings, 0.01, 300) ?? NaN;
    const needed = Array.from({ length: 300 }, (_, events) => events).find(
      (events) => logEvidenceAbove(0.01, { count: 300, events }) + Math.log(wholeRunWeight) >= failLog,
    );
    expect(upperTail(share, { count: 300, events: needed ?? NaN })).closeTo(0.95, 1e-9);
  });

  it("gets better with traffic, and is nothing without", () => {
    const shares = [20, 200, 2000, 20_000, 1_000_000].map((count) => visibleShare(settingsOf(), 0.01, count) ?? NaN);
    shares.forEach((share, index) =>
      expect(share)
        .below(shares[index - 1] ?? 1)
        .above(0.01),
    );
    expect(visibleShare(settingsOf(), 0.01, 0)).equal(undefined);
    expect(visibleShare(settingsOf(), 0.01, 1)).equal(undefined);
  });

  it("knows how many clean requests prove a limit: one fewer doesn't", () => {
    for (const limit of [0.01, 0.05]) {
      const count = cleanRequestsToProve(limit, 0.999);
      expect(logEvidenceBelow(limit, { count, events: 0 })).at.least(Math.log(1000));
      expect(logEvidenceBelow(limit, { count: count - 1, events: 0 })).below(Math.log(1000));
    }
  });
});

describe("quantiles", () => {
  const tally = (within: Readonly<Record<string, number>>, timed: number) => ({
    requests: timed,
    failed: 0,
    timed,
    within,
    slow: {},
    counted: {},
  });

  it("are interpolated within their bucket, as Prometheus does it", () => {
    // histogram_quantile(0.99) of le100=90, le500=98, le2000=100 is 500 + 1500 * (99 - 98) / 2
    expect(quantileMs(tally({ le100: 90, le500: 98, le2000: 100 }, 100), [100, 500, 2000], 0.99)).equal(1250);
    expect(quantileMs(tally({ le100: 100 }, 100), [100, 500], 0.5)).equal(50);
  });

  it("end at the last bound, and are nothing from nothing", () => {
    expect(quantileMs(tally({ le100: 1, le500: 1 }, 100), [100, 500], 0.99)).equal(500);
    expect(quantileMs(tally({}, 0), [100], 0.99)).equal(undefined);
    expect(quantileMs(tally({}, 5), [], 0.99)).equal(undefined);
  });
});
