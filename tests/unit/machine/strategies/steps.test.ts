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
