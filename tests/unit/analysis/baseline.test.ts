import { expect } from "chai";
import fc from "fast-check";
import { canary, primary, sentenceOf, Stage, verdictOf } from "./stage.js";

const fresh = "10.0.0.3";
const metrics = [{ name: "request-success-rate" as const, thresholdRange: { min: 99 } }];

/** A primary of warm pods, and a fresh one of the old revision beside it. */
function stageWith(comparedNodes: readonly string[] | undefined): Stage {
  const stage = new Stage({ metrics });
  stage.surroundings = {
    ...stage.surroundings,
    baselineNodes: [primary, fresh],
    baselineReady: 2,
    weightPercent: 33,
    comparedNodes,
  };
  return stage;
}

interface Failures {
  readonly canary: number;
  readonly warm: number;
  readonly fresh: number;
}

/** One look after 50 requests of each, so many of which failed. */
function look(stage: Stage, failed: Failures, intervalEnds = false) {
  stage.ask(canary, 50 - failed.canary).ask(canary, failed.canary, { code: "500" });
  stage.ask(primary, 50 - failed.warm).ask(primary, failed.warm, { code: "500" });
  stage.ask(fresh, 50 - failed.fresh).ask(fresh, failed.fresh, { code: "500" });
  return stage.check({ seconds: 10, intervalEnds });
}

const last = <T>(all: readonly T[]): T | undefined => all.at(-1);
const times = <T>(count: number, make: () => T): readonly T[] => Array.from({ length: count }, make);

describe("compared with a baseline", () => {
  it("what fresh pods of the old revision do as well is not held against the canary", () => {
    const cold = { canary: 10, warm: 0, fresh: 10 };
    const stage = stageWith([fresh]);
    const assessments = times(20, () => look(stage, cold, true));
    for (const assessment of assessments) expect(verdictOf(assessment)).equal("pass");
    expect(last(assessments)?.verdict).property("warning").contain("alike");
    const beside = stageWith(undefined);
    expect(last(times(20, () => verdictOf(look(beside, cold))))).equal("failNow");
  });

  it("a canary that fails more than they do is rolled back, and the sentence says beside whom", () => {
    const stage = stageWith([fresh]);
    expect(last(times(3, () => verdictOf(look(stage, { canary: 15, warm: 15, fresh: 0 }))))).equal("failNow");
    const sentence = sentenceOf(look(stage, { canary: 15, warm: 15, fresh: 0 }));
    expect(sentence).match(/baseline: 0 of 200 requests failed/);
  });

  it("warm pods that fail excuse nobody any more", () => {
    const failing = { canary: 15, warm: 25, fresh: 0 };
    const stage = stageWith([fresh]);
    expect(last(times(4, () => verdictOf(look(stage, failing))))).equal("failNow");
    const beside = stageWith(undefined);
    expect(times(4, () => verdictOf(look(beside, { ...failing, fresh: 25 })))).not.include("failNow");
  });

  it("the split is of all users, whoever is compared", () => {
    const one = look(stageWith([fresh]), { canary: 0, warm: 0, fresh: 0 });
    const other = look(stageWith(undefined), { canary: 0, warm: 0, fresh: 0 });
    expect(one.observedSharePercent).equal(other.observedSharePercent);
    expect(one.totalRequests).equal(other.totalRequests);
    expect(one.requestsPerSecond).equal(other.requestsPerSecond);
  });

  it("where none of them is ready any more the primary stands in, so that a canary that fails then is still proved to", () => {
    const losing = stageWith([fresh]);
    times(5, () => look(losing, { canary: 0, warm: 0, fresh: 0 }));
    losing.surroundings = { ...losing.surroundings, baselineNodes: [primary], baselineReady: 1, comparedNodes: [] };
    const verdicts = times(6, () => {
      losing.ask(canary, 30).ask(canary, 20, { code: "500" }).ask(primary, 100);
      return verdictOf(losing.check({ seconds: 10 }));
    });
    expect(last(verdicts)).equal("failNow");
  });

  it("a run that began without them isn't compared with them in its middle", () => {
    const late = stageWith(undefined);
    const never = stageWith(undefined);
    const both = [late, never] as const;
    for (const each of both) look(each, { canary: 1, warm: 0, fresh: 3 }, true);
    late.surroundings = { ...late.surroundings, comparedNodes: [fresh] };
    const [one, other] = both.map((each) => look(each, { canary: 1, warm: 0, fresh: 3 }, true));
    expect(one).deep.equal(other);
  });

  it("of all the primary's addresses is what was without: the same verdicts, whatever happens", () => {
    const failures = fc.record({ canary: fc.nat(20), warm: fc.nat(20), fresh: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(fc.tuple(failures, fc.boolean()), { minLength: 1, maxLength: 10 }), (looks) => {
        const play = (nodes: readonly string[] | undefined) => {
          const stage = stageWith(nodes);
          return looks.map(([failed, intervalEnds]) => {
            const { verdict, checks, ...rest } = look(stage, failed, intervalEnds);
            const kinds = checks.map((check) => ({ ...check, sentence: "" }));
            return { kind: verdict.kind, kinds, rest };
          });
        };
        const off = play(undefined);
        expect(play([primary, fresh])).deep.equal(off);
        expect(play([])).deep.equal(off);
      }),
      { numRuns: 25 },
    );
  });

  it("is plain data: the same after state and observation went through a file", () => {
    const plain = stageWith([fresh]);
    const filed = stageWith([fresh]);
    for (const failed of [
      { canary: 3, warm: 0, fresh: 1 },
      { canary: 9, warm: 0, fresh: 2 },
      { canary: 20, warm: 0, fresh: 2 },
    ]) {
      const one = look(plain, failed, true);
      const other = look(filed, failed, true);
      filed.state = JSON.parse(JSON.stringify(filed.state)) as typeof filed.state;
      expect(other.verdict).deep.equal(one.verdict);
    }
  });
});
