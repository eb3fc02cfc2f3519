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

/** As a user writes it who leaves something out. */
function withoutUndefined(value: ReturnType<typeof beside> | object): ReturnType<typeof beside> {
  return JSON.parse(JSON.stringify(value)) as ReturnType<typeof beside>;
}

/** One look after so many requests of each, with so many failures. */
function look(stage: Stage, canaryFailed: number, primaryFailed: number, each = 50, intervalEnds = false) {
  stage.ask(canary, each - canaryFailed).ask(canary, canaryFailed, { code: "500" });
  stage.ask(primary, each - primaryFailed).ask(primary, primaryFailed, { code: "500" });
  return stage.check({ seconds: 10, intervalEnds });
}

describe("compared with the primary", () => {
  it("a canary that fails beside a healthy primary is rolled back", () => {
    const stage = new Stage(beside(1, 99));
    const verdicts = [1, 2, 3].map(() => verdictOf(look(stage, 15, 0)));
    expect(verdicts.at(-1)).equal("failNow");
    const sentence = sentenceOf(look(stage, 15, 0));
    expect(sentence).contain("primary: 0 of 200 requests failed, at most 1 points more allowed");
  });

  it("a dependency that fails both is not held against the canary, by default as well: it goes on with a warning", () => {
    for (const settings of [beside(1, 99), { metrics: [{ ...beside(1, 99).metrics[0], compare: undefined }] }]) {
      const stage = new Stage(withoutUndefined(settings));
      for (let round = 0; round < 20; round += 1) {
        const assessment = look(stage, 25, 25, 50, true);
        expect(verdictOf(assessment)).equal("pass");
        expect(assessment.verdict)
          .property("warning")
          .match(/^success rate 50\.00% < 99% \(canary: \d+ of \d+ .*alike/);
        expect(assessment.checks[0]?.confidence).equal(0);
      }
    }
  });

  it("warns only for as long as both fail", () => {
    const stage = new Stage(beside(1, 99));
    for (let round = 0; round < 5; round += 1) look(stage, 25, 25, 50, true);
    const assessments = Array.from({ length: 8 }, () => look(stage, 0, 0, 50, true));
    expect(assessments[0]?.verdict).property("warning");
    expect(assessments.at(-1)?.verdict).deep.equal({ kind: "pass" });
  });

  it("a canary that fails more than a failing primary is held, and rolled back", () => {
    const stage = new Stage({ metrics: [{ name: "request-success-rate", thresholdRange: { min: 99 } }] });
    const verdicts = Array.from({ length: 6 }, () => verdictOf(look(stage, 25, 5)));
    expect(verdicts[0]).equal("hold: breached");
    expect(verdicts.at(-1)).equal("failNow");
  });

  it("without the comparison the same outage rolls the canary back", () => {
    const metrics = [{ name: "request-success-rate" as const, thresholdRange: { min: 99 }, compare: false as const }];
    const stage = new Stage({ metrics });
    const verdicts = [1, 2].map(() => verdictOf(look(stage, 25, 25)));
    expect(verdicts.at(-1)).equal("failNow");
  });

  it("stands aside where the primary gets no traffic: then the limit alone decides", () => {
    const stage = new Stage({ metrics: [{ name: "request-success-rate", thresholdRange: { min: 99 } }] });
    stage.weight(100);
    const verdicts = [1, 2].map(() => verdictOf(stage.ask(canary, 25, { code: "500" }).check()));
    expect(verdicts.at(-1)).equal("failNow");
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
