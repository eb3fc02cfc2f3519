import { expect } from "chai";
import { healthy } from "../../../../fakes/index.js";
import type { AnalysisInput } from "../../../../release/settings/index.js";
import { Harness, messageOf } from "../harness.js";

const preview = { header: { name: "x-preview", value: "yes" } };
/** What fails 3% keeps the first and breaks the second. */
const lenient = [{ name: "request-success-rate" as const, thresholdRange: { min: 90 } }];
const strict = [{ name: "request-success-rate" as const, thresholdRange: { min: 99.5 } }];
const errors = {
  name: "errors",
  thresholdRange: { max: 1 },
  template: { provider: { type: "prometheus" as const }, query: "sum(errors)" },
};
const failing = { ...healthy, failingShare: 0.03 };
const weights: Partial<AnalysisInput> = { stepWeight: 25, maxWeight: 50, metrics: lenient };

const splits = (harness: Harness) => harness.world.weightWrites.map(({ split }) => split);
const said = (harness: Harness, text: string): number | undefined => {
  const index = harness.world.messages.findIndex((message) => message.includes(text));
  return index === -1 ? undefined : index;
};
const primaryIsFirst = (harness: Harness): boolean =>
  !harness.engine.promotions.some(({ revision }) => revision === "r2");
const doings = (harness: Harness): readonly string[] =>
  harness.world.statuses
    .map(({ strategy }) => strategy?.doing ?? "")
    .filter((doing, index, all) => doing !== "" && doing !== all[index - 1]);

describe("an analysis before the promotion", () => {
  it("has its intervals at the last weight, behind the last step, and is seen in status and log", async () => {
    const harness = await Harness.atRest();
    const prePromotion = { metrics: strict, iterations: 3 };
    expect(messageOf(await harness.up("r2", { ...weights, prePromotion }))).to.equal("succeeded");
    expect(harness.weights).to.deep.equal([25, 50, 0]);
    expect(doings(harness)).to.deep.equal(["weight", "prePromotion"]);
    const status = harness.world.statuses.find(({ strategy }) => strategy?.iteration === 3)?.strategy;
    expect(status).to.deep.include({ stage: 3, stages: 3, doing: "prePromotion", iterations: 3 });
    expect(said(harness, "Starting pre-promotion analysis of podinfo.test")).to.be.greaterThan(
      said(harness, "Advance podinfo.test canary weight 50") ?? Infinity,
    );
    const [, last, back] = harness.world.weightWrites;
    expect((back?.atMs ?? 0) - (last?.atMs ?? 0)).to.be.greaterThan(40_000);
  });

  it("that fails ends the run by its own name, and the primary was never touched", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: failing };
    const message = messageOf(await harness.up("r2", { ...weights, prePromotion: { metrics: strict, for: "5m" } }));
    expect(message).to.match(/revision r2 rolled back: (failed checks .*: )?pre-promotion analysis: success rate/);
    expect(harness.weights).to.deep.equal([25, 50, 0]);
    expect(primaryIsFirst(harness)).to.equal(true);
    expect(harness.status?.judged).to.deep.include({ revision: "r2", verdict: "failed" });
    expect(harness.isAtRest).to.equal(true);
  });

  it("of blue/green is judged before users are moved", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: failing };
    const prePromotion = { metrics: strict, for: "10m" };
    const message = messageOf(await harness.up("r2", { iterations: 1, preview, metrics: lenient, prePromotion }));
    expect(message).to.contain("pre-promotion analysis: success rate");
    expect(splits(harness)).to.deep.equal([{ base: 0, preview: 100 }, { base: 0 }]);
  });

  it("of blue/green without a preview goes by numbers from elsewhere", async () => {
    const harness = await Harness.atRest();
    harness.world.custom = [{ metric: "errors", outcome: { kind: "value", value: 3 } }];
    const blueGreen = { iterations: 1, prePromotion: { metrics: [errors] } };
    expect(messageOf(await harness.up("r2", blueGreen))).to.match(/pre-promotion analysis: .*errors 3\.00 > 1/);
    expect(harness.weights).to.deep.equal([0]);
    harness.world.custom = [{ metric: "errors", outcome: { kind: "value", value: 0 } }];
    expect(messageOf(await harness.up("r3", blueGreen))).to.equal("succeeded");
  });
});

describe("an analysis after the promotion", () => {
  it("of blue/green takes all users back, for the primary still has the earlier revision", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(100, () => (harness.world.behaviour = { ...harness.world.behaviour, canary: failing }));
    const postPromotion = { metrics: strict, for: "10m" };
    const message = messageOf(await harness.up("r2", { iterations: 1, preview, metrics: lenient, postPromotion }));
    expect(message).to.match(/revision r2 rolled back: .*post-promotion analysis: success rate/);
    expect(splits(harness)).to.deep.equal([{ base: 0, preview: 100 }, { base: 100 }, { base: 0 }]);
    expect(primaryIsFirst(harness)).to.equal(true);
    expect(doings(harness)).to.deep.equal(["preview", "allUsers", "postPromotion"]);
  });

  const postPromotion = { metrics: strict, iterations: 3 };
  const primaryGetsBad = (harness: Harness, behaviour: typeof failing = failing): void => {
    const poll = (): void => {
      if (harness.status?.phase === "Finalising" && harness.world.gateway.weight === 0)
        harness.world.behaviour.primary = behaviour;
      else harness.clock.at(100, poll);
    };
    harness.clock.at(100, poll);
  };

  it("of weights judges the primary when it has all users", async () => {
    const harness = await Harness.atRest();
    expect(messageOf(await harness.up("r2", { ...weights, postPromotion }))).to.equal("succeeded");
    expect(doings(harness)).to.deep.equal(["weight", "postPromotion"]);
    const judged = harness.world.statuses.filter(({ strategy }) => strategy?.doing === "postPromotion");
    expect(judged.every(({ phase, canaryWeight }) => phase !== "Promoting" && canaryWeight === 0)).to.equal(true);
    expect(said(harness, "post-promotion analysis passed")).to.be.lessThan(
      said(harness, "Promotion completed!") ?? -Infinity,
    );
    expect(harness.status).to.deep.include({ phase: "Succeeded", promotedRevision: "r2" });
    expect(harness.isAtRest).to.equal(true);
  });

  it("of weights has no way back: the update fails, at rest, and says so", async () => {
    const harness = await Harness.atRest();
    primaryGetsBad(harness);
    const message = messageOf(await harness.up("r2", { ...weights, postPromotion: { metrics: strict, for: "10m" } }));
    expect(message).to.match(/post-promotion analysis: success rate .*; no earlier revision is left to return to/);
    expect(message).to.contain("the primary already carries this revision and has all traffic");
    expect(harness.isAtRest).to.equal(true);
    expect(harness.status).to.deep.include({ phase: "Failed", canaryWeight: 0 });
    expect(harness.status?.conditions[0]).to.deep.include({ status: "False", reason: "PostPromotionFailed" });
    const alerts = harness.world.announcements.filter(({ alert, level }) => alert && level === "error");
    expect(alerts.at(-1)?.reason).to.contain("post-promotion analysis: success rate");
  });

  it("of weights passes on proof alone, however short it is and however few requests are asked for", async () => {
    const metrics = [{ name: "request-duration" as const, thresholdRange: { max: 200 } }];
    const short = { metrics, interval: "1s", iterations: 2 };
    // Wherever it begins between two scrapes.
    for (const offsetMs of [0, 250, 500, 750, 1000, 1250, 1500, 1750]) {
      const harness = await Harness.atRest();
      primaryGetsBad(harness, { failingShare: 0, slowShare: 1 });
      await harness.clock.pass(offsetMs);
      const message = messageOf(await harness.up("r2", { ...weights, minRequests: 1, postPromotion: short }));
      expect(message, `${offsetMs} ms`).to.match(
        /post-promotion analysis: .*; no earlier revision is left to return to/,
      );
      expect(harness.isAtRest).to.equal(true);
    }
  });

  it("of weights is judged again by the next update", async () => {
    const harness = await Harness.atRest();
    primaryGetsBad(harness);
    await harness.up("r2", { ...weights, postPromotion });
    await harness.clock.pass(60_000);
    const again = await harness.revive("r2", { ...weights, postPromotion });
    expect(messageOf(again)).to.contain("post-promotion analysis");
    harness.world.behaviour.primary = { ...healthy };
    await harness.clock.pass(60_000);
    expect(messageOf(await harness.up("r2", { ...weights, postPromotion }))).to.equal("succeeded");
    expect(harness.status).to.deep.include({ phase: "Succeeded", promotedRevision: "r2" });
  });

  it("of weights leaves the way by the program: the earlier revision is a canary, judged and promoted", async () => {
    const harness = await Harness.atRest();
    primaryGetsBad(harness);
    await harness.up("r2", { ...weights, postPromotion });
    await harness.clock.pass(60_000);
    const back = await harness.up("r1", { ...weights, postPromotion: { metrics: lenient } });
    expect(messageOf(back)).to.equal("succeeded");
    expect(harness.status).to.deep.include({ phase: "Succeeded", promotedRevision: "r1", revision: "r1" });
    expect(harness.isAtRest).to.equal(true);
    await harness.clock.pass(600_000);
    expect(harness.status?.phase).to.equal("Succeeded");
  });

  it("of weights that can't be decided fails the update too", async () => {
    const harness = await Harness.atRest();
    const poll = (): void => {
      if (harness.status?.phase === "Finalising") harness.world.metricsAway = true;
      else harness.clock.at(100, poll);
    };
    harness.clock.at(100, poll);
    const message = messageOf(await harness.up("r2", { ...weights, consecutiveErrorLimit: 2, postPromotion }));
    expect(message).to.contain("post-promotion analysis: Prometheus is away");
    expect(harness.isAtRest).to.equal(true);
  });

  it("is left out where a person promoted", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(25, () => harness.world.command("promote", "by anna"));
    primaryGetsBad(harness);
    expect(messageOf(await harness.up("r2", { ...weights, postPromotion }))).to.equal("succeeded");
    expect(said(harness, "post-promotion")).to.equal(undefined);
  });

  it("ends where it is aborted, with the primary serving", async () => {
    const harness = await Harness.atRest();
    const poll = (): void => {
      if (harness.status?.strategy?.doing === "postPromotion") harness.world.command("abort", "by anna");
      else harness.clock.at(100, poll);
    };
    harness.clock.at(100, poll);
    const message = messageOf(await harness.up("r2", { ...weights, postPromotion: { metrics: strict, for: "10m" } }));
    expect(message).to.contain("aborted on request: by anna; the primary already carries this revision");
    expect(harness.isAtRest).to.equal(true);
  });
});

describe("an analysis in the background", () => {
  const background = [{ name: "orders", metrics: strict }];

  it("keeps no step waiting, and is seen in status, checks and log", async () => {
    const harness = await Harness.atRest();
    const lookingLater = [{ ...background[0], metrics: strict, from: 2 }];
    expect(messageOf(await harness.up("r2", { ...weights, background: lookingLater }))).to.equal("succeeded");
    const [first, second, back] = harness.world.weightWrites.map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).to.be.below(15_000);
    expect((back ?? 0) - (second ?? 0)).to.be.below(40_000);
    const named = harness.world.statuses.map(({ strategy }) => [strategy?.stage, strategy?.background?.join()]);
    expect(named).to.deep.include([1, undefined]);
    expect(named).to.deep.include([2, "background analysis orders"]);
    const checks = harness.world.statuses.flatMap((status) => status.checks.map(({ metric }) => metric));
    expect(checks).to.include("background analysis orders: request-success-rate");
    expect(said(harness, "Starting background analysis orders of podinfo.test")).to.be.a("number");
  });

  it("that fails ends the run by its own name", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: failing };
    const steps = [{ weight: 25, for: "10m" }];
    const message = messageOf(await harness.up("r2", { steps, metrics: lenient, background }));
    expect(message).to.match(/rolled back: .*background analysis orders: success rate/);
    expect(harness.isAtRest).to.equal(true);
  });

  it("begins at its stage and ends after its time: what comes later is not its own", async () => {
    const harness = await Harness.atRest();
    const short = [{ metrics: strict, for: "20s" }];
    harness.clock.at(60_000, () => (harness.world.behaviour = { ...harness.world.behaviour, canary: failing }));
    const steps = [{ weight: 25, for: "5m" }];
    expect(messageOf(await harness.up("r2", { steps, metrics: lenient, background: short }))).to.equal("succeeded");
    expect(said(harness, "background analysis 1 is over, nothing failed")).to.be.a("number");
  });

  it("holds until a person decides, where that is asked", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: failing };
    const holding = [{ ...background[0], metrics: strict, onFailure: "hold" as const }];
    const steps = [{ weight: 25, for: "1m" }, { weight: 50 }];
    const up = harness.begin("r2", { steps, metrics: lenient, background: holding });
    harness.clock.at(300_000, () => harness.world.command("abort", "by anna"));
    expect(messageOf(await harness.clock.until(up))).to.contain("aborted on request: by anna");
    expect(harness.weights).to.deep.equal([25, 0]);
    const alert = harness.world.announcements.find(({ message }) => message.includes("held until"));
    expect(alert).to.deep.include({ alert: true });
    expect(alert?.message).to.contain("background analysis orders: success rate");
  });

  it("ends a run that it can't decide, as any other does", async () => {
    const harness = await Harness.atRest();
    const noData = [{ metrics: [errors] }];
    const steps = [{ weight: 25, for: "10m" }];
    const input = { steps, metrics: lenient, inconclusiveLimit: 3, background: noData };
    expect(messageOf(await harness.up("r2", input))).to.match(
      /background analysis 1: no values found for custom metric: errors.*without enough data/,
    );
    expect(harness.isAtRest).to.equal(true);
  });
});
