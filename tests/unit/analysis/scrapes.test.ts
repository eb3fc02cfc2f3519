import { expect } from "chai";
import fc from "fast-check";
import { follow } from "../../../release/analysis/counting/histogram.js";
import type { HistogramPosition, HistogramScrape } from "../../../release/analysis/counting/histogram.js";
import { warningsOf } from "../../../release/analysis/index.js";
import { analysis } from "../../../release/settings/index.js";
import { canary, primary, sentenceOf, Stage, verdictOf } from "./stage.js";

const duration = (max = 500) => ({
  metrics: [{ name: "request-duration" as const, thresholdRange: { max }, compare: false as const }],
});

describe("two numbers of one scrape that aren't of one moment", () => {
  it("roll no healthy release back: 60 counted, 8 of them not yet in their bucket", () => {
    const stage = new Stage(duration());
    stage.ask(canary, 60).ask(primary, 60);
    const assessment = stage.endInterval({ torn: 8 });
    expect(verdictOf(assessment)).equal("pass");
    expect(assessment.checks[0]?.confidence).equal(0);
  });

  it("nor does a gateway that is torn at every scrape", () => {
    const stage = new Stage({ ...duration(), threshold: 1 });
    for (let scrape = 0; scrape < 60; scrape += 1) {
      stage.ask(canary, 40).ask(primary, 40);
      const assessment = stage.check({ torn: scrape % 4, intervalEnds: scrape % 5 === 4 });
      expect(["pass", "hold: breached"]).contain(verdictOf(assessment));
      expect(assessment.checks[0]?.confidence).equal(0);
    }
  });

  it("slow ones are counted as soon as more of them have come than fast ones within a scrape", () => {
    // 5% of 20 a scrape: after 19 scrapes, and one more to know it.
    const stage = new Stage(duration());
    const proved = Array.from({ length: 24 }, () => {
      stage.ask(canary, 1, { ms: 1500 }).ask(canary, 19).ask(primary, 20).check();
      return stage.state.totals.subject.slow["limit500"]?.atLeast ?? 0;
    });
    expect(proved.findIndex((each) => each > 0)).equal(20);
    expect(proved.at(-1)).equal(4);
  });

  it("let no last step end on requests none of which is known, and most of which look slow", () => {
    const stage = new Stage({ ...duration(), minRequests: 1 });
    stage.ask(canary, 100, { ms: 1500 }).ask(primary, 100);
    expect(verdictOf(stage.check({ intervalEnds: true, finalStep: false }))).equal("pass");
    const last = new Stage({ ...duration(), minRequests: 1 });
    last.ask(canary, 100, { ms: 1500 }).ask(primary, 100);
    const assessment = last.check({ intervalEnds: true, finalStep: true });
    expect(verdictOf(assessment)).equal("hold: inconclusive");
    expect(sentenceOf(assessment)).contain("is known with the next scrape");
    last.ask(canary, 100, { ms: 1500 }).ask(primary, 100);
    expect(verdictOf(last.check({ intervalEnds: true, finalStep: true }))).equal("failNow");
  });

  const second = fc.record({ fast: fc.nat(30), slow: fc.nat(4), read: fc.double({ min: 0, max: 1, noNaN: true }) });

  it("never prove more slow requests than there were, in any stretch of any stream, and miss none in the end", () => {
    fc.assert(
      fc.property(fc.array(second, { minLength: 3, maxLength: 30 }), (seconds) => {
        const { slow, scrapes } = tornScrapes(seconds);
        let position: HistogramPosition | undefined;
        const bounds = scrapes.map((scrape) => {
          const followed = follow(position, [scrape], [500], [500]);
          position = followed.position;
          return followed.growths.map(({ tally }) => tally.slow["limit500"] ?? { atLeast: 0, atMost: 0 });
        });
        const sums = runningSums(bounds);
        sums.forEach((end, to) =>
          sums.slice(0, to).forEach((start, from) => {
            const truth = (slow[to] ?? 0) - (slow[from] ?? 0);
            expect(end.atLeast - start.atMost).at.most(truth);
          }),
        );
        const calm = follow(position, quiet(scrapes.at(-1), seconds), [500], [500]);
        const last = runningSums([...bounds, calm.growths.map(({ tally }) => tally.slow["limit500"] ?? none)]).at(-1);
        expect(last?.atLeast).equal(slow.at(-1));
        expect(last?.atMost).equal(slow.at(-1));
      }),
    );
  });
});

const none = { atLeast: 0, atMost: 0 };

/** A second each: fast ones are counted in a bucket that is read at another moment than the total. */
function tornScrapes(seconds: readonly { fast: number; slow: number; read: number }[]): {
  readonly slow: readonly number[];
  readonly scrapes: readonly HistogramScrape[];
} {
  let [fast, slow, shown] = [0, 0, 0];
  const slows: number[] = [];
  const scrapes = seconds.map((each, index) => {
    const before = fast;
    fast += each.fast;
    slow += each.slow;
    slows.push(slow);
    // The bucket is as old as the scrape before at most, and as new as the next one; a counter never falls.
    const next = seconds[index + 1]?.fast ?? 0;
    const early = before + Math.round((each.read / 0.7) * each.fast);
    shown = Math.max(shown, each.read < 0.7 ? early : fast + Math.round((each.read - 0.7) * next));
    return { timeMs: index * 1000, total: fast + slow, within: { le500: Math.min(shown, fast + slow) } };
  });
  return { slow: slows, scrapes };
}

/** Two more scrapes without a request: then all is known. */
function quiet(last: HistogramScrape | undefined, seconds: readonly { fast: number }[]): readonly HistogramScrape[] {
  const fast = seconds.reduce((sum, each) => sum + each.fast, 0);
  return [1, 2, 3].map((index) => ({
    timeMs: (last?.timeMs ?? 0) + index * 1000,
    total: last?.total ?? 0,
    within: { le500: fast },
  }));
}

function runningSums(
  steps: readonly (readonly { readonly atLeast: number; readonly atMost: number }[])[],
): readonly { readonly atLeast: number; readonly atMost: number }[] {
  let sum = none;
  return steps.map((step) => {
    for (const { atLeast, atMost } of step) sum = { atLeast: sum.atLeast + atLeast, atMost: sum.atMost + atMost };
    return sum;
  });
}

describe("a limit between two bounds of the histogram", () => {
  it("holds on an interpolated percentile beyond it, and proves nothing", () => {
    const stage = new Stage(duration(300));
    stage.ask(canary, 200, { ms: 400 }).ask(primary, 200);
    const assessment = stage.endInterval();
    expect(verdictOf(assessment)).equal("hold: breached");
    expect(sentenceOf(assessment)).match(
      /^request duration 49\d(\.\d)?ms > 300ms .*; estimated between the gateway's bounds 100ms and 500ms: a bound at 300ms would tell$/,
    );
    for (let more = 0; more < 20; more += 1) {
      stage.ask(canary, 200, { ms: 400 }).ask(primary, 200);
      expect(stage.check().checks[0]?.confidence).equal(0);
    }
  });

  it("passes what is fast by any measure", () => {
    const stage = new Stage(duration(300));
    stage.ask(canary, 200, { ms: 40 }).ask(primary, 200);
    expect(verdictOf(stage.endInterval())).equal("pass");
  });

  it("is told in preview with the bound that would make it exact", () => {
    const settings = analysis.parse({ stepWeight: 10, ...duration(300) });
    expect(warningsOf(settings)[0]).match(
      /^analysis\.metrics\[0\]\.thresholdRange\.max: 300 ms is no bucket bound .* give the gateway a bound at 300 ms, or set it to 200 or 500$/,
    );
  });
});

describe("a gateway whose histogram is another", () => {
  it("that lacks the limit's bound judges by its own next one", () => {
    const stage = new Stage(duration());
    stage.ask(primary, 40).ask(canary, 15);
    stage.ask(canary, 40, { instance: "gateway-2", boundsMs: [100, 1000], ms: 150 });
    for (let scrape = 0; scrape < 6; scrape += 1) expect(verdictOf(stage.check())).equal("pass");
    expect(stage.state.totals.subject.slow["limit500"]?.atLeast).equal(0);
  });

  it("that loses its buckets has the benefit of the doubt", () => {
    const stage = new Stage(duration());
    stage.ask(canary, 20).ask(primary, 20).check();
    stage.hide(({ upperBoundMs }) => upperBoundMs === 500);
    for (let scrape = 0; scrape < 6; scrape += 1) {
      const isLost = ({ upperBoundMs }: { readonly upperBoundMs: number | undefined }): boolean => upperBoundMs === 500;
      stage.ask(canary, 40).ask(primary, 40).hide(isLost);
      expect(["pass", "hold: breached"]).contain(verdictOf(stage.check()));
    }
    expect(stage.state.totals.subject.slow["limit500"]?.atLeast).at.most(0);
  });
});

describe("a target whose counters aren't this run's", () => {
  it("first seen in mid-run at a reused address: 60 old failures prove nothing", () => {
    const stage = new Stage({
      metrics: [{ name: "request-success-rate", thresholdRange: { min: 99 }, compare: false }],
    });
    stage.ask(canary, 40).ask(primary, 40).check();
    stage.ask(canary, 60, { instance: "gateway-2", code: "503" }).ask(canary, 20).ask(primary, 20);
    const assessment = stage.endInterval();
    expect(verdictOf(assessment)).equal("pass");
    expect(stage.state.totals.subject.failed).equal(0);
    stage.ask(canary, 3, { instance: "gateway-2", code: "503" }).check();
    expect(stage.state.totals.subject.failed).equal(3);
  });

  it("a Service in front of several gateways is named, and nothing is judged by it", () => {
    const stage = new Stage({
      metrics: [{ name: "request-success-rate", thresholdRange: { min: 99 }, compare: false }],
    });
    stage.ask(canary, 40).ask(primary, 40).check();
    const verdicts: string[] = [];
    for (let scrape = 0; scrape < 8; scrape += 1) {
      // Alternately another gateway's counters, with many more failures.
      stage
        .restartGateway()
        .ask(canary, scrape % 2 === 0 ? 900 : 60)
        .ask(canary, scrape % 2 === 0 ? 80 : 5, { code: "500" });
      stage.ask(primary, 40);
      verdicts.push(verdictOf(stage.check()));
    }
    expect(verdicts).not.contain("failNow");
    const assessment = stage.endInterval();
    expect(verdictOf(assessment)).equal("hold: error");
    expect(sentenceOf(assessment)).match(/^can't be judged: the counters of gateway-1 fall again and again/);
  });

  it("one that loses counts makes an answer impossible, by that name, for the rest of the run", () => {
    const stage = new Stage({ metrics: [{ name: "request-success-rate", thresholdRange: { min: 99 } }] });
    stage.loseCounts(7).scrape(stage.nowMs - 1000);
    stage.ask(canary, 40).ask(primary, 40);
    expect(verdictOf(stage.endInterval())).equal("pass");
    stage.loseCounts(2).ask(canary, 40, { code: "500" }).ask(primary, 40);
    const assessment = stage.check();
    expect(verdictOf(assessment)).equal("hold: error");
    expect(sentenceOf(assessment)).match(/^can't be judged: apisix_nginx_metric_errors_total of gateway-1 rose by 2/);
    stage.ask(canary, 40).ask(primary, 40);
    expect(verdictOf(stage.endInterval())).equal("hold: error");
  });

  it("what the client broke off is no trial", () => {
    const stage = new Stage();
    stage.ask(canary, 10).ask(canary, 5, { code: "499", responseSource: "nginx", upstreamStatus: "-" });
    stage.ask("", 7, { code: "301", responseSource: "apisix" }).ask(primary, 10).check();
    expect(stage.state.totals.subject).deep.include({ requests: 10, failed: 0 });
  });
});
