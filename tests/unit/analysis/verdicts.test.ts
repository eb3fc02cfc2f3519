import { expect } from "chai";
import { canary, primary, sentenceOf, Stage, successRate, verdictOf } from "./stage.js";

const duration = { metrics: [{ name: "request-duration" as const, thresholdRange: { max: 500 } }] };

/** Ends so many intervals, each with the same traffic; the verdicts. */
function intervals(stage: Stage, count: number, traffic: (stage: Stage) => void): readonly string[] {
  return Array.from({ length: count }, () => {
    traffic(stage);
    return verdictOf(stage.endInterval({ seconds: 10 }));
  });
}

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

  it("take a disaster back at once, between two interval ends", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 3, { code: "500" }).ask(primary, 3);
    const assessment = stage.check();
    expect(verdictOf(assessment)).equal("failNow");
    expect(sentenceOf(assessment)).match(
      /^success rate 0\.00% < 99% \(canary: 3 of 3 requests failed, confidence 99\.99\d+%\)$/,
    );
    expect(assessment.checks[0]?.confidence).above(0.999);
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

  it("let one failure among few requests pass as chance", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 49).ask(canary, 1, { code: "500" }).ask(primary, 50);
    expect(verdictOf(stage.endInterval())).equal("pass");
  });

  it("call it a failed check where an interval speaks clearly, but only at its end", () => {
    const stage = new Stage({ ...successRate, threshold: 10 });
    stage.ask(canary, 2000).ask(primary, 2000).endInterval();
    stage.ask(canary, 380).ask(canary, 20, { code: "500" }).ask(primary, 400);
    expect(verdictOf(stage.check())).equal("hold: breached");
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
    stage.ask(canary, 6, { ms: 1200 }).ask(canary, 14).ask(primary, 20);
    const assessment = stage.check();
    expect(verdictOf(assessment)).equal("failNow");
    expect(sentenceOf(assessment)).match(
      /^request duration 1\.\d+s > 500ms \(canary: 6 of 20 requests took longer than 500ms/,
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
    sure.ask(canary, 10, { ms: 700 }).ask(canary, 30, { ms: 450 }).ask(primary, 40);
    expect(verdictOf(sure.check())).equal("failNow");
  });

  it("takes a bucket that the gateway never made for an empty one", () => {
    const stage = new Stage(duration);
    stage.ask(primary, 40).ask(canary, 10, { ms: 1900 });
    expect(verdictOf(stage.check())).equal("failNow");
  });

  it("knows a lower limit too", () => {
    const stage = new Stage({ metrics: [{ name: "request-duration", thresholdRange: { min: 100 } }] });
    stage.ask(canary, 400, { ms: 20 }).ask(primary, 400);
    expect(sentenceOf(stage.check())).contain("400 of 400 requests took at most 100ms");
  });
});

describe("too little to judge", () => {
  it("holds where no canary request was seen", () => {
    const stage = new Stage(successRate);
    stage.ask(primary, 3);
    expect(sentenceOf(stage.endInterval())).equal(
      "no values found for apisix metric request-success-rate probably podinfo.test is not receiving traffic",
    );
  });

  it("holds below minRequests, counted from the change of weight", () => {
    const stage = new Stage({ ...successRate, minRequests: 20 });
    stage.ask(canary, 25).ask(primary, 25);
    expect(verdictOf(stage.endInterval())).equal("pass");
    stage.weight(51).check();
    stage.ask(canary, 19).ask(primary, 19);
    const assessment = stage.endInterval();
    expect(verdictOf(assessment)).equal("hold: inconclusive");
    expect(sentenceOf(assessment)).contain("only 19 of 20 requests");
    stage.ask(canary, 1).ask(primary, 1);
    expect(verdictOf(stage.endInterval())).equal("pass");
  });

  it("doesn't wait for minRequests to take a disaster back", () => {
    const stage = new Stage({ ...successRate, minRequests: 1000 });
    stage.ask(canary, 4, { code: "500" }).ask(primary, 4);
    expect(verdictOf(stage.check())).equal("failNow");
  });

  it("gives up after inconclusiveLimit intervals in a row, not before", () => {
    const stage = new Stage({ ...successRate, inconclusiveLimit: 3 });
    expect(intervals(stage, 3, () => undefined)).deep.equal(["hold: noData", "hold: noData", "giveUp"]);
    const recovering = new Stage({ ...successRate, inconclusiveLimit: 3 });
    const few = (each: Stage): unknown => each.ask(canary, 1).ask(primary, 1);
    const many = (each: Stage): unknown => each.ask(canary, 20).ask(primary, 20);
    expect(intervals(recovering, 2, few)).deep.equal(["hold: inconclusive", "hold: inconclusive"]);
    expect(intervals(recovering, 1, many)).deep.equal(["pass"]);
  });

  it("does what onNoData says", () => {
    const withPolicy = (onNoData: "fail" | "ignore", critical = false) =>
      new Stage({ metrics: [{ name: "request-success-rate", thresholdRange: { min: 99 }, onNoData, critical }] });
    expect(intervals(withPolicy("ignore"), 1, () => undefined)).deep.equal(["pass"]);
    expect(intervals(withPolicy("fail"), 1, () => undefined)).deep.equal(["failedCheck"]);
    expect(intervals(withPolicy("fail", true), 1, () => undefined)).deep.equal(["failNow"]);
    expect(verdictOf(withPolicy("fail").check())).equal("hold: noData");
  });

  it("takes samples older than three scrapes for no data", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 40).ask(primary, 40).check();
    expect(verdictOf(stage.endInterval({ scraped: false, seconds: 5 }))).equal("pass");
    const assessment = stage.endInterval({ scraped: false, seconds: 1 });
    expect(verdictOf(assessment)).equal("hold: noData");
    expect(sentenceOf(assessment)).contain("6.5s old, more than 3 scrape intervals (6s)");
  });

  it("asks for the proof of promoteWithConfidence at the last step only, and waits as long as it takes", () => {
    const stage = new Stage({ ...successRate, promoteWithConfidence: 0.999, inconclusiveLimit: 2 });
    stage.ask(canary, 300).ask(primary, 300);
    expect(verdictOf(stage.endInterval({ finalStep: false }))).equal("pass");
    for (let more = 0; more < 4; more += 1) {
      const assessment = stage.endInterval({ finalStep: true });
      expect(verdictOf(assessment)).equal("hold: inconclusive");
      expect(sentenceOf(assessment)).contain("not yet proved: at most 1% failed requests at 99.9% confidence");
    }
    stage.ask(canary, 412).ask(primary, 412);
    expect(verdictOf(stage.endInterval({ finalStep: true }))).equal("pass");
  });

  it("waits for the initial delay, counted from the first traffic, and forgets what was before", () => {
    const stage = new Stage({ ...successRate, initialDelay: "10s" });
    stage.ask(primary, 20);
    expect(verdictOf(stage.check({ seconds: 60 }))).equal("hold: waiting");
    stage.ask(canary, 20, { code: "503" }).ask(primary, 20);
    expect(verdictOf(stage.endInterval())).equal("hold: waiting");
    expect(verdictOf(stage.endInterval({ seconds: 8 }))).equal("hold: waiting");
    stage.ask(canary, 40).ask(primary, 40);
    const assessment = stage.endInterval({ seconds: 4 });
    expect(verdictOf(assessment)).equal("pass");
    expect(assessment.checks[0]?.requests).equal(40);
  });
});

describe("a metrics provider that is away", () => {
  it("holds, and gives up at consecutiveErrorLimit", () => {
    const stage = new Stage({ ...successRate, consecutiveErrorLimit: 2 });
    stage.ask(canary, 40).ask(primary, 40);
    expect(verdictOf(stage.endInterval())).equal("pass");
    const assessment = stage.endInterval({ error: "Prometheus: it gives no answer" });
    expect(verdictOf(assessment)).equal("hold: error");
    expect(verdictOf(stage.check({ error: "Prometheus: it gives no answer" }))).equal("hold: error");
    expect(sentenceOf(stage.endInterval({ error: "Prometheus: it gives no answer" }))).equal(
      "Prometheus: it gives no answer; 2 intervals in a row without an answer (limit 2)",
    );
  });

  it("starts its count again after an answer", () => {
    const stage = new Stage({ ...successRate, consecutiveErrorLimit: 2 });
    stage.ask(canary, 40).ask(primary, 40);
    const verdicts = [{ error: "away" }, {}, { error: "away" }].map((look) => verdictOf(stage.endInterval(look)));
    expect(verdicts).deep.equal(["hold: error", "pass", "hold: error"]);
  });

  it("does what onError says", () => {
    const withPolicy = (onError: "fail" | "ignore") =>
      new Stage({ metrics: [{ name: "request-success-rate", thresholdRange: { min: 99 }, onError }] });
    expect(verdictOf(withPolicy("fail").endInterval({ error: "away" }))).equal("failedCheck");
    expect(verdictOf(withPolicy("ignore").endInterval({ error: "away" }))).equal("pass");
  });

  it("doesn't lose what was counted meanwhile", () => {
    const stage = new Stage(successRate);
    stage.check({ error: "away", scraped: false });
    stage.ask(canary, 5, { code: "500" }).ask(primary, 5);
    stage.check({ error: "away" });
    expect(verdictOf(stage.check())).equal("failNow");
  });
});
