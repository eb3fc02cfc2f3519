import { expect } from "chai";
import { healthy } from "../../../../fakes/index.js";
import { Harness, messageOf } from "../harness.js";

const preview = { header: { name: "x-preview", value: "yes" } };

function splits(harness: Harness) {
  return harness.world.weightWrites.map(({ split }) => split);
}

describe("blue/green", () => {
  it("tests the canary by its preview, moves all users at once, watches, and promotes", async () => {
    const harness = await Harness.atRest();
    expect(messageOf(await harness.up("r2", { iterations: 2, preview }))).to.equal("succeeded");
    expect(splits(harness)).to.deep.equal([{ base: 0, preview: 100 }, { base: 100 }, { base: 0 }]);
    const [first, second] = harness.world.weightWrites;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).to.be.within(20_000, 24_000);
    expect(harness.world.statuses.some(({ canaryWeight }) => canaryWeight === 100)).to.equal(true);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("tests it with fewer pods, and gives it as many as the primary before any user comes", async () => {
    const harness = await Harness.atRest();
    harness.world.primary?.scale(4, harness.clock.nowMs());
    const result = await harness.up("r2", { iterations: 2, preview, previewReplicas: 1 });
    expect(messageOf(result)).to.equal("succeeded");
    const order = harness.world.calls.map(({ name }) => name).filter((name) => /^(scaleCanary|setSplit)/.test(name));
    expect(order).to.deep.equal([
      "scaleCanary 1",
      "setSplit preview",
      "scaleCanary 4",
      "setSplit 100%",
      "setSplit 0%",
      "scaleCanary 0",
    ]);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("moves no user to a canary that fails its preview", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.5 } };
    expect(messageOf(await harness.up("r2", { iterations: 3, preview }))).to.contain("success rate");
    expect(splits(harness)).to.deep.equal([{ base: 0, preview: 100 }, { base: 0 }]);
    expect(harness.world.gateway.segments.every(({ split }) => split.base === 0)).to.equal(true);
  });

  it("takes all users back at once where only they show that it fails", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(100, () => {
      harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.5 } };
    });
    expect(messageOf(await harness.up("r2", { iterations: 3, preview }))).to.contain("rolled back");
    const [, there, back] = harness.world.weightWrites;
    expect((back?.atMs ?? 0) - (there?.atMs ?? 0)).to.be.below(15_000);
    expect(harness.isAtRest).to.equal(true);
  });

  it("without a preview asks its webhooks alone, before any user", async () => {
    const harness = await Harness.atRest();
    const called: number[] = [];
    harness.world.webhookAnswer = () => {
      called.push(harness.world.gateway.weight);
      return { kind: "ok" };
    };
    const webhooks = [{ name: "test", url: "http://tests/" }];
    expect(messageOf(await harness.up("r2", { iterations: 2, webhooks }))).to.equal("succeeded");
    expect(called.slice(0, 2)).to.deep.equal([0, 0]);
    expect(splits(harness)).to.deep.equal([{ base: 0 }, { base: 100 }, { base: 0 }]);
  });

  it("without a preview is taken back by webhooks that refuse, and no user was there", async () => {
    const harness = await Harness.atRest();
    harness.world.webhookAnswer = () => ({ kind: "refused", message: "503" });
    const webhooks = [{ name: "test", url: "http://tests/" }];
    const result = await harness.up("r2", { iterations: 2, webhooks });
    expect(messageOf(result)).to.contain("failed checks threshold reached 3: test: 503");
    expect(harness.weights).to.deep.equal([0]);
  });

  it("goes back in steps where the promotion is asked to", async () => {
    const harness = await Harness.atRest();
    const result = await harness.up("r2", { iterations: 1, preview, stepWeightPromotion: 50 });
    expect(messageOf(result)).to.equal("succeeded");
    expect(harness.weights).to.deep.equal([0, 100, 50, 0]);
  });

  it("waits before users come where a gate is closed", async () => {
    const harness = await Harness.atRest();
    harness.world.webhookAnswer = ({ type }) =>
      type === "confirm-traffic-increase" ? { kind: "refused", message: "not yet" } : { kind: "ok" };
    const webhooks = [{ name: "gate", type: "confirm-traffic-increase" as const, url: "http://gate/" }];
    const up = harness.begin("r2", { iterations: 1, preview, webhooks });
    harness.clock.at(300_000, () => harness.world.command("approve", "by anna"));
    expect(messageOf(await harness.clock.until(up))).to.equal("succeeded");
    const moved = harness.world.weightWrites.find(({ weight }) => weight === 100)?.atMs ?? 0;
    expect(moved - (harness.world.weightWrites[0]?.atMs ?? 0)).to.be.greaterThan(250_000);
  });
});
