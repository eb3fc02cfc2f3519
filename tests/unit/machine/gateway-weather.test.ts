import { expect } from "chai";
import { messageOf, Harness } from "./harness.js";

/** A gateway is away for so long, at the moment the route first has this weight. */
function lose(harness: Harness, weight: number, milliseconds: number, others: boolean): void {
  harness.whenWeightIs(weight, () => {
    harness.world.loseGateway(others);
    harness.clock.at(milliseconds, () => harness.world.thaw());
  });
}

function secondsAt(harness: Harness, weight: number, next: number): number {
  const [from, to] = [weight, next].map((wanted) =>
    harness.world.weightWrites.find((write) => write.weight === wanted),
  );
  return ((to?.atMs ?? 0) - (from?.atMs ?? 0)) / 1000;
}

describe("a release whose gateways come and go", () => {
  for (const others of [true, false])
    for (const seconds of [1.1, 3, 12, 60, 300])
      it(`is promoted where one is away for ${seconds} s${others ? " and others follow" : " and nobody follows"}`, async () => {
        const harness = await Harness.atRest();
        lose(harness, 20, seconds * 1000, others);
        expect(messageOf(await harness.up())).to.equal("succeeded");
        expect(harness.weights).to.deep.equal([10, 20, 30, 40, 50, 0]);
        expect(harness.isAtRest).to.equal(true);
        expect(harness.unansweredSeconds).to.equal(0);
      });

  it("is promoted with intervals so short that many of them pass meanwhile", async () => {
    const harness = await Harness.atRest();
    lose(harness, 20, 90_000, false);
    expect(messageOf(await harness.up("r2", { interval: "1s", checkInterval: "500ms" }))).to.equal("succeeded");
  });

  it("holds its weight after 15 s of it, where nobody follows, and says why", async () => {
    const harness = await Harness.atRest();
    lose(harness, 20, 60_000, false);
    await harness.up();
    expect(secondsAt(harness, 20, 30)).to.be.within(60, 80);
    expect(harness.world.messages.join()).to.contain(
      "Halt podinfo.test advancement the gateways can't all be reached: SyncFailed: connect ECONNREFUSED",
    );
  });

  it("goes on where the observed share shows that users are sent as asked", async () => {
    const harness = await Harness.atRest();
    lose(harness, 20, 300_000, true);
    await harness.up();
    expect(secondsAt(harness, 20, 30)).to.be.within(9, 25);
  });

  it("is rolled back all the same when its canary turns bad meanwhile", async () => {
    const harness = await Harness.atRest();
    lose(harness, 20, 300_000, true);
    harness.whenWeightIs(20, () => (harness.world.behaviour.canary = { failingShare: 1, slowShare: 0 }));
    expect(messageOf(await harness.up())).to.contain("success rate");
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("is waited for before it begins, and refused where that takes longer than the progress deadline", async () => {
    const harness = await Harness.atRest();
    harness.world.loseGateway(false);
    harness.clock.at(40_000, () => harness.world.thaw());
    expect(messageOf(await harness.up())).to.equal("succeeded");
    const other = await Harness.atRest();
    other.world.loseGateway(false);
    expect(messageOf(await other.up())).to.equal(
      "podinfo.test: the gateways can't all be reached (after 60s), nothing was started: SyncFailed: connect ECONNREFUSED 10.244.0.8:9180; see that they run, and run the update again",
    );
    expect(other.world.canary?.replicas).to.equal(0);
  });

  it("is not refused for a configuration that is refused for a moment", async () => {
    const harness = await Harness.atRest();
    harness.world.freeze();
    harness.clock.at(1_500, () => harness.world.thaw());
    expect(messageOf(await harness.up())).to.equal("succeeded");
    const other = await Harness.atRest();
    other.whenWeightIs(20, () => {
      other.world.freeze();
      other.clock.at(1_500, () => other.world.thaw());
    });
    expect(messageOf(await other.up())).to.equal("succeeded");
  });

  it("ends when it is refused for longer, whatever the status flickers", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    const flicker = (): void => {
      if (world.route?.sync.kind !== "refused") return;
      world.route.sync = { kind: "accepted" };
      clock.at(10, () => {
        world.freeze();
        clock.at(990, flicker);
      });
    };
    harness.whenWeightIs(20, () => {
      world.freeze();
      clock.at(500, flicker);
      clock.at(60_500, () => world.thaw());
    });
    expect(messageOf(await harness.up())).to.contain("the gateway's sync is frozen: SyncFailed: invalid plugin");
    expect(harness.unansweredSeconds).to.equal(0);
  });
});

describe("a rollback while gateways come and go", () => {
  it("keeps the canary's pods until weight 0 is in effect", async () => {
    const harness = await Harness.atRest();
    lose(harness, 20, 40_000, false);
    harness.whenWeightIs(20, () => harness.world.command("abort", "enough"));
    expect(messageOf(await harness.up())).to.contain("aborted on request: enough");
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("trusts what users' requests show more than the status", async () => {
    const harness = await Harness.atRest();
    lose(harness, 20, 3_000_000, true);
    harness.whenWeightIs(20, () => harness.world.command("abort", "enough"));
    const startMs = harness.clock.nowMs();
    expect(messageOf(await harness.up())).to.contain("aborted on request: enough");
    expect(harness.clock.nowMs() - startMs).to.be.lessThan(60_000);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("leaves the pods where the gateways stay away, and says what to do", async () => {
    const harness = await Harness.atRest();
    lose(harness, 20, 3_000_000, false);
    harness.whenWeightIs(20, () => harness.world.command("abort", "enough"));
    expect(messageOf(await harness.up())).to.contain(
      "the gateways can't all be reached, weight 0 is asked and not known to be in effect, so the canary's pods stay; see that the gateways run, and run the update again",
    );
    expect(harness.world.canary?.replicas).to.equal(1);
    expect(harness.world.route?.weight).to.equal(0);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("keeps the pods while the controller is away for longer than anybody waits", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      harness.world.dismissController();
      harness.world.command("abort", "enough");
    });
    expect(messageOf(await harness.up())).to.contain("the ingress controller has not applied weight 0");
    expect(harness.world.canary?.replicas).to.equal(1);
    expect(harness.unansweredSeconds).to.equal(0);
  });
});

describe("a release on an ingress controller before 2.0", () => {
  it("is promoted, and says once what that controller can't tell", async () => {
    const harness = await Harness.atRest();
    harness.world.isFormerController = true;
    expect(messageOf(await harness.up())).to.equal("succeeded");
    const said = harness.world.messages.filter((each) => each.includes("the ingress controller is one before 2.0"));
    expect(said).to.have.length(1);
  });

  it("begins where its first try of the route failed, and goes by what users get", async () => {
    const harness = await Harness.atRest();
    harness.world.isFormerController = true;
    harness.world.loseGateway(true);
    harness.whenWeightIs(10, () => harness.world.thaw());
    expect(messageOf(await harness.up())).to.equal("succeeded");
    expect(harness.world.messages.join()).to.contain(
      "could not write the route once: SyncFailed: connect ECONNREFUSED",
    );
  });

  it("does not begin where the gateway refuses the route", async () => {
    const harness = await Harness.atRest();
    harness.world.isFormerController = true;
    harness.world.freeze();
    expect(messageOf(await harness.up())).to.contain("nothing was started: SyncFailed: invalid plugin");
    expect(harness.world.canary?.replicas).to.equal(0);
  });
});
