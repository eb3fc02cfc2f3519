import { expect } from "chai";
import { canary, primary, sentenceOf, Stage, successRate, verdictOf } from "./stage.js";

const duration = {
  metrics: [{ name: "request-duration" as const, thresholdRange: { max: 500 }, compare: false as const }],
};

describe("verdicts of the built-in checks", () => {
  it("pass a healthy canary at the interval's end", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 40).ask(primary, 40);
    const { verdict, checks, observedSharePercent } = stage.endInterval();
    expect(verdict).deep.equal({ kind: "pass" });
    expect(observedSharePercent).equal(50);
    expect(checks[0]).deep.include({ verdict: "pass", value: 100, limit: 99, unit: "%", requests: 40, confidence: 0 });
    expect(checks[0]?.sentence).equal("success rate 100.00% >= 99% (canary: 0 of 40 requests failed)");
  });

  it("roll a disaster back at once, between two interval ends", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 3, { code: "500" }).ask(primary, 3);
    const assessment = stage.check();
    expect(verdictOf(assessment)).equal("failNow");
    expect(sentenceOf(assessment)).match(
      /^success rate 0\.00% < 99% \(canary: 3 of 3 requests failed, confidence 99\.99\d+%\)$/,
    );
    expect(assessment.checks[0]?.confidence).above(0.999);
  });

  it("say by which figures they decide", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 3, { code: "500" }).ask(canary, 1).ask(primary, 4);
    const statistics = stage.check().checks[0]?.statistics;
    expect(statistics).deep.include({ trials: 4, events: 3, limitShare: 0.01 });
    // ln 1250: four fifths of one in a thousand; 4 in a million are the chance of 3 failures among 4 requests.
    expect(statistics?.logNeeded).closeTo(Math.log(1250), 1e-9);
    expect(statistics?.intervalTail).closeTo(4 * 0.01 ** 3 * 0.99 + 0.01 ** 4, 1e-15);
    expect(statistics?.logEvidence).above(statistics?.logNeeded ?? Infinity);
  });

  it("roll back on a single failure where the limit leaves no room", () => {
    const stage = new Stage({ metrics: [{ name: "request-success-rate", thresholdRange: { min: 100 } }] });
    stage.ask(canary, 500).ask(canary, 1, { code: "500" }).ask(primary, 501);
    const { verdict, checks } = stage.check();
    expect(verdict.kind).equal("failNow");
    expect(checks[0]?.confidence).equal(1);
    expect(checks[0]?.statistics?.logEvidence).satisfy(Number.isFinite);
  });

  it("don't blame the canary for the primary's failures", () => {
    const stage = new Stage();
    stage.ask(canary, 40).ask(primary, 40, { code: "500", ms: 1000 });
    expect(verdictOf(stage.endInterval())).equal("pass");
  });

  it("hold the weight on a breached estimate without counting it", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 38).ask(canary, 2, { code: "500" }).ask(primary, 40);
    const assessment = stage.endInterval();
    expect(verdictOf(assessment)).equal("hold: breached");
    expect(sentenceOf(assessment)).equal("success rate 95.00% < 99% (canary: 2 of 40 requests failed)");
  });

  it("hold longer only on what is less likely to be chance", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 225).ask(canary, 5, { code: "500" }).ask(primary, 230);
    // 5 or more of 230 at 1%: 8%, which is rare at the first interval and usual among several.
    expect(verdictOf(stage.endInterval())).equal("hold: breached");
    expect(verdictOf(stage.endInterval())).equal("pass");
    // 10 or more of 425: 1%.
    stage.ask(canary, 5, { code: "500" }).ask(canary, 190).ask(primary, 195);
    expect(verdictOf(stage.endInterval())).equal("hold: breached");
    expect(verdictOf(stage.endInterval())).equal("hold: breached");
  });

  it("let one failure among few requests pass as chance", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 49).ask(canary, 1, { code: "500" }).ask(primary, 50);
    expect(verdictOf(stage.endInterval())).equal("pass");
  });

  it("call it a failed check where an interval speaks clearly, but only at its end", () => {
    const stage = new Stage({ ...successRate, threshold: 10 });
    stage.ask(canary, 2000).ask(primary, 2000).endInterval();
    stage.ask(canary, 380).ask(canary, 20, { code: "500" }).ask(primary, 400);
    expect(verdictOf(stage.check())).equal("pass");
    const assessment = stage.endInterval();
    expect(verdictOf(assessment)).equal("failedCheck");
    expect(sentenceOf(assessment)).equal("success rate 95.00% < 99% (canary: 20 of 400 requests failed)");
  });

  it("judge a failed check by fresh requests only", () => {
    const settings = { ...successRate, threshold: 10 };
    const stage = new Stage(settings);
    stage.ask(canary, 2000).ask(primary, 2000).endInterval();
    stage.ask(canary, 380).ask(canary, 20, { code: "500" }).ask(primary, 400);
    expect(verdictOf(stage.endInterval())).equal("failedCheck");
    stage.ask(canary, 400).ask(primary, 400);
    expect(verdictOf(stage.endInterval())).not.equal("failedCheck");
  });

  it("take a failed check of a critical metric for the end", () => {
    const metrics = [{ ...successRate.metrics[0], name: "request-success-rate" as const, critical: true }];
    const stage = new Stage({ metrics, threshold: 10 });
    stage.ask(canary, 4000).ask(primary, 4000).endInterval();
    stage.ask(canary, 375).ask(canary, 25, { code: "500" }).ask(primary, 400);
    expect(verdictOf(stage.endInterval())).equal("failNow");
  });

  it("judge and report a dry run, and do nothing about it", () => {
    const metrics = [{ name: "request-success-rate" as const, thresholdRange: { min: 99 }, dryRun: true }];
    const stage = new Stage({ metrics });
    stage.ask(canary, 40, { code: "500" }).ask(primary, 40);
    const { verdict, checks } = stage.endInterval();
    expect(verdict.kind).equal("pass");
    expect(checks[0]).deep.include({ verdict: "failNow", dryRun: true });
  });

  it("find a late fault after an hour of health, thanks to the start at the last weight", () => {
    const stage = new Stage(successRate);
    for (let minute = 0; minute < 10; minute += 1) stage.ask(canary, 5000).ask(primary, 5000).check({ seconds: 60 });
    stage.weight(60).check();
    stage.ask(canary, 20, { code: "500" }).ask(primary, 12);
    expect(verdictOf(stage.check())).equal("failNow");
  });

  it("keep the evidence over changes of weight and holds", () => {
    const stage = new Stage(successRate);
    const failing = () => stage.ask(canary, 1, { code: "500" }).ask(canary, 9).ask(primary, 10);
    const confidences: number[] = [];
    for (let step = 0; step < 3; step += 1) {
      failing();
      confidences.push(stage.endInterval({ seconds: 10 }).checks[0]?.confidence ?? NaN);
      stage.weight(50 + step);
    }
    expect(confidences[1]).above(confidences[0] ?? 1);
    expect(confidences[2]).above(confidences[1] ?? 1);
  });

  it("judge the primary's new pods by the same rules, and name them", () => {
    const stage = new Stage(successRate, { subject: "primary" });
    stage.ask(canary, 5, { code: "500" }).ask(primary, 5);
    expect(sentenceOf(stage.check())).contain("(primary: 5 of 5 requests failed");
  });
});

describe("request-duration", () => {
  it("counts what is slower than the limit, whatever the mean says", () => {
    const stage = new Stage(duration);
    for (let second = 0; second < 8; second += 2)
      stage.ask(canary, 6, { ms: 1200 }).ask(canary, 14).ask(primary, 20).check();
    const assessment = stage.check();
    expect(verdictOf(assessment)).equal("failNow");
    expect(sentenceOf(assessment)).match(
      /^request duration 1\.\d+s > 500ms \(canary: 24 of 80 requests took longer than 500ms/,
    );
  });

  it("is exact at a bucket's bound", () => {
    const stage = new Stage(duration);
    stage.ask(canary, 40, { ms: 500 }).ask(primary, 40);
    expect(verdictOf(stage.endInterval())).equal("pass");
  });

  it("gives the benefit of the doubt between two bounds", () => {
    const metrics = [{ name: "request-duration" as const, thresholdRange: { max: 300 } }];
    const doubtful = new Stage({ metrics });
    doubtful.ask(canary, 40, { ms: 450 }).ask(primary, 40);
    expect(doubtful.endInterval().checks[0]?.confidence).equal(0);
    const sure = new Stage({ metrics });
    for (let second = 0; second < 10; second += 2)
      sure.ask(canary, 10, { ms: 700 }).ask(canary, 30, { ms: 450 }).ask(primary, 40).check();
    expect(verdictOf(sure.check())).equal("failNow");
  });

  it("takes a bucket that the gateway never made for an empty one", () => {
    const stage = new Stage(duration);
    stage.ask(primary, 40).ask(canary, 10, { ms: 1900 }).check();
    expect(verdictOf(stage.check())).equal("failNow");
  });

  it("knows a lower limit too", () => {
    const metrics = [{ name: "request-duration" as const, thresholdRange: { min: 100 }, compare: false as const }];
    const stage = new Stage({ metrics });
    stage.ask(canary, 400, { ms: 20 }).ask(primary, 400);
    expect(sentenceOf(stage.check())).contain("400 of 400 requests took at most 100ms");
  });
});
