import { expect } from "chai";
import { apiAway } from "../../../fakes/index.js";
import { messageOf, Harness } from "./harness.js";

/** Cuts the API server off for so long when the route first has this weight. */
function cut(harness: Harness, weight: number, milliseconds: number): { untilMs: number } {
  const away = { untilMs: 0 };
  harness.before = ({ name }) => {
    const external = name.startsWith("metrics") || name.startsWith("webhook");
    if (!external && harness.clock.nowMs() < away.untilMs) throw apiAway();
  };
  harness.whenWeightIs(weight, () => (away.untilMs = harness.clock.nowMs() + milliseconds));
  return away;
}

describe("a release in a world in trouble", () => {
  for (const seconds of [1, 30, 300])
    it(`goes on after the API server was away for ${seconds} s, and changes nothing meanwhile`, async () => {
      const harness = await Harness.atRest();
      const away = cut(harness, 20, seconds * 1000);
      expect(messageOf(await harness.up())).to.equal("succeeded");
      const during = harness.world.weightWrites.filter(
        ({ atMs }) => atMs > away.untilMs - seconds * 1000 && atMs < away.untilMs,
      );
      expect(during).to.deep.equal([]);
      expect(harness.weights).to.deep.equal([10, 20, 30, 40, 50, 0]);
      expect(harness.isAtRest).to.equal(true);
      expect(harness.unansweredSeconds).to.equal(0);
    });

  it("is rolled back as soon as the API server is there again, when it turned bad meanwhile", async () => {
    const harness = await Harness.atRest();
    const away = cut(harness, 20, 60_000);
    harness.whenWeightIs(20, () => (harness.world.behaviour.canary = { failingShare: 1, slowShare: 0 }));
    expect(messageOf(await harness.up())).to.contain("success rate");
    const back = harness.world.weightWrites.at(-1);
    expect((back?.atMs ?? Infinity) - away.untilMs).to.be.lessThan(10_000);
  });

  it("holds while Prometheus is away, and goes on", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      harness.world.metricsAway = true;
      harness.clock.at(45_000, () => (harness.world.metricsAway = false));
    });
    expect(messageOf(await harness.up())).to.equal("succeeded");
    expect(harness.world.messages.some((message) => message.includes("Prometheus is away"))).to.equal(true);
  });

  it("is rolled back as undecided when Prometheus stays away, never promoted", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => (harness.world.metricsAway = true));
    expect(messageOf(await harness.up("r2", { consecutiveErrorLimit: 3 }))).to.contain(
      "3 intervals in a row without an answer (limit 3)",
    );
    expect(harness.isAtRest).to.equal(true);
  });

  it("gives its canary no users before its pods' addresses stand behind the Service", async () => {
    const harness = await Harness.atRest();
    if (harness.world.canary !== undefined) harness.world.canary.addressLagMs = 7_000;
    expect(messageOf(await harness.up())).to.equal("succeeded");
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("fails where those addresses never come", async () => {
    const harness = await Harness.atRest();
    if (harness.world.canary !== undefined) harness.world.canary.addressLagMs = Infinity;
    expect(messageOf(await harness.up("r2", {}, { progressDeadline: "30s" }))).to.contain("0 of 1 addresses are ready");
    expect(harness.weights.filter((weight) => weight > 0)).to.deep.equal([]);
    expect(harness.isAtRest).to.equal(true);
  });

  it("holds its step while the ingress controller is away, and goes on", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      harness.world.dismissController();
      harness.clock.at(45_000, () => harness.world.thaw());
    });
    expect(messageOf(await harness.up())).to.equal("succeeded");
    expect(harness.world.messages.some((message) => message.includes("has not applied the route's weights"))).to.equal(
      true,
    );
    const [twenty, thirty] = [20, 30].map((weight) =>
      harness.world.weightWrites.find((write) => write.weight === weight),
    );
    expect((thirty?.atMs ?? 0) - (twenty?.atMs ?? 0)).to.be.greaterThan(40_000);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("keeps the canary's pods until the ingress controller has applied weight 0", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => (harness.world.behaviour.canary = { failingShare: 1, slowShare: 0 }));
    harness.whenWeightIs(20, () =>
      harness.whenWeightIs(0, () => {
        harness.world.dismissController();
        harness.clock.at(40_000, () => harness.world.thaw());
      }),
    );
    expect(messageOf(await harness.up())).to.contain("success rate");
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("starts nothing while the gateway's sync is frozen", async () => {
    const harness = await Harness.atRest();
    harness.world.freeze();
    expect(messageOf(await harness.up())).to.contain(
      "the gateway's sync is frozen, nothing was started: SyncFailed: invalid plugin; repair that ApisixRoute first",
    );
    expect(harness.world.canary?.replicas).to.equal(0);
  });

  it("is rolled back when the sync freezes; the canary's pods stay until weight 0 is in effect", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      harness.world.freeze();
      harness.clock.at(40_000, () => harness.world.thaw());
    });
    expect(messageOf(await harness.up())).to.contain("the gateway's sync is frozen: SyncFailed: invalid plugin");
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("leaves the pods when the sync stays frozen, and says what to do", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => harness.world.freeze());
    expect(messageOf(await harness.up())).to.contain("so the canary's pods stay; repair the ApisixRoute");
    expect(harness.world.canary?.replicas).to.equal(1);
    expect(harness.world.route?.weight).to.equal(0);
    expect(harness.unansweredSeconds).to.equal(0);
  });
});

describe("a release that is edited from outside", () => {
  it("ends when the canary's template is edited: what was judged is not what would be promoted", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      if (harness.world.canary !== undefined) harness.world.canary.templateEdits += 1;
    });
    expect(messageOf(await harness.up())).to.contain("the canary's template was changed from outside");
    expect(harness.isAtRest).to.equal(true);
    expect(harness.world.primary?.revision).to.equal("r1");
  });

  it("ends when the template is edited before the canary is ready", async () => {
    const harness = await Harness.atRest();
    harness.clock.at(700, () => {
      if (harness.world.canary !== undefined) harness.world.canary.templateEdits += 1;
    });
    expect(messageOf(await harness.up())).to.contain("changed from outside while it was to get ready");
    expect(harness.weights).to.deep.equal([]);
  });

  it("does not judge a Deployment that carries another revision than the asked one", async () => {
    const harness = await Harness.atRest();
    harness.engine.state.set("canary", "r2");
    expect(messageOf(await harness.up())).to.contain("the canary's Deployment carries revision r1; run pulumi refresh");
    expect(harness.engine.promotions.map(({ revision }) => revision)).to.deep.equal(["r1"]);
  });

  it("ends when the canary is deleted; users meet nobody for seconds at most", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => (harness.world.canary = undefined));
    expect(messageOf(await harness.up())).to.contain("the canary's Deployment was deleted during the analysis");
    expect(harness.unansweredSeconds).to.be.lessThan(3);
    expect(harness.isAtRest).to.equal(true);
  });

  it("ends when the canary is scaled to 0, also before it is ready", async () => {
    for (const when of ["ready", "not ready"]) {
      const harness = await Harness.atRest();
      const { world, clock } = harness;
      const scale = (): void => world.canary?.scale(0, clock.nowMs());
      if (when === "ready") harness.whenWeightIs(20, scale);
      else clock.at(700, scale);
      const start = clock.nowMs();
      expect(messageOf(await harness.up()), when).to.contain("the canary was scaled to 0 from outside");
      expect(clock.nowMs() - start, when).to.be.lessThan(60_000);
      expect(harness.isAtRest, when).to.equal(true);
    }
  });

  it("puts weights right, and gives up on edits that do not stop", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => harness.world.writeWeight(90, "somebody"));
    expect(messageOf(await harness.up())).to.equal("succeeded");
    expect(harness.weights.slice(0, 5)).to.deep.equal([10, 20, 90, 20, 30]);
    const other = await Harness.atRest();
    const again = (): void => {
      if ((other.world.route?.weight ?? 0) > 0) other.world.writeWeight(90, "somebody");
      other.clock.at(2_500, again);
    };
    other.whenWeightIs(20, again);
    expect(messageOf(await other.up())).to.contain("the route's weights were changed from outside 4 times");
    expect(other.isAtRest).to.equal(true);
  });

  it("takes weights back that somebody sets while the canary gets ready", async () => {
    const harness = await Harness.atRest();
    harness.clock.at(700, () => harness.world.writeWeight(90, "somebody"));
    expect(messageOf(await harness.up())).to.equal("succeeded");
    expect(harness.unansweredSeconds).to.be.lessThan(1);
  });

  it("ends when the route is deleted, and when the CanaryRelease object is", async () => {
    const route = await Harness.atRest();
    route.whenWeightIs(20, () => (route.world.route = undefined));
    expect(messageOf(await route.up())).to.contain("the weighted ApisixRoute was deleted during the analysis");
    const object = await Harness.atRest();
    object.whenWeightIs(20, () => (object.world.object = undefined));
    expect(messageOf(await object.up())).to.contain("the CanaryRelease object was deleted during the analysis");
    expect(object.isAtRest).to.equal(true);
  });

  it("ends at once when a pod of the canary crashes", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      harness.world.trouble = { pod: "podinfo-1", reason: "CrashLoopBackOff", message: "exit code 3" };
    });
    expect(messageOf(await harness.up())).to.contain("rolled back: pod podinfo-1: CrashLoopBackOff: exit code 3");
    expect(harness.isAtRest).to.equal(true);
  });
});

describe("a release that is interrupted", () => {
  it("has its traffic back within the seconds that are left", async () => {
    const harness = await Harness.atRest();
    const moment = { ms: 0 };
    harness.whenWeightIs(20, () => {
      moment.ms = harness.clock.nowMs();
      void harness.registry.shutdown("the engine sent SIGINT");
    });
    expect(messageOf(await harness.up())).to.contain("revision r2 rolled back: interrupted: the engine sent SIGINT");
    expect(harness.clock.nowMs() - moment.ms).to.be.lessThan(5_000);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.status?.phase).to.equal("Failed");
  });

  it("keeps its Lease until the traffic is back, however long that takes", async () => {
    const harness = await Harness.atRest();
    const holders = new Set<string | undefined>();
    harness.whenWeightIs(20, () => void harness.registry.shutdown("SIGINT"));
    harness.before = ({ name }) => {
      if (name === "lock.renew") holders.add(harness.world.lease?.holder);
    };
    await harness.up("r2", {}, { drain: "20s", leaseDuration: "6s" });
    const drained = harness.world.calls.findIndex(({ name }) => name === "setCanaryWeight 0");
    const renewals = harness.world.calls.slice(drained).filter(({ name }) => name === "lock.renew");
    expect(renewals.length).to.be.greaterThan(5);
    expect(holders.size).to.equal(1);
  });
});
