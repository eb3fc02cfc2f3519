import { expect } from "chai";
import { canary, primary, sentenceOf, Stage, successRate, verdictOf } from "./stage.js";

const template = { provider: { type: "prometheus" as const }, query: "up" };
const number = (settings: object = {}) => ({
  metrics: [{ name: "queue", template, thresholdRange: { max: 5 }, ...settings }],
});
const value = (each: number) => ({ queue: { kind: "value" as const, value: each } });

describe("custom metrics", () => {
  const stageOf = (settings: object = {}) => new Stage(number(settings));

  it("pass within their limits", () => {
    expect(verdictOf(stageOf().endInterval({ custom: value(5) }))).equal("pass");
  });

  it("are failed checks beyond them at an interval's end, and hold before", () => {
    const stage = stageOf();
    expect(verdictOf(stage.check({ custom: value(7) }))).equal("hold: breached");
    const assessment = stage.endInterval({ custom: value(7) });
    expect(verdictOf(assessment)).equal("failedCheck");
    expect(sentenceOf(assessment)).equal("queue 7.00 > 5");
  });

  it("know a lower limit", () => {
    const stage = stageOf({ thresholdRange: { min: 2 } });
    expect(sentenceOf(stage.endInterval({ custom: value(1.5) }))).equal("queue 1.50 < 2");
  });

  it("hold without an answer, each in its own way", () => {
    expect(sentenceOf(stageOf().endInterval({ custom: { queue: { kind: "noData" } } }))).equal(
      "no values found for custom metric: queue",
    );
    expect(verdictOf(stageOf().endInterval())).equal("hold: noData");
    const several = { queue: { kind: "error" as const, message: "the query answers with 2 series, not with one" } };
    const assessment = stageOf().endInterval({ custom: several });
    expect(verdictOf(assessment)).equal("hold: error");
    expect(sentenceOf(assessment)).equal("queue: the query answers with 2 series, not with one");
  });

  it("end the run where they are critical, and never in a dry run", () => {
    expect(verdictOf(stageOf({ critical: true }).endInterval({ custom: value(7) }))).equal("failNow");
    expect(verdictOf(stageOf({ dryRun: true }).endInterval({ custom: value(7) }))).equal("pass");
  });

  it("do not shrink the budget of the checks that weigh requests", () => {
    const alone = new Stage(successRate);
    const together = new Stage({ metrics: [...successRate.metrics, ...number().metrics] });
    for (const stage of [alone, together]) stage.ask(canary, 3, { code: "500" }).ask(primary, 3);
    expect(verdictOf(together.check({ custom: value(1) }))).equal(verdictOf(alone.check()));
  });
});

describe("the split", () => {
  /** Past the time that a change of weight may take. */
  const settled = (settings = successRate): Stage => {
    const stage = new Stage(settings);
    stage.ask(canary, 10).ask(primary, 10).check({ seconds: 6 });
    return stage;
  };

  it("holds where the canary gets less than was asked, and gives up in the end", () => {
    const stage = settled({ ...successRate, ...{ inconclusiveLimit: 2 } });
    stage.ask(canary, 20).ask(primary, 180);
    const assessment = stage.endInterval();
    expect(verdictOf(assessment)).equal("hold: split");
    expect(sentenceOf(assessment)).equal(
      "traffic does not follow: canary gets 10.0% of the requests instead of 50% (20 of 200)",
    );
    expect(verdictOf(stage.endInterval())).equal("giveUp");
  });

  it("counts it as a failed check where the canary gets more", () => {
    const stage = settled();
    stage.weight(10).check({ seconds: 6 });
    stage.ask(canary, 100).ask(primary, 100);
    expect(verdictOf(stage.check())).equal("hold: split");
    expect(verdictOf(stage.endInterval())).equal("failedCheck");
  });

  it("allows for a round robin per worker", () => {
    const stage = settled();
    stage.ask(canary, 14).ask(primary, 20);
    expect(verdictOf(stage.endInterval())).equal("pass");
  });

  it("is compared from when the change of weight has taken effect", () => {
    const stage = settled();
    stage.weight(10);
    stage.ask(canary, 200).ask(primary, 200);
    expect(verdictOf(stage.endInterval({ seconds: 3 }))).equal("pass");
  });
});
