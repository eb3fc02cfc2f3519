import { expect } from "chai";
import { canary, primary, sentenceOf, Stage, verdictOf } from "./stage.js";

const beside = (maxIncrease: number, min?: number) => ({
  metrics: [
    {
      name: "request-success-rate" as const,
      compare: { maxIncrease },
      ...(min === undefined ? {} : { thresholdRange: { min } }),
    },
  ],
});

/** One look after so many requests of each, with so many failures. */
function look(stage: Stage, canaryFailed: number, primaryFailed: number, each = 50, intervalEnds = false) {
  stage.ask(canary, each - canaryFailed).ask(canary, canaryFailed, { code: "500" });
  stage.ask(primary, each - primaryFailed).ask(primary, primaryFailed, { code: "500" });
  return stage.check({ seconds: 10, intervalEnds });
}

describe("compared with the primary", () => {
  it("a canary that fails beside a healthy primary is taken back", () => {
    const stage = new Stage(beside(1, 99));
    const verdicts = [1, 2, 3].map(() => verdictOf(look(stage, 15, 0)));
    expect(verdicts.at(-1)).equal("failNow");
    const sentence = sentenceOf(look(stage, 15, 0));
    expect(sentence).contain("primary: 0 of 200 requests failed, at most 1 points more allowed");
  });

  it("a dependency that fails both holds the weight and is not held against the canary", () => {
    const stage = new Stage(beside(1, 99));
    for (let round = 0; round < 20; round += 1) {
      const assessment = look(stage, 25, 25, 50, true);
      expect(verdictOf(assessment)).equal("hold: breached");
      expect(assessment.checks[0]?.confidence).equal(0);
    }
  });

  it("goes on soon after both are healthy again", () => {
    const stage = new Stage(beside(1, 99));
    for (let round = 0; round < 5; round += 1) look(stage, 25, 25, 50, true);
    const verdicts = Array.from({ length: 8 }, () => verdictOf(look(stage, 0, 0, 50, true)));
    expect(verdicts[0]).equal("hold: breached");
    expect(verdicts.at(-1)).equal("pass");
  });

  it("without the comparison the same outage takes the canary back", () => {
    const stage = new Stage({ metrics: [{ name: "request-success-rate", thresholdRange: { min: 99 } }] });
    expect(verdictOf(look(stage, 25, 25))).equal("failNow");
  });

  it("an absolute limit that is kept is enough, whatever the primary does better", () => {
    const stage = new Stage(beside(0, 90));
    for (let round = 0; round < 20; round += 1) expect(verdictOf(look(stage, 2, 0, 50, true))).equal("pass");
  });

  it("works without a limit of its own", () => {
    const same = new Stage(beside(1));
    for (let round = 0; round < 10; round += 1) expect(verdictOf(look(same, 5, 5, 50, true))).equal("pass");
    const worse = new Stage(beside(1));
    const verdicts = Array.from({ length: 6 }, () => verdictOf(look(worse, 20, 5)));
    expect(verdicts.at(-1)).equal("failNow");
  });

  it("holds on a difference that is no proof yet", () => {
    const stage = new Stage(beside(1));
    expect(verdictOf(look(stage, 0, 0))).equal("pass");
    expect(verdictOf(look(stage, 5, 0))).equal("hold: breached");
  });

  it("compares latencies by the limit, or by what the primary usually takes", () => {
    const metrics = [{ name: "request-duration" as const, compare: { maxIncrease: 1 } }];
    const stage = new Stage({ metrics });
    for (let round = 0; round < 2; round += 1) stage.ask(canary, 50).ask(primary, 50).check();
    const verdicts = Array.from({ length: 4 }, () =>
      verdictOf(stage.ask(canary, 30, { ms: 1000 }).ask(canary, 20).ask(primary, 50).check()),
    );
    expect(verdicts.at(-1)).equal("failNow");
    const slowBoth = new Stage({ metrics });
    for (let round = 0; round < 6; round += 1) {
      slowBoth.ask(canary, 50, { ms: 1000 }).ask(primary, 50, { ms: 1000 });
      expect(verdictOf(slowBoth.endInterval())).equal("pass");
    }
  });
});
