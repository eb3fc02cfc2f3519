import { expect } from "chai";
import { strataFor, strataOf, stratumName, withNewPods } from "../../../release/analysis/counting/strata.js";
import { canary, primary, sentenceOf, Stage, verdictOf } from "./stage.js";

const rate = { metrics: [{ name: "request-success-rate" as const, thresholdRange: { min: 99 } }] };
const pods = [canary, "10.0.0.3", "10.0.0.4"];

function threePods(): Stage {
  const stage = new Stage(rate);
  stage.surroundings = { ...stage.surroundings, subjectNodes: pods, subjectReady: 3 };
  return stage;
}

describe("parts of the traffic", () => {
  it("find the one pod of three that fails, and name it", () => {
    const stage = threePods();
    const verdicts = Array.from({ length: 40 }, () => {
      stage.ask(canary, 9).ask(canary, 1, { code: "500" }).ask("10.0.0.3", 10).ask("10.0.0.4", 10).ask(primary, 30);
      return stage.check();
    });
    const end = verdicts.find(({ verdict }) => verdict.kind === "failNow");
    if (end === undefined) throw new Error("not rolled back");
    expect(sentenceOf(end)).match(
      /^success rate 9\d\.\d\d% < 99% \(canary's pod 10\.0\.0\.2: \d+ of \d+ requests failed, primary: 0 of \d+ requests failed, confidence/,
    );
  });

  it("hold on a pod that looks bad among good ones", () => {
    const stage = threePods();
    stage.ask(canary, 46).ask(canary, 4, { code: "500" }).ask("10.0.0.3", 250).ask("10.0.0.4", 250).ask(primary, 550);
    const assessment = stage.endInterval();
    expect(verdictOf(assessment)).equal("hold: breached");
    expect(sentenceOf(assessment)).contain("canary's pod 10.0.0.2: 4 of 50 requests failed");
  });

  it("find writes that fail among many reads, and say so", () => {
    const stage = new Stage(rate);
    const write = { methodClass: "write" };
    const verdicts = Array.from({ length: 30 }, () => {
      stage
        .ask(canary, 80, { methodClass: "read" })
        .ask(canary, 9, write)
        .ask(canary, 1, { ...write, code: "500" });
      stage.ask(primary, 80, { methodClass: "read" }).ask(primary, 10, write);
      return stage.check();
    });
    const end = verdicts.find(({ verdict }) => verdict.kind === "failNow");
    if (end === undefined) throw new Error("not rolled back");
    expect(sentenceOf(end)).match(
      /\(canary's write requests: \d+ of \d+ requests failed, primary's: 0 of \d+ requests/,
    );
  });

  it("hold a part to no more than what the other version does with it", () => {
    const stage = new Stage(rate);
    for (let round = 0; round < 30; round += 1) {
      for (const node of [canary, primary])
        stage
          .ask(node, 200, { methodClass: "read" })
          .ask(node, 8, { methodClass: "write" })
          .ask(node, 1, { methodClass: "write", code: "500" });
      expect(verdictOf(stage.endInterval())).equal("pass");
    }
  });

  it("are not judged where they were not asked for", () => {
    const stage = new Stage({ ...rate, strata: [] });
    const write = { methodClass: "write" };
    stage
      .ask(canary, 500)
      .ask(canary, 2, write)
      .ask(canary, 4, { ...write, code: "500" })
      .ask(primary, 500);
    expect(verdictOf(stage.endInterval())).equal("pass");
    expect(stage.state.totals.strata).deep.equal({});
  });

  it("have weights that sum to 1 at most, however many pods there are and come", () => {
    for (const count of [1, 2, 5, 12, 60]) {
      const nodes = Array.from({ length: count }, (_, index) => `10.0.0.${index}`);
      for (const methods of [true, false]) {
        const strata = strataFor(["pod", "method"], nodes, methods);
        const more = withNewPods(strata, [...nodes, ...nodes.map((node) => `${node}9`)]);
        const sum = Object.values(more.weights).reduce((total, weight) => total + weight, 0);
        expect(sum)
          .above(0.9)
          .at.most(1 + 1e-12);
        expect(Object.keys(more.weights).length).at.most(16);
      }
    }
  });

  it("put a pod that comes later into a group of its own, and know whose it is", () => {
    const strata = withNewPods(strataFor(["pod"], ["a", "b"], false), ["a", "b", "c"]);
    const [key = ""] = strataOf(strata, "c", undefined, "subject");
    expect(stratumName(strata, key)).equal("pod c");
    expect(strata.weights[key]).above(0);
    expect(strataOf(strata, "c", "read", "baseline")).deep.equal([]);
  });
});
