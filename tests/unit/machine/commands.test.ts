import { expect } from "chai";
import { messageOf, Harness } from "./harness.js";

describe("what people ask of a live release", () => {
  it("abort rolls the traffic back within seconds, and is forgotten afterwards", async () => {
    const harness = await Harness.atRest();
    const moment = { ms: 0 };
    harness.whenWeightIs(20, () => {
      moment.ms = harness.clock.nowMs();
      harness.world.command("abort", "wrong button");
    });
    expect(messageOf(await harness.up())).to.contain("revision r2 rolled back: aborted on request: wrong button");
    const back = harness.world.weightWrites.at(-1);
    expect(back?.weight).to.equal(0);
    expect((back?.atMs ?? 0) - moment.ms).to.be.at.most(2_500);
    expect(harness.world.object?.commands).to.deep.equal({});
    expect(harness.isAtRest).to.equal(true);
  });

  it("abort is heard while the canary gets ready", async () => {
    const harness = await Harness.atRest();
    harness.clock.at(700, () => harness.world.command("abort", ""));
    expect(messageOf(await harness.up())).to.contain("aborted on request: no reason given");
    expect(harness.weights).to.deep.equal([]);
    expect(harness.isAtRest).to.equal(true);
  });

  it("abort is heard within seconds while a gate is closed, and does not meet the next run", async () => {
    const harness = await Harness.atRest();
    harness.world.webhookAnswer = () => ({ kind: "refused", message: "closed" });
    const webhooks = [{ name: "gate", type: "confirm-rollout", url: "http://gate/" } as const];
    const start = harness.clock.nowMs();
    harness.clock.at(5_000, () => harness.world.command("abort", "not today"));
    expect(messageOf(await harness.up("r2", { webhooks, interval: "10m" }))).to.contain(
      "aborted on request: not today",
    );
    expect(harness.clock.nowMs() - start).to.be.lessThan(20_000);
    expect(harness.world.object?.commands).to.deep.equal({});
  });

  it("abort left from an earlier run does not end the next update", async () => {
    const harness = await Harness.atRest();
    harness.world.command("abort", "long ago");
    expect(messageOf(await harness.up())).to.equal("succeeded");
  });

  it("whatever stood before a run is cleared and told, and never obeyed by it", async () => {
    const harness = await Harness.atRest();
    const { world } = harness;
    for (const command of ["approve", "promote", "pause"]) world.command(command, "long ago");
    world.behaviour.canary = { failingShare: 1, slowShare: 0 };
    expect(messageOf(await harness.up())).to.contain("success rate");
    expect(world.messages).to.include(
      "podinfo.test: promote (long ago) was asked before this run began: cleared, give it again if it is meant",
    );
    expect(world.object?.commands).to.deep.equal({});
  });

  it("no command outlives its run, however it ends", async () => {
    for (const failingShare of [0, 1]) {
      const harness = await Harness.atRest();
      const { world } = harness;
      world.behaviour.canary = { failingShare, slowShare: 0 };
      harness.whenWeightIs(10, () => world.command("approve", "me"));
      await harness.up();
      expect(world.object?.commands).to.deep.equal({});
    }
  });

  it("abort during the promotion brings all traffic to the primary, and the next run finishes it", async () => {
    const harness = await Harness.atRest();
    const ask = (): void => {
      if (harness.status?.phase === "Promoting") harness.world.command("abort", "stop");
      else harness.clock.at(500, ask);
    };
    harness.clock.at(500, ask);
    const result = await harness.up("r2", { stepWeight: 40, maxWeight: 40, stepWeightPromotion: 10 });
    expect(messageOf(result)).to.equal(
      "podinfo.test: aborted on request: stop; the primary already carries this revision and has all traffic; run the update again to finish the promotion",
    );
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
    expect(await harness.up("r2")).to.deep.equal({ kind: "succeeded", analysis: "unchanged" });
    expect(harness.status).to.deep.include({ phase: "Succeeded", promotedRevision: "r2" });
  });

  it("pause holds the weight until it is taken away", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    harness.whenWeightIs(20, () => {
      world.command("pause", "lunch");
      clock.at(60_000, () => world.command("pause", undefined));
    });
    expect(messageOf(await harness.up())).to.equal("succeeded");
    const [at20, at30] = [20, 30].map(
      (wanted) => world.weightWrites.find(({ weight }) => weight === wanted)?.atMs ?? 0,
    );
    expect((at30 ?? 0) - (at20 ?? 0)).to.be.within(60_000, 75_000);
    expect(world.messages).to.include("Halt podinfo.test advancement paused on request");
  });

  it("a paused release that turns bad is rolled back all the same", async () => {
    const harness = await Harness.atRest();
    harness.clock.at(700, () => harness.world.command("pause", ""));
    harness.whenWeightIs(10, () => (harness.world.behaviour.canary = { failingShare: 1, slowShare: 0 }));
    expect(messageOf(await harness.up())).to.contain("success rate");
    expect(harness.isAtRest).to.equal(true);
  });

  it("promote ends the analysis and says that nobody judged the rest", async () => {
    const harness = await Harness.atRest();
    const reasons: (string | undefined)[] = [];
    harness.whenWeightIs(20, () => harness.world.command("promote", "hotfix"));
    expect(messageOf(await harness.up())).to.equal("succeeded");
    harness.world.statuses.forEach(({ judged }) => reasons.push(judged?.reason));
    expect(reasons).to.include("promoted on request");
    expect(reasons).not.to.include("all checks passed at every step");
    expect(harness.weights).to.deep.equal([10, 20, 0]);
  });

  for (const type of ["confirm-rollout", "confirm-traffic-increase", "confirm-promotion"] as const)
    it(`approve opens a closed ${type} gate`, async () => {
      const harness = await Harness.atRest();
      harness.world.webhookAnswer = () => ({ kind: "refused", message: "closed" });
      const approve = (): void => {
        if (harness.world.object?.commands["approve"] === undefined) harness.world.command("approve", "me");
        harness.clock.at(15_000, approve);
      };
      harness.clock.at(30_000, approve);
      const webhooks = [{ name: "gate", type, url: "http://gate/" }];
      expect(messageOf(await harness.up("r2", { webhooks, stepWeight: 25 }))).to.equal("succeeded");
      expect(harness.world.messages).to.include("Halt podinfo.test advancement waiting for approval gate: closed");
    });
});
