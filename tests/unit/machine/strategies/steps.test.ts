import { expect } from "chai";
import { healthy } from "../../../../fakes/index.js";
import { Harness, messageOf } from "../harness.js";

const successRate = (min: number) => ({ name: "request-success-rate" as const, thresholdRange: { min } });

describe("steps of a canary", () => {
  it("last as long as each says, and the run is promoted after the last", async () => {
    const harness = await Harness.atRest();
    const steps = [{ weight: 5 }, { weight: 20, for: "35s" }, { weight: 60, for: "10s" }];
    expect(messageOf(await harness.up("r2", { steps }))).to.equal("succeeded");
    expect(harness.weights).to.deep.equal([5, 20, 60, 0]);
    const at = (weight: number) => harness.world.weightWrites.find((each) => each.weight === weight)?.atMs ?? 0;
    expect(at(20) - at(5)).to.be.within(9_000, 12_000);
    expect(at(60) - at(20)).to.be.within(34_000, 38_000);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("tell where in the plan they are, and nothing of it when the run is over", async () => {
    const harness = await Harness.atRest();
    await harness.up("r2", { steps: [{ weight: 5 }, { pause: "10s" }, { weight: 20 }] });
    const seen = harness.world.statuses.map(({ strategy }) => strategy).filter((each) => each !== undefined);
    expect([...new Set(seen.map(({ stage, stages, doing }) => `${stage}/${stages} ${doing}`))]).to.deep.equal([
      "1/3 weight",
      "2/3 pause",
      "3/3 weight",
    ]);
    expect(harness.status).to.not.have.any.keys("strategy", "split", "plannedSplit");
  });

  it("have shares of one in a thousand", async () => {
    const harness = await Harness.atRest();
    harness.world.gateway.requestsPerSecond = 5_000;
    const steps = [{ weight: 0.1 }, { weight: 50 }];
    expect(messageOf(await harness.up("r2", { steps }))).to.equal("succeeded");
    expect(harness.weights).to.deep.equal([0.1, 50, 0]);
    expect(harness.world.statuses.some(({ canaryWeight }) => canaryWeight === 0.1)).to.equal(true);
  });

  it("are judged all along: a bad one of many minutes ends at once", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.5 } };
    const before = harness.clock.nowMs();
    const result = await harness.up("r2", { steps: [{ weight: 20, for: "30m" }, { weight: 50 }] });
    expect(messageOf(result)).to.contain("success rate");
    expect(harness.clock.nowMs() - before).to.be.below(90_000);
    expect(harness.weights).to.deep.equal([20, 0]);
  });

  it("have limits of their own where they say so", async () => {
    const failing = { ...healthy, failingShare: 0.05 };
    const strict = [successRate(99)];
    const lax = [successRate(80)];
    const compare = { compare: false } as const;
    const only = (metrics: readonly ReturnType<typeof successRate>[]) =>
      metrics.map((each) => ({ ...each, ...compare }));
    const laxFirst = await Harness.atRest();
    laxFirst.world.behaviour = { ...laxFirst.world.behaviour, canary: failing };
    const ends = await laxFirst.up("r2", {
      metrics: only(strict),
      steps: [
        { weight: 20, metrics: only(lax), for: "60s" },
        { weight: 50, for: "120s" },
      ],
    });
    expect(messageOf(ends)).to.contain("success rate");
    expect(laxFirst.weights).to.deep.equal([20, 50, 0]);
    const lastsLax = await Harness.atRest();
    lastsLax.world.behaviour = { ...lastsLax.world.behaviour, canary: failing };
    const passes = await lastsLax.up("r2", {
      metrics: only(strict),
      steps: [
        { weight: 20, metrics: only(lax), for: "60s" },
        { weight: 50, metrics: only(lax), for: "60s" },
      ],
    });
    expect(messageOf(passes)).to.equal("succeeded");
  });

  it("scale the canary: a number, a part of the primary's, or as the weight", async () => {
    const harness = await Harness.atRest();
    harness.world.primary?.scale(10, harness.clock.nowMs());
    const steps = [
      { weight: 5, replicas: "weight" as const },
      { weight: 20, replicas: 3 },
      { weight: 50, replicas: "50%" },
    ];
    expect(messageOf(await harness.up("r2", { steps }))).to.equal("succeeded");
    const asked = harness.world.calls
      .filter(({ name }) => /^(scaleCanary|setSplit)/.test(name))
      .map(({ name }) => name);
    expect(asked).to.deep.equal([
      "scaleCanary 1",
      "setSplit 5%",
      "scaleCanary 3",
      "setSplit 20%",
      "scaleCanary 5",
      "setSplit 50%",
      "setSplit 0%",
      "scaleCanary 0",
    ]);
  });

  it("wait for a person at a pause without end, judged all the while, and the deadline stands still", async () => {
    const harness = await Harness.atRest();
    const steps = [{ weight: 10 }, { pause: "until approved" as const }, { weight: 50 }];
    const up = harness.begin("r2", { steps }, { deadline: "120s" });
    harness.clock.at(1_000_000, () => harness.world.command("approve", "by anna"));
    expect(messageOf(await harness.clock.until(up))).to.equal("succeeded");
    expect(harness.phases).to.include("Waiting");
    expect(harness.world.messages.join("\n")).to.contain(
      "Pausing podinfo.test at canary weight 10 until it is approved",
    );
    expect(harness.world.messages.join("\n")).to.contain("approve by anna (no reason given) opens gate pause at 10%");
    const written = harness.world.weightWrites.find(({ weight }) => weight === 50)?.atMs ?? 0;
    const first = harness.world.weightWrites[0]?.atMs ?? 0;
    expect(written - first).to.be.greaterThan(900_000);
  });

  it("hear a person who approves as soon as the pause is told of", async () => {
    const harness = await Harness.atRest();
    const steps = [{ weight: 10 }, { pause: "until approved" as const }, { weight: 50 }];
    const up = harness.begin("r2", { steps });
    const told = (): boolean => harness.world.messages.some((message) => message.includes("until it is approved"));
    let given = false;
    for (let second = 1; second < 600; second += 1)
      harness.clock.at(second * 1000, () => {
        if (given || !told()) return;
        given = true;
        harness.world.command("approve", "by anna");
      });
    expect(messageOf(await harness.clock.until(up))).to.equal("succeeded");
    expect(harness.world.messages.join("\n")).to.contain("opens gate pause at 10%");
    expect(harness.world.messages.join("\n")).not.to.contain("give it again");
  });

  it("have webhooks of their own, called in that step alone", async () => {
    const harness = await Harness.atRest();
    const { world } = harness;
    const called: string[] = [];
    world.webhookAnswer = ({ name }) => {
      called.push(`${name} at ${world.route?.weight}`);
      return { kind: "ok" };
    };
    const hook = (name: string) => ({ name, url: "http://tests/" });
    const steps = [
      { weight: 10, webhooks: [hook("first")] },
      { pause: "10s", webhooks: [hook("paused")] },
      { weight: 50, for: "20s", webhooks: [hook("last")] },
    ];
    expect(messageOf(await harness.up("r2", { steps, webhooks: [hook("always")] }))).to.equal("succeeded");
    expect(called).to.deep.equal([
      ...["always at 10", "first at 10"],
      ...["always at 10", "paused at 10"],
      ...["always at 50", "last at 50", "always at 50", "last at 50"],
    ]);
  });

  it("count a refusal of their own webhook as a failed check", async () => {
    const harness = await Harness.atRest();
    harness.world.webhookAnswer = () => ({ kind: "refused", message: "answers 500" });
    const steps = [{ weight: 10 }, { weight: 50, webhooks: [{ name: "journey", url: "http://tests/" }] }];
    expect(messageOf(await harness.up("r2", { steps }))).to.contain(
      "failed checks threshold reached 3: journey: answers 500",
    );
    expect(harness.weights).to.deep.equal([10, 50, 0]);
  });

  it("have gates of their own, asked before they are left", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    const open = { increase: false, promotion: false };
    world.webhookAnswer = ({ type }) => {
      const isOpen = type === "confirm-promotion" ? open.promotion : open.increase;
      return isOpen ? { kind: "ok" } : { kind: "refused", message: "not yet" };
    };
    const gate = (type: "confirm-traffic-increase" | "confirm-promotion") => ({
      name: type,
      type,
      url: "http://gate/",
    });
    const steps = [
      { weight: 10, webhooks: [gate("confirm-traffic-increase")] },
      { weight: 30 },
      { weight: 50, webhooks: [gate("confirm-promotion")] },
    ];
    const up = harness.begin("r2", { steps });
    clock.at(300_000, () => (open.increase = true));
    clock.at(600_000, () => world.command("approve", "by anna"));
    expect(messageOf(await clock.until(up))).to.equal("succeeded");
    const at = (weight: number) => world.weightWrites.find((each) => each.weight === weight)?.atMs ?? 0;
    expect(at(30) - at(10)).to.be.greaterThan(250_000);
    expect(at(50) - at(30)).to.be.below(15_000);
    const back = world.weightWrites.findLast(({ weight }) => weight === 0)?.atMs ?? 0;
    expect(back - at(50)).to.be.greaterThan(250_000);
    expect(world.messages.join("\n")).to.contain("opens gate confirm-promotion");
  });

  it("are told with each announcement, so that listeners of one step hear of it alone", async () => {
    const harness = await Harness.atRest();
    await harness.up("r2", { steps: [{ weight: 10 }, { weight: 50 }] });
    const stageOf = (part: string) =>
      harness.world.announcements.find(({ message }) => message.includes(part))?.stage ?? "none";
    expect(stageOf("New revision detected")).to.equal("none");
    expect(stageOf("canary weight 10")).to.equal(1);
    expect(stageOf("canary weight 50")).to.equal(2);
    expect(stageOf("Copying podinfo.test template spec")).to.equal("none");
    expect(stageOf("Promotion completed")).to.equal("none");
  });

  it("ask the last one's gate also where a person promotes an earlier one, unless that is left out as well", async () => {
    for (const [text, opens] of [
      ["by anna", false],
      ["--skip-gates by anna", true],
    ] as const) {
      const harness = await Harness.atRest();
      harness.world.webhookAnswer = () => ({ kind: "refused", message: "not yet" });
      const webhooks = [{ name: "gate", type: "confirm-promotion" as const, url: "http://gate/" }];
      const steps = [
        { weight: 10, for: "30m" },
        { weight: 50, webhooks },
      ];
      const up = harness.begin("r2", { steps });
      harness.whenWeightIs(10, () => harness.world.command("promote", text));
      harness.clock.at(200_000, () => (harness.world.webhookAnswer = () => ({ kind: "ok" })));
      expect(messageOf(await harness.clock.until(up))).to.equal("succeeded");
      expect(harness.weights).to.deep.equal([10, 0]);
      const [there, back] = harness.world.weightWrites;
      expect((back?.atMs ?? 0) - (there?.atMs ?? 0) < 60_000, text).to.equal(opens);
    }
  });

  it("end a bad canary during a pause too", async () => {
    const harness = await Harness.atRest();
    const steps = [{ weight: 10 }, { pause: "until approved" as const }, { weight: 50 }];
    const up = harness.begin("r2", { steps });
    harness.clock.at(120_000, () => {
      harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.8 } };
    });
    expect(messageOf(await harness.clock.until(up))).to.contain("rolled back");
    expect(harness.weights).to.deep.equal([10, 0]);
  });
});
