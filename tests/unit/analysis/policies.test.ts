import { expect } from "chai";
import { canary, primary, sentenceOf, Stage, successRate, verdictOf } from "./stage.js";

/** Ends so many intervals, each with the same traffic; the verdicts. */
function intervals(stage: Stage, count: number, traffic: (stage: Stage) => void): readonly string[] {
  return Array.from({ length: count }, () => {
    traffic(stage);
    return verdictOf(stage.endInterval({ seconds: 10 }));
  });
}

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

  it("doesn't wait for minRequests to roll a disaster back", () => {
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
