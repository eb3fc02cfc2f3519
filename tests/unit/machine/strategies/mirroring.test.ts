import { expect } from "chai";
import { healthy } from "../../../../fakes/index.js";
import { Harness, messageOf } from "../harness.js";

const off = { base: 0 };

function splits(harness: Harness) {
  return harness.world.weightWrites.map(({ split }) => split);
}

describe("mirroring", () => {
  it("comes before a canary's weights", async () => {
    const harness = await Harness.atRest();
    const result = await harness.up("r2", { mirror: { percent: 20 }, stepWeight: 50, maxWeight: 50 });
    expect(messageOf(result)).to.equal("succeeded");
    expect(splits(harness)).to.deep.equal([{ base: 0, mirrorPercent: 20 }, { base: 50 }, off]);
    expect(harness.isAtRest).to.equal(true);
  });

  it("is what a blue/green is judged by, before all users move", async () => {
    const harness = await Harness.atRest();
    expect(messageOf(await harness.up("r2", { mirror: true, iterations: 2 }))).to.equal("succeeded");
    expect(splits(harness)).to.deep.equal([{ base: 0, mirrorPercent: 100 }, { base: 100 }, off]);
  });

  it("ends a canary that fails its copies, and no user meets it", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.4 } };
    expect(messageOf(await harness.up("r2", { mirror: true, iterations: 5 }))).to.contain("success rate");
    expect(splits(harness)).to.deep.equal([{ base: 0, mirrorPercent: 100 }, off]);
    expect(harness.weights).to.deep.equal([0]);
  });

  it("ends within 10 s where it slows users down, whatever the canary's own limits say", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, slowShare: 1 } };
    const metrics = [{ name: "request-success-rate" as const, thresholdRange: { min: 99 } }];
    const result = await harness.up("r2", { mirror: true, iterations: 20, metrics });
    expect(messageOf(result)).to.match(
      /mirroring slows users down: (?:9\d(?:\.\d)?|100)% of their requests take longer than 500 ms, 0% did before it/,
    );
    const [on, over] = harness.world.weightWrites;
    expect((over?.atMs ?? 0) - (on?.atMs ?? 0)).to.be.at.most(10_000);
  });

  it("does not count a copy as a user: what is lost on a shadow is no user's request", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(50, () => undefined);
    await harness.up("r2", { mirror: true, stepWeight: 50, maxWeight: 50 });
    const copied = harness.world.statuses.filter(({ split }) => (split?.mirrorPercent ?? 0) > 0);
    expect(copied.every(({ canaryWeight }) => canaryWeight === 0)).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("is not begun on a gateway that lacks the plugin, which is named before any user moves", async () => {
    const harness = await Harness.atRest();
    harness.world.objection = "admission webhook denied the request: unknown plugin [proxy-mirror]";
    const message = messageOf(await harness.up("r2", { mirror: true, iterations: 2 }));
    expect(message).to.contain("the gateway lacks the plugin proxy-mirror: add it to plugins in its config.yaml");
    expect(splits(harness)).to.deep.equal([]);
    expect(messageOf(await harness.revive("r3"))).to.equal("succeeded");
  });
});
