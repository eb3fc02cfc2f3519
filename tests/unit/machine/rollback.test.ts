import { expect } from "chai";
import { messageOf, Harness } from "./harness.js";

const failing = (share: number) => ({ failingShare: share, slowShare: 0 });

describe("a release that is bad", () => {
  it("is rolled back at once when the evidence is overwhelming", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour.canary = failing(1);
    const started = harness.clock.nowMs();
    expect(messageOf(await harness.up())).to.match(
      /^podinfo\.test: revision r2 rolled back: success rate 0\.00% < 99%.*; the primary still serves revision r1$/,
    );
    expect(harness.weights).to.deep.equal([10, 0]);
    expect(harness.clock.nowMs() - started).to.be.lessThan(20_000);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.status).to.deep.include({ phase: "Failed", canaryWeight: 0, plannedWeight: 0 });
    expect(harness.status?.judged).to.deep.include({ revision: "r2", verdict: "failed" });
    expect(harness.world.primary?.revision).to.equal("r1");
    expect(harness.engine.promotions.map(({ revision }) => revision)).to.deep.equal(["r1"]);
  });

  it("is rolled back when its requests are slow", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour.canary = { failingShare: 0, slowShare: 0.5 };
    expect(messageOf(await harness.up())).to.contain("request duration");
    expect(harness.isAtRest).to.equal(true);
  });

  it("is rolled back when as many checks have failed as the threshold says", async () => {
    const harness = await Harness.atRest();
    harness.world.webhookAnswer = ({ type }) =>
      type === "rollout" ? { kind: "refused", message: "answers 500" } : { kind: "ok" };
    const webhooks = [{ name: "acceptance", url: "http://tests/" }];
    expect(messageOf(await harness.up("r2", { webhooks, threshold: 2 }))).to.contain(
      "failed checks threshold reached 2: acceptance: answers 500",
    );
    expect(harness.weights).to.deep.equal([10, 0]);
    expect(harness.status?.failedChecks).to.equal(2);
  });

  it("sends no user to a pod that is going: weight 0, drain, then scale down", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour.canary = failing(1);
    await harness.up();
    expect(harness.unansweredSeconds).to.equal(0);
    const names = harness.world.calls.map(({ name }) => name);
    expect(names.indexOf("scaleCanary 0")).to.be.greaterThan(names.lastIndexOf("setSplit 0%"));
  });

  it("is judged anew by the next update", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour.canary = failing(1);
    await harness.up();
    harness.world.behaviour.canary = failing(0);
    expect(await harness.up()).to.deep.equal({ kind: "succeeded", analysis: "passed" });
    expect(harness.status?.promotedRevision).to.equal("r2");
  });

  it("going back to the old program touches neither users nor the primary", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour.canary = failing(1);
    await harness.up();
    const before = harness.world.weightWrites.length;
    expect(await harness.up("r1")).to.deep.equal({ kind: "succeeded", analysis: "unchanged" });
    expect(harness.world.weightWrites).to.have.length(before);
  });

  it("that never gets ready is rolled back after its progress deadline", async () => {
    const harness = await Harness.atRest();
    const { world } = harness;
    harness.before = ({ name }) => {
      if (name === "scaleCanary 1" && world.canary !== undefined) world.canary.broken = true;
    };
    expect(messageOf(await harness.up())).to.match(/not ready: waiting for rollout to finish: 0 of 1 .* \(after 60s\)/);
    expect(harness.isAtRest).to.equal(true);
  });

  it("is not decided for ever: the deadline of the whole analysis", async () => {
    const harness = await Harness.atRest();
    const patient = { stepWeight: 50, minRequests: 1_000_000, inconclusiveLimit: 1_000 };
    const result = await harness.up("r2", patient, { deadline: "2m" });
    expect(messageOf(result)).to.contain("not decided within the deadline of 120s");
    expect(harness.isAtRest).to.equal(true);
  });

  it("waits for a primary that restarts just when the traffic comes back", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    harness.whenWeightIs(10, () => {
      world.primary?.scale(0, clock.nowMs());
      clock.at(8_000, () => world.primary?.scale(2, clock.nowMs()));
      world.command("abort", "enough");
    });
    expect(messageOf(await harness.up())).to.contain("rolled back: aborted on request: enough");
    expect(harness.isAtRest).to.equal(true);
  });

  it("keeps the traffic where somebody answers when the primary is gone for good, and says both", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    harness.whenWeightIs(10, () => {
      world.primary?.scale(0, clock.nowMs());
      world.command("abort", "enough");
    });
    const message = messageOf(await harness.up());
    expect(message).to.contain("aborted on request: enough");
    expect(message).to.contain("the primary has no ready pod, so the traffic stays on the canary");
    expect(world.route?.weight).to.equal(10);
    expect(world.canary?.replicas).to.equal(1);
  });
});
