import { expect } from "chai";
import { messageOf, Theatre } from "./theatre.js";

const failing = (share: number) => ({ failingShare: share, slowShare: 0 });

describe("a release that is bad", () => {
  it("is taken back at once when the evidence is overwhelming", async () => {
    const theatre = await Theatre.atRest();
    theatre.world.behaviour.canary = failing(1);
    const started = theatre.clock.nowMs();
    expect(messageOf(await theatre.up())).to.match(
      /^podinfo\.test: revision r2 taken back: success rate 0\.00% < 99%.*; the primary still serves revision r1$/,
    );
    expect(theatre.weights).to.deep.equal([10, 0]);
    expect(theatre.clock.nowMs() - started).to.be.lessThan(20_000);
    expect(theatre.isAtRest).to.equal(true);
    expect(theatre.status).to.deep.include({ phase: "Failed", canaryWeight: 0, plannedWeight: 0 });
    expect(theatre.status?.judged).to.deep.include({ revision: "r2", verdict: "failed" });
    expect(theatre.world.primary?.revision).to.equal("r1");
    expect(theatre.engine.promotions.map(({ revision }) => revision)).to.deep.equal(["r1"]);
  });

  it("is taken back when its requests are slow", async () => {
    const theatre = await Theatre.atRest();
    theatre.world.behaviour.canary = { failingShare: 0, slowShare: 0.5 };
    expect(messageOf(await theatre.up())).to.contain("request duration");
    expect(theatre.isAtRest).to.equal(true);
  });

  it("is taken back when as many checks have failed as the threshold says", async () => {
    const theatre = await Theatre.atRest();
    theatre.world.webhookAnswer = ({ type }) =>
      type === "rollout" ? { kind: "refused", message: "answers 500" } : { kind: "ok" };
    const webhooks = [{ name: "acceptance", url: "http://tests/" }];
    expect(messageOf(await theatre.up("r2", { webhooks, threshold: 2 }))).to.contain(
      "failed checks threshold reached 2: acceptance: answers 500",
    );
    expect(theatre.weights).to.deep.equal([10, 0]);
    expect(theatre.status?.failedChecks).to.equal(2);
  });

  it("sends no user to a pod that is going: weight 0, drain, then scale down", async () => {
    const theatre = await Theatre.atRest();
    theatre.world.behaviour.canary = failing(1);
    await theatre.up();
    expect(theatre.unansweredSeconds).to.equal(0);
    const names = theatre.world.calls.map(({ name }) => name);
    expect(names.indexOf("scaleCanary 0")).to.be.greaterThan(names.lastIndexOf("setCanaryWeight 0"));
  });

  it("is judged anew by the next update", async () => {
    const theatre = await Theatre.atRest();
    theatre.world.behaviour.canary = failing(1);
    await theatre.up();
    theatre.world.behaviour.canary = failing(0);
    expect(await theatre.up()).to.deep.equal({ kind: "succeeded", analysis: "passed" });
    expect(theatre.status?.promotedRevision).to.equal("r2");
  });

  it("going back to the old program touches neither users nor the primary", async () => {
    const theatre = await Theatre.atRest();
    theatre.world.behaviour.canary = failing(1);
    await theatre.up();
    const before = theatre.world.weightWrites.length;
    expect(await theatre.up("r1")).to.deep.equal({ kind: "succeeded", analysis: "unchanged" });
    expect(theatre.world.weightWrites).to.have.length(before);
  });

  it("that never gets ready is taken back after its progress deadline", async () => {
    const theatre = await Theatre.atRest();
    const { world } = theatre;
    theatre.before = ({ name }) => {
      if (name === "scaleCanary 1" && world.canary !== undefined) world.canary.broken = true;
    };
    expect(messageOf(await theatre.up())).to.match(/not ready: waiting for rollout to finish: 0 of 1 .* \(after 60s\)/);
    expect(theatre.isAtRest).to.equal(true);
  });

  it("is not decided for ever: the deadline of the whole analysis", async () => {
    const theatre = await Theatre.atRest();
    theatre.world.webhookAnswer = () => ({ kind: "refused", message: "closed" });
    const webhooks = [{ name: "gate", type: "confirm-promotion", url: "http://gate/" } as const];
    const result = await theatre.up("r2", { webhooks, stepWeight: 50 }, { deadline: "2m" });
    expect(messageOf(result)).to.contain("not decided within the deadline of 120s");
    expect(theatre.isAtRest).to.equal(true);
  });

  it("waits for a primary that restarts just when the traffic comes back", async () => {
    const theatre = await Theatre.atRest();
    const { world, clock } = theatre;
    theatre.whenWeightIs(10, () => {
      world.primary?.scale(0, clock.nowMs());
      clock.at(8_000, () => world.primary?.scale(2, clock.nowMs()));
      world.command("abort", "enough");
    });
    expect(messageOf(await theatre.up())).to.contain("taken back: aborted on request: enough");
    expect(theatre.isAtRest).to.equal(true);
  });

  it("keeps the traffic where somebody answers when the primary is gone for good, and says both", async () => {
    const theatre = await Theatre.atRest();
    const { world, clock } = theatre;
    theatre.whenWeightIs(10, () => {
      world.primary?.scale(0, clock.nowMs());
      world.command("abort", "enough");
    });
    const message = messageOf(await theatre.up());
    expect(message).to.contain("aborted on request: enough");
    expect(message).to.contain("the primary has no ready pod, so the traffic stays on the canary");
    expect(world.route?.weight).to.equal(10);
    expect(world.canary?.replicas).to.equal(1);
  });
});
