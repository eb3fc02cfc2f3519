import { expect } from "chai";
import { healthy } from "../../../../fakes/index.js";
import { Harness, messageOf } from "../harness.js";

const sessionAffinity = { cookieName: "podinfo-canary" };

describe("session affinity", () => {
  it("raises the buckets as the weights, leaves users without a cookie to the primary, and empties them at the end", async () => {
    const harness = await Harness.atRest();
    expect(messageOf(await harness.up("r2", { sessionAffinity, stepWeight: 25, maxWeight: 50 }))).to.equal("succeeded");
    expect(harness.world.weightWrites.map(({ split }) => split)).to.deep.equal([
      { base: 0, bucketsPercent: 25 },
      { base: 0, bucketsPercent: 50 },
      { base: 0 },
    ]);
    expect(harness.weights).to.deep.equal([25, 50, 0]);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  const byWeight = { ...sessionAffinity, cookieless: "weight" as const };

  it("gives users without a cookie to the canary by weight where that is asked, by the cookie they are about to get", async () => {
    const harness = await Harness.atRest();
    await harness.up("r2", { sessionAffinity: byWeight, stepWeight: 50, maxWeight: 50, stepWeightPromotion: 25 });
    expect(harness.world.weightWrites.map(({ split }) => split)).to.deep.equal([
      { base: 0, bucketsPercent: 50 },
      { base: 0, bucketsPercent: 25 },
      { base: 0 },
    ]);
    const { gateway, clock } = harness.world;
    const newcomers = gateway
      .nodes("canary")
      .reduce((sum, node) => sum + gateway.requests("canary", node, clock.nowMs(), "newcomer"), 0);
    expect(newcomers).to.be.greaterThan(50);
    expect(harness.unansweredSeconds).to.equal(0);
    expect(harness.isAtRest).to.equal(true);
  });

  it("judges newcomers' answers as everybody's", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.3 } };
    expect(messageOf(await harness.up("r2", { sessionAffinity: byWeight, stepWeight: 10 }))).to.contain("success rate");
    expect(harness.isAtRest).to.equal(true);
  });

  it("ends where newcomers of the canary's buckets come to the primary, or others to the canary", async () => {
    for (const [leak, sentence] of [
      [{ rule: "newcomer", to: "primary", share: 0.5 }, /newcomers who get one of .* were answered by the primary/],
      [{ rule: "base", to: "canary", share: 0.1 }, /users who are not to get it were answered by the canary/],
    ] as const) {
      const harness = await Harness.atRest();
      const up = harness.begin("r2", { sessionAffinity: byWeight, stepWeight: 20 });
      harness.clock.at(20_000, () => (harness.world.gateway.leak = leak));
      harness.clock.at(90_000, () => (harness.world.gateway.leak = undefined));
      expect(messageOf(await harness.clock.until(up))).to.match(sentence);
      expect(harness.isAtRest).to.equal(true);
    }
  });

  it("judges whoever is in the buckets", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.3 } };
    expect(messageOf(await harness.up("r2", { sessionAffinity, stepWeight: 10 }))).to.contain("success rate");
    expect(harness.isAtRest).to.equal(true);
  });

  it("ends where users of the buckets are sent back to the primary", async () => {
    const harness = await Harness.atRest();
    const up = harness.begin("r2", { sessionAffinity, stepWeight: 10 });
    harness.clock.at(20_000, () => (harness.world.gateway.leak = { rule: "bucket", to: "primary", share: 0.2 }));
    harness.clock.at(60_000, () => (harness.world.gateway.leak = undefined));
    expect(messageOf(await harness.clock.until(up))).to.match(
      /leak: .* in the canary's buckets were answered by the primary/,
    );
  });
});
