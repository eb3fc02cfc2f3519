import { expect } from "chai";
import fc from "fast-check";
import { analysis } from "../../../release/settings/index.js";
import type { AnalysisInput } from "../../../release/settings/index.js";
import {
  analysesOf,
  deadlineSeconds,
  expectedSeconds,
  gateAfter,
  highestOf,
  isPromotedInSteps,
  isWithin,
  keepsSplit,
  partsOf,
  planPromotion,
  plannedIntervals,
  planStages,
  restSplit,
  sameSplit,
  stageAfterPromotion,
  userShares,
  wayBack,
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

  it("of A/B in steps moves who matches once, and asks each step its own", () => {
    const stages = plan({
      match,
      steps: [{ for: "30s" }, { pause: "until approved" }, { for: "2m", metrics, replicas: 3 }, {}],
    });
    expect(stages.map(({ kind, judged, intervals }) => [kind, judged, intervals])).to.deep.equal([
      ["matched", "matched", 1],
      ["pause", "matched", 1],
      ["matched", "matched", 2],
      ["matched", "matched", 1],
    ]);
    expect(stages.map((_, index) => keepsSplit(stages, index))).to.deep.equal([false, true, true, true]);
    expect(stages.map(({ split }) => split)).to.deep.equal(stages.map(() => ({ base: 0, matched: 100 })));
    expect(stages.map((_, index) => gateAfter(stages, index))).to.deep.equal([
      ...["none", "none", "none"],
      "confirm-promotion",
    ]);
    expect(partsOf(stages).map((part) => part.stages.length)).to.deep.equal([2, 1, 1]);
    expect(stages[2]).to.deep.include({ replicas: 3 });
    expect(wayBack(stages).plan).to.deep.equal([{ ...stages[0], intervals: 1 }]);
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

  it("has analyses of their own at the split of the stage before: before the switch, after it, or at the end", () => {
    const own = { prePromotion: { metrics, iterations: 2 }, postPromotion: { metrics, for: "90s", interval: "30s" } };
    const kinds = (input: AnalysisInput) =>
      plan({ ...own, ...input }).map(({ kind, judged, split }) => [kind, judged, split.base]);
    expect(kinds({ stepWeight: 50 })).to.deep.equal([
      ["weight", "users", 50],
      ["weight", "users", 100],
      ["prePromotion", "users", 100],
    ]);
    expect(kinds({ match, iterations: 2 })).to.deep.equal([
      ["matched", "matched", 0],
      ["prePromotion", "matched", 0],
    ]);
    expect(kinds({ iterations: 2, preview: { path: "/p" } })).to.deep.equal([
      ["preview", "preview", 0],
      ["prePromotion", "preview", 0],
      ["allUsers", "users", 100],
      ["postPromotion", "users", 100],
    ]);
    const [, before, , after] = plan({ iterations: 2, preview: { path: "/p" }, ...own });
    expect(before).to.deep.include({ intervals: 2, intervalSeconds: 60, counts: "passed" });
    expect(after).to.deep.include({ intervals: 3, intervalSeconds: 30, counts: "elapsed" });
    expect(stageAfterPromotion(settings({ iterations: 2, preview: { path: "/p" }, ...own }))).to.equal(undefined);
    expect(stageAfterPromotion(settings({ stepWeight: 50, ...own }))).to.deep.include({
      intervals: 3,
      judged: "users",
    });
  });

  it("goes a way back without what comes before the promotion, and with what comes after users were moved", () => {
    const own = { prePromotion: { metrics }, postPromotion: { metrics } };
    const ways = [{ stepWeight: 50 }, { iterations: 2, preview: { path: "/p" } }].map((each) => {
      const { plan: way, from } = wayBack(plan({ ...own, ...each }));
      return way.slice(from).map(({ kind, intervals }) => `${kind} ${intervals}`);
    });
    expect(ways).to.deep.equal([["weight 1"], ["allUsers 1", "postPromotion 1"]]);
  });

  it("numbers its analyses: those of its parts, in the background, and the one after a promotion by weights", () => {
    const background = [
      { metrics, from: 2 },
      { name: "orders", metrics, for: "20s" },
    ];
    const all = analysesOf(
      settings({ stepWeight: 50, background, prePromotion: { metrics }, postPromotion: { metrics } }),
    );
    expect(all.map(({ subject, name, isFirst }) => [subject, name, isFirst])).to.deep.equal([
      ["canary", undefined, true],
      ["canary", "pre-promotion analysis", undefined],
      ["canary", "background analysis 1", undefined],
      ["canary", "background analysis orders", true],
      ["primary", "post-promotion analysis", undefined],
    ]);
    expect(all[3]?.intervalSeconds).to.equal(20);
  });

  it("has them all in the deadline", () => {
    const deadline = (input: AnalysisInput) =>
      deadlineSeconds({ analysis: settings({ interval: "10m", stepWeight: 50, ...input }), progressDeadline: 600 });
    const none = deadline({});
    expect(deadline({ prePromotion: { metrics, iterations: 2 } }) - none).to.equal(3 * 1200);
    expect(deadline({ postPromotion: { metrics, for: "20m" } }) - none).to.equal(3 * 1200);
  });

  it("of a blue/green waits with all users at the canary, where the old revision is to stay", () => {
    const input = { iterations: 2, preview: { path: "/p" }, previewReplicas: 1, scaleDownDelay: "150s" };
    const stages = plan(input);
    expect(stages.map(({ kind }) => kind)).to.deep.equal(["preview", "allUsers", "scaleDownDelay"]);
    expect(stages.at(-1)).to.deep.equal({
      kind: "scaleDownDelay",
      split: { base: 100 },
      judged: "users",
      intervals: 3,
      intervalSeconds: 50,
      counts: "elapsed",
    });
    expect(stages.map((_, index) => gateAfter(stages, index)).slice(1)).to.deep.equal(["none", "confirm-promotion"]);
    expect(partsOf(stages).map((part) => part.stages.length)).to.deep.equal([1, 2]);
    expect(expectedSeconds(settings(input))).to.equal(2 * 60 + 2 * 60 + 150);
    expect(wayBack(stages).plan.map(({ kind }) => kind)).to.deep.equal(["preview", "allUsers"]);
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

  it("goes back share by share of the primary, without those that it has already", () => {
    expect(planPromotion({ base: 50 }, [20, 50, 60, 90])).to.deep.equal([{ base: 40 }, { base: 10 }, restSplit]);
    expect(planPromotion({ base: 100 }, [1, 100])).to.deep.equal([{ base: 99 }, restSplit]);
    expect(planPromotion({ base: 10 }, [20])).to.deep.equal([restSplit]);
    expect(planPromotion(restSplit, [20])).to.deep.equal([]);
    expect(planPromotion({ base: 0, bucketsPercent: 50 }, [80])).to.deep.equal([
      { base: 0, bucketsPercent: 20 },
      restSplit,
    ]);
    expect(planPromotion({ base: 20, bucketsPercent: 50 }, [70])).to.deep.equal([
      { base: 20, bucketsPercent: 30 },
      restSplit,
    ]);
    const shares = fc
      .uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1 })
      .map((all) => all.toSorted((a, b) => a - b));
    const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
    fc.assert(
      fc.property(percent, percent, shares, (base, bucketsPercent, pace) => {
        const from = { base, bucketsPercent };
        const way = planPromotion(from, pace);
        const rests = way.length === 0 ? sameSplit(from, restSplit) : sameSplit(way.at(-1) ?? from, restSplit);
        return rests && way.every((split, index) => isWithin(split, way[index - 1] ?? from));
      }),
    );
  });

  it("reckons with the steps of the way back", () => {
    const one = { stepWeights: [50], interval: "60m" };
    const seconds = (more: Partial<AnalysisInput>) =>
      deadlineSeconds({ analysis: settings({ ...one, ...more }), progressDeadline: 600 });
    expect(seconds({ stepWeightsPromotion: [60, 70] })).to.equal(seconds({}) + 3 * 2 * 3600);
    expect(seconds({ stepWeightsPromotion: [100] })).to.equal(seconds({}));
    expect(isPromotedInSteps(settings({ ...one, stepWeightsPromotion: [100] }))).to.equal(false);
    expect(isPromotedInSteps(settings({ ...one, stepWeightsPromotion: [60, 100] }))).to.equal(true);
    expect(isPromotedInSteps(settings({ ...one, stepWeightPromotion: 10 }))).to.equal(true);
    expect(isPromotedInSteps(settings(one))).to.equal(false);
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
