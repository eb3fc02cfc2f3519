import { expect } from "chai";
import { messageOf, Theatre } from "./theatre.js";

describe("what people ask of a live release", () => {
  it("abort takes the traffic back within seconds, and is forgotten afterwards", async () => {
    const theatre = await Theatre.atRest();
    const moment = { ms: 0 };
    theatre.whenWeightIs(20, () => {
      moment.ms = theatre.clock.nowMs();
      theatre.world.command("abort", "wrong button");
    });
    expect(messageOf(await theatre.up())).to.contain("revision r2 taken back: aborted on request: wrong button");
    const back = theatre.world.weightWrites.at(-1);
    expect(back?.weight).to.equal(0);
    expect((back?.atMs ?? 0) - moment.ms).to.be.at.most(2_500);
    expect(theatre.world.object?.commands).to.deep.equal({});
    expect(theatre.isAtRest).to.equal(true);
  });

  it("abort is heard while the canary gets ready", async () => {
    const theatre = await Theatre.atRest();
    theatre.clock.at(700, () => theatre.world.command("abort", ""));
    expect(messageOf(await theatre.up())).to.contain("aborted on request: no reason given");
    expect(theatre.weights).to.deep.equal([]);
    expect(theatre.isAtRest).to.equal(true);
  });

  it("abort is heard within seconds while a gate is closed, and does not meet the next run", async () => {
    const theatre = await Theatre.atRest();
    theatre.world.webhookAnswer = () => ({ kind: "refused", message: "closed" });
    const webhooks = [{ name: "gate", type: "confirm-rollout", url: "http://gate/" } as const];
    const start = theatre.clock.nowMs();
    theatre.clock.at(5_000, () => theatre.world.command("abort", "not today"));
    expect(messageOf(await theatre.up("r2", { webhooks, interval: "10m" }))).to.contain(
      "aborted on request: not today",
    );
    expect(theatre.clock.nowMs() - start).to.be.lessThan(20_000);
    expect(theatre.world.object?.commands).to.deep.equal({});
  });

  it("abort left from an earlier run does not end the next update", async () => {
    const theatre = await Theatre.atRest();
    theatre.world.command("abort", "long ago");
    expect(messageOf(await theatre.up())).to.equal("succeeded");
  });

  it("whatever stood before a run is cleared and told, and never obeyed by it", async () => {
    const theatre = await Theatre.atRest();
    const { world } = theatre;
    for (const command of ["approve", "promote", "pause"]) world.command(command, "long ago");
    world.behaviour.canary = { failingShare: 1, slowShare: 0 };
    expect(messageOf(await theatre.up())).to.contain("success rate");
    expect(world.messages).to.include(
      "podinfo.test: promote (long ago) was asked before this run began: cleared, give it again if it is meant",
    );
    expect(world.object?.commands).to.deep.equal({});
  });

  it("no command outlives its run, however it ends", async () => {
    for (const failingShare of [0, 1]) {
      const theatre = await Theatre.atRest();
      const { world } = theatre;
      world.behaviour.canary = { failingShare, slowShare: 0 };
      theatre.whenWeightIs(10, () => world.command("approve", "me"));
      await theatre.up();
      expect(world.object?.commands).to.deep.equal({});
    }
  });

  it("abort during the promotion brings all traffic to the primary, and the next run finishes it", async () => {
    const theatre = await Theatre.atRest();
    const ask = (): void => {
      if (theatre.status?.phase === "Promoting") theatre.world.command("abort", "stop");
      else theatre.clock.at(500, ask);
    };
    theatre.clock.at(500, ask);
    const result = await theatre.up("r2", { stepWeight: 40, maxWeight: 40, stepWeightPromotion: 10 });
    expect(messageOf(result)).to.equal(
      "podinfo.test: aborted on request: stop; the primary already carries this revision and has all traffic; run the update again to finish the promotion",
    );
    expect(theatre.isAtRest).to.equal(true);
    expect(theatre.unansweredSeconds).to.equal(0);
    expect(await theatre.up("r2")).to.deep.equal({ kind: "succeeded", analysis: "unchanged" });
    expect(theatre.status).to.deep.include({ phase: "Succeeded", promotedRevision: "r2" });
  });

  it("pause holds the weight until it is taken away", async () => {
    const theatre = await Theatre.atRest();
    const { world, clock } = theatre;
    theatre.whenWeightIs(20, () => {
      world.command("pause", "lunch");
      clock.at(60_000, () => world.command("pause", undefined));
    });
    expect(messageOf(await theatre.up())).to.equal("succeeded");
    const [at20, at30] = [20, 30].map(
      (wanted) => world.weightWrites.find(({ weight }) => weight === wanted)?.atMs ?? 0,
    );
    expect((at30 ?? 0) - (at20 ?? 0)).to.be.within(60_000, 75_000);
    expect(world.messages).to.include("Halt podinfo.test advancement paused on request");
  });

  it("a paused release that turns bad is taken back all the same", async () => {
    const theatre = await Theatre.atRest();
    theatre.clock.at(700, () => theatre.world.command("pause", ""));
    theatre.whenWeightIs(10, () => (theatre.world.behaviour.canary = { failingShare: 1, slowShare: 0 }));
    expect(messageOf(await theatre.up())).to.contain("success rate");
    expect(theatre.isAtRest).to.equal(true);
  });

  it("promote ends the analysis and says that nobody judged the rest", async () => {
    const theatre = await Theatre.atRest();
    const reasons: (string | undefined)[] = [];
    theatre.whenWeightIs(20, () => theatre.world.command("promote", "hotfix"));
    expect(messageOf(await theatre.up())).to.equal("succeeded");
    theatre.world.statuses.forEach(({ judged }) => reasons.push(judged?.reason));
    expect(reasons).to.include("promoted on request");
    expect(reasons).not.to.include("all checks passed at every step");
    expect(theatre.weights).to.deep.equal([10, 20, 0]);
  });

  for (const type of ["confirm-rollout", "confirm-traffic-increase", "confirm-promotion"] as const)
    it(`approve opens a closed ${type} gate`, async () => {
      const theatre = await Theatre.atRest();
      theatre.world.webhookAnswer = () => ({ kind: "refused", message: "closed" });
      const approve = (): void => {
        if (theatre.world.object?.commands["approve"] === undefined) theatre.world.command("approve", "me");
        theatre.clock.at(15_000, approve);
      };
      theatre.clock.at(30_000, approve);
      const webhooks = [{ name: "gate", type, url: "http://gate/" }];
      expect(messageOf(await theatre.up("r2", { webhooks, stepWeight: 25 }))).to.equal("succeeded");
      expect(theatre.world.messages).to.include("Halt podinfo.test advancement waiting for approval gate: closed");
    });
});
