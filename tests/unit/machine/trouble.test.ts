import { expect } from "chai";
import { apiAway } from "../../../fakes/index.js";
import { messageOf, Theatre } from "./theatre.js";

/** Cuts the API server off for so long when the route first has this weight. */
function cut(theatre: Theatre, weight: number, milliseconds: number): { untilMs: number } {
  const away = { untilMs: 0 };
  theatre.before = ({ name }) => {
    const external = name.startsWith("metrics") || name.startsWith("webhook");
    if (!external && theatre.clock.nowMs() < away.untilMs) throw apiAway();
  };
  theatre.whenWeightIs(weight, () => (away.untilMs = theatre.clock.nowMs() + milliseconds));
  return away;
}

describe("a release in a world in trouble", () => {
  for (const seconds of [1, 30, 300])
    it(`goes on after the API server was away for ${seconds} s, and changes nothing meanwhile`, async () => {
      const theatre = await Theatre.atRest();
      const away = cut(theatre, 20, seconds * 1000);
      expect(messageOf(await theatre.up())).to.equal("succeeded");
      const during = theatre.world.weightWrites.filter(
        ({ atMs }) => atMs > away.untilMs - seconds * 1000 && atMs < away.untilMs,
      );
      expect(during).to.deep.equal([]);
      expect(theatre.weights).to.deep.equal([10, 20, 30, 40, 50, 0]);
      expect(theatre.isAtRest).to.equal(true);
      expect(theatre.unansweredSeconds).to.equal(0);
    });

  it("is taken back as soon as the API server is there again, when it turned bad meanwhile", async () => {
    const theatre = await Theatre.atRest();
    const away = cut(theatre, 20, 60_000);
    theatre.whenWeightIs(20, () => (theatre.world.behaviour.canary = { failingShare: 1, slowShare: 0 }));
    expect(messageOf(await theatre.up())).to.contain("success rate");
    const back = theatre.world.weightWrites.at(-1);
    expect((back?.atMs ?? Infinity) - away.untilMs).to.be.lessThan(10_000);
  });

  it("holds while Prometheus is away, and goes on", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => {
      theatre.world.metricsAway = true;
      theatre.clock.at(45_000, () => (theatre.world.metricsAway = false));
    });
    expect(messageOf(await theatre.up())).to.equal("succeeded");
    expect(theatre.world.messages.some((message) => message.includes("Prometheus is away"))).to.equal(true);
  });

  it("is taken back as undecided when Prometheus stays away, never promoted", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => (theatre.world.metricsAway = true));
    expect(messageOf(await theatre.up("r2", { consecutiveErrorLimit: 3 }))).to.contain(
      "3 intervals in a row without an answer (limit 3)",
    );
    expect(theatre.isAtRest).to.equal(true);
  });

  it("gives its canary no users before its pods' addresses stand behind the Service", async () => {
    const theatre = await Theatre.atRest();
    if (theatre.world.canary !== undefined) theatre.world.canary.addressLagMs = 7_000;
    expect(messageOf(await theatre.up())).to.equal("succeeded");
    expect(theatre.unansweredSeconds).to.equal(0);
  });

  it("fails where those addresses never come", async () => {
    const theatre = await Theatre.atRest();
    if (theatre.world.canary !== undefined) theatre.world.canary.addressLagMs = Infinity;
    expect(messageOf(await theatre.up("r2", {}, { progressDeadline: "30s" }))).to.contain("0 of 1 addresses are ready");
    expect(theatre.weights.filter((weight) => weight > 0)).to.deep.equal([]);
    expect(theatre.isAtRest).to.equal(true);
  });

  it("holds its step while the ingress controller is away, and goes on", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => {
      theatre.world.dismissController();
      theatre.clock.at(45_000, () => theatre.world.thaw());
    });
    expect(messageOf(await theatre.up())).to.equal("succeeded");
    expect(theatre.world.messages.some((message) => message.includes("has not taken up the route's weights"))).to.equal(
      true,
    );
    const [twenty, thirty] = [20, 30].map((weight) =>
      theatre.world.weightWrites.find((write) => write.weight === weight),
    );
    expect((thirty?.atMs ?? 0) - (twenty?.atMs ?? 0)).to.be.greaterThan(40_000);
    expect(theatre.unansweredSeconds).to.equal(0);
  });

  it("keeps the canary's pods until the ingress controller has taken up weight 0", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => (theatre.world.behaviour.canary = { failingShare: 1, slowShare: 0 }));
    theatre.whenWeightIs(20, () =>
      theatre.whenWeightIs(0, () => {
        theatre.world.dismissController();
        theatre.clock.at(40_000, () => theatre.world.thaw());
      }),
    );
    expect(messageOf(await theatre.up())).to.contain("success rate");
    expect(theatre.isAtRest).to.equal(true);
    expect(theatre.unansweredSeconds).to.equal(0);
  });

  it("starts nothing while the gateway's sync is frozen", async () => {
    const theatre = await Theatre.atRest();
    theatre.world.freeze();
    expect(messageOf(await theatre.up())).to.contain(
      "the gateway's sync is frozen, nothing was started: SyncFailed: invalid plugin; repair that ApisixRoute first",
    );
    expect(theatre.world.canary?.replicas).to.equal(0);
  });

  it("is taken back when the sync freezes; the canary's pods stay until weight 0 is in effect", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => {
      theatre.world.freeze();
      theatre.clock.at(40_000, () => theatre.world.thaw());
    });
    expect(messageOf(await theatre.up())).to.contain("the gateway's sync is frozen: SyncFailed: invalid plugin");
    expect(theatre.isAtRest).to.equal(true);
    expect(theatre.unansweredSeconds).to.equal(0);
  });

  it("leaves the pods when the sync stays frozen, and says what to do", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => theatre.world.freeze());
    expect(messageOf(await theatre.up())).to.contain("so the canary's pods stay; repair the ApisixRoute");
    expect(theatre.world.canary?.replicas).to.equal(1);
    expect(theatre.world.route?.weight).to.equal(0);
    expect(theatre.unansweredSeconds).to.equal(0);
  });
});

describe("a release that somebody's hand meets", () => {
  it("ends when the canary's template is edited: what was judged is not what would be promoted", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => {
      if (theatre.world.canary !== undefined) theatre.world.canary.templateEdits += 1;
    });
    expect(messageOf(await theatre.up())).to.contain("the canary's template was changed from outside");
    expect(theatre.isAtRest).to.equal(true);
    expect(theatre.world.primary?.revision).to.equal("r1");
  });

  it("ends when the template is edited before the canary is ready", async () => {
    const theatre = await Theatre.atRest();
    theatre.clock.at(700, () => {
      if (theatre.world.canary !== undefined) theatre.world.canary.templateEdits += 1;
    });
    expect(messageOf(await theatre.up())).to.contain("changed from outside while it was to get ready");
    expect(theatre.weights).to.deep.equal([]);
  });

  it("does not judge a Deployment that carries another revision than the asked one", async () => {
    const theatre = await Theatre.atRest();
    theatre.engine.state.set("canary", "r2");
    expect(messageOf(await theatre.up())).to.contain("the canary's Deployment carries revision r1; run pulumi refresh");
    expect(theatre.engine.promotions.map(({ revision }) => revision)).to.deep.equal(["r1"]);
  });

  it("ends when the canary is deleted; users meet nobody for seconds at most", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => (theatre.world.canary = undefined));
    expect(messageOf(await theatre.up())).to.contain("the canary's Deployment was deleted during the analysis");
    expect(theatre.unansweredSeconds).to.be.lessThan(3);
    expect(theatre.isAtRest).to.equal(true);
  });

  it("ends when the canary is scaled to 0, also before it is ready", async () => {
    for (const when of ["ready", "not ready"]) {
      const theatre = await Theatre.atRest();
      const { world, clock } = theatre;
      const scale = (): void => world.canary?.scale(0, clock.nowMs());
      if (when === "ready") theatre.whenWeightIs(20, scale);
      else clock.at(700, scale);
      const start = clock.nowMs();
      expect(messageOf(await theatre.up()), when).to.contain("the canary was scaled to 0 from outside");
      expect(clock.nowMs() - start, when).to.be.lessThan(60_000);
      expect(theatre.isAtRest, when).to.equal(true);
    }
  });

  it("puts weights right, and gives up on a hand that does not stop", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => theatre.world.writeWeight(90, "hand"));
    expect(messageOf(await theatre.up())).to.equal("succeeded");
    expect(theatre.weights.slice(0, 5)).to.deep.equal([10, 20, 90, 20, 30]);
    const other = await Theatre.atRest();
    const again = (): void => {
      if ((other.world.route?.weight ?? 0) > 0) other.world.writeWeight(90, "hand");
      other.clock.at(2_500, again);
    };
    other.whenWeightIs(20, again);
    expect(messageOf(await other.up())).to.contain("the route's weights were changed from outside 4 times");
    expect(other.isAtRest).to.equal(true);
  });

  it("takes weights back that somebody sets while the canary gets ready", async () => {
    const theatre = await Theatre.atRest();
    theatre.clock.at(700, () => theatre.world.writeWeight(90, "hand"));
    expect(messageOf(await theatre.up())).to.equal("succeeded");
    expect(theatre.unansweredSeconds).to.be.lessThan(1);
  });

  it("ends when the route is deleted, and when the CanaryRelease object is", async () => {
    const route = await Theatre.atRest();
    route.whenWeightIs(20, () => (route.world.route = undefined));
    expect(messageOf(await route.up())).to.contain("the weighted ApisixRoute was deleted during the analysis");
    const object = await Theatre.atRest();
    object.whenWeightIs(20, () => (object.world.object = undefined));
    expect(messageOf(await object.up())).to.contain("the CanaryRelease object was deleted during the analysis");
    expect(object.isAtRest).to.equal(true);
  });

  it("ends at once when a pod of the canary crashes", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => {
      theatre.world.trouble = { pod: "podinfo-1", reason: "CrashLoopBackOff", message: "exit code 3" };
    });
    expect(messageOf(await theatre.up())).to.contain("taken back: pod podinfo-1: CrashLoopBackOff: exit code 3");
    expect(theatre.isAtRest).to.equal(true);
  });
});

describe("a release that is interrupted", () => {
  it("has its traffic back within the seconds that are left", async () => {
    const theatre = await Theatre.atRest();
    const moment = { ms: 0 };
    theatre.whenWeightIs(20, () => {
      moment.ms = theatre.clock.nowMs();
      void theatre.registry.shutdown("the engine sent SIGINT");
    });
    expect(messageOf(await theatre.up())).to.contain("revision r2 taken back: interrupted: the engine sent SIGINT");
    expect(theatre.clock.nowMs() - moment.ms).to.be.lessThan(5_000);
    expect(theatre.isAtRest).to.equal(true);
    expect(theatre.status?.phase).to.equal("Failed");
  });

  it("keeps its Lease until the traffic is back, however long that takes", async () => {
    const theatre = await Theatre.atRest();
    const holders = new Set<string | undefined>();
    theatre.whenWeightIs(20, () => void theatre.registry.shutdown("SIGINT"));
    theatre.before = ({ name }) => {
      if (name === "lock.renew") holders.add(theatre.world.lease?.holder);
    };
    await theatre.up("r2", {}, { drain: "20s", leaseDuration: "6s" });
    const drained = theatre.world.calls.findIndex(({ name }) => name === "setCanaryWeight 0");
    const renewals = theatre.world.calls.slice(drained).filter(({ name }) => name === "lock.renew");
    expect(renewals.length).to.be.greaterThan(5);
    expect(holders.size).to.equal(1);
  });
});
