import { expect } from "chai";
import fc from "fast-check";
import { analysis } from "../../../release/settings/index.js";
import type { AnalysisInput } from "../../../release/settings/index.js";
import {
  expectedSeconds,
  gateAfter,
  highestOf,
  isWithin,
  partsOf,
  planPromotion,
  plannedIntervals,
  planStages,
  restSplit,
  sameSplit,
  userShares,
} from "../../../release/strategy/index.js";

const settings = (input: AnalysisInput) => analysis.parse({ interval: "60s", ...input });
const plan = (input: AnalysisInput) => planStages(settings(input));
const match = [{ headers: { "x-canary": { exact: "yes" } } }];
const metrics = [{ name: "request-success-rate" as const, thresholdRange: { min: 95 } }];

describe("strategy: plan", () => {
  it("of stepWeight, stepWeights and steps of the same weights is the same", () => {
    const one = plan({ stepWeight: 20, maxWeight: 50 });
    expect(plan({ stepWeights: [20, 40, 50] })).to.deep.equal(one);
    expect(plan({ steps: [{ weight: 20 }, { weight: 40 }, { weight: 50 }] })).to.deep.equal(one);
    expect(one.map(({ split }) => split)).to.deep.equal([{ base: 20 }, { base: 40 }, { base: 50 }]);
    expect(userShares(settings({ stepWeight: 20, maxWeight: 50 }))).to.deep.equal([20, 40, 50]);
  });

  it("looks at a long step as often as at any other", () => {
    const [long, short] = plan({
      steps: [
        { weight: 1, for: "150s" },
        { weight: 2, for: "20s" },
      ],
    });
    expect(long).to.deep.include({ intervals: 3, intervalSeconds: 50 });
    expect(short).to.deep.include({ intervals: 1, intervalSeconds: 20 });
  });

  it("asks for an increase before users see one, and never for a pause", () => {
    const stages = plan({ steps: [{ weight: 10 }, { pause: "until approved" }, { weight: 50 }] });
    expect(stages.map((_, index) => gateAfter(stages, index))).to.deep.equal([
      "none",
      "confirm-traffic-increase",
      "confirm-promotion",
    ]);
  });

  it("has a part for each that is judged by itself", () => {
    const stages = plan({
      mirror: true,
      steps: [{ weight: 1, metrics }, { pause: "1m" }, { weight: 10 }, { weight: 50 }],
    });
    const parts = partsOf(stages).map((part) => [part.judged, part.metrics !== undefined, part.stages.length]);
    expect(parts).to.deep.equal([
      ["mirror", false, 1],
      ["users", true, 2],
      ["users", false, 2],
    ]);
  });

  it("tests a blue/green before users, by what there is for it", () => {
    const kinds = (input: AnalysisInput) =>
      plan({ iterations: 5, ...input }).map(({ kind, judged }) => `${kind} ${judged}`);
    expect(kinds({})).to.deep.equal(["test nobody", "allUsers users"]);
    expect(kinds({ preview: { path: "/p" } })).to.deep.equal(["preview preview", "allUsers users"]);
    expect(kinds({ preview: { path: "/p" }, mirror: true })).to.deep.equal(["mirror mirror", "allUsers users"]);
    expect(plannedIntervals(settings({ iterations: 5 }))).to.equal(10);
  });

  it("lasts as long as its stages, and longer where requests come slowly", () => {
    const steps = { steps: [{ weight: 1, for: "5m" }, { weight: 50 }], minRequests: 60 };
    expect(expectedSeconds(settings(steps))).to.equal(360);
    // 1% of 1 request/s is one in 100 s: 60 of them take 100 minutes.
    expect(expectedSeconds(settings(steps), 1)).to.equal(6_000 + 120);
    expect(expectedSeconds(settings({ match, iterations: 10 }), 0.001)).to.equal(600);
  });

  it("goes back from what it reached, step by step or in one jump, and ends at rest", () => {
    expect(planPromotion({ base: 50 }, 0)).to.deep.equal([restSplit]);
    expect(planPromotion({ base: 50 }, 20)).to.deep.equal([{ base: 30 }, { base: 10 }, { base: 0 }]);
    expect(planPromotion({ base: 0, matched: 100 }, 20)).to.deep.equal([restSplit]);
    expect(planPromotion(restSplit, 20)).to.deep.equal([]);
    const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
    fc.assert(
      fc.property(percent, percent, fc.integer({ min: 1, max: 100 }), (base, bucketsPercent, step) => {
        const from = { base, bucketsPercent };
        const way = planPromotion(from, step);
        const rests = way.length === 0 ? sameSplit(from, restSplit) : sameSplit(way.at(-1) ?? from, restSplit);
        return rests && way.every((split, index) => isWithin(split, way[index - 1] ?? from));
      }),
    );
  });

  it("is never above its highest", () => {
    for (const input of [
      { iterations: 2, mirror: true },
      { match, iterations: 1 },
      { stepWeight: 30 },
      { mirror: true, stepWeight: 5 },
    ]) {
      const stages = plan(input);
      expect(stages.every(({ split }) => isWithin(split, highestOf(stages)))).to.equal(true);
    }
  });
});
