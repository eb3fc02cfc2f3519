import { expect } from "chai";
import type { Assessment } from "../../../release/analysis/contract.js";
import { runPromotion } from "../../../release/machine/index.js";
import { portsOf } from "../../../fakes/index.js";
import { messageOf, Harness } from "./harness.js";

const steps = { stepWeight: 40, maxWeight: 40, stepWeightPromotion: 20 };
const bad = { failingShare: 0.5, slowShare: 0 };

describe("the way back to a promoted primary", () => {
  it("stops where the primary's new pods fail: the split stays, the update fails and says so", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => (harness.world.behaviour.primary = bad));
    const message = messageOf(await harness.up("r2", steps));
    expect(message).to.match(/the primary's new pods fail: success rate .*; traffic stays split at canary 20%/);
    expect(message).to.contain("no earlier revision is left to return to: repair it and run the update again");
    expect(harness.weights).to.deep.equal([40, 20]);
    expect(harness.status).to.deep.include({ phase: "Promoting", canaryWeight: 20, promotedRevision: "r1" });
    expect(harness.world.canary?.replicas).to.equal(1);
  });

  it("goes by the primary's shares where they are said, each judged for an interval", async () => {
    const harness = await Harness.atRest();
    const shares = { stepWeight: 40, maxWeight: 40, stepWeightsPromotion: [70, 95] };
    expect(messageOf(await harness.up("r2", shares))).to.equal("succeeded");
    expect(harness.weights).to.deep.equal([40, 30, 5, 0]);
    const at = (weight: number) => harness.world.weightWrites.find((each) => each.weight === weight)?.atMs ?? 0;
    expect(at(5) - at(30)).to.be.within(9_000, 12_000);
    expect(harness.world.messages).to.include.members([
      "Advance podinfo.test primary weight 70",
      "Advance podinfo.test primary weight 95",
    ]);
    const stopped = await Harness.atRest();
    stopped.whenWeightIs(30, () => (stopped.world.behaviour.primary = bad));
    expect(messageOf(await stopped.up("r2", shares))).to.contain("traffic stays split at canary 30%");
  });

  it("is finished by the next update when the primary is well again", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => (harness.world.behaviour.primary = bad));
    await harness.up("r2", steps);
    await harness.clock.pass(60_000);
    harness.world.behaviour.primary = { failingShare: 0, slowShare: 0 };
    expect(await harness.up("r2", steps)).to.deep.equal({ kind: "succeeded", analysis: "unchanged" });
    expect(harness.status).to.deep.include({ phase: "Succeeded", promotedRevision: "r2" });
    expect(harness.isAtRest).to.equal(true);
  });

  it("goes on where nothing can be measured: both sides run the judged revision", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => (harness.world.metricsAway = true));
    expect(messageOf(await harness.up("r2", { ...steps, consecutiveErrorLimit: 2 }))).to.equal("succeeded");
    expect(harness.world.messages.some((message) => message.includes("the primary can't be judged"))).to.equal(true);
    expect(harness.isAtRest).to.equal(true);
  });

  it("puts weights right that somebody wrote, never above the plan", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => harness.world.writeWeight(90, "somebody"));
    expect(messageOf(await harness.up("r2", steps))).to.equal("succeeded");
    expect(harness.weights).to.deep.equal([40, 20, 90, 20, 0]);
  });

  it("leaves a canary that somebody deleted at once", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => (harness.world.canary = undefined));
    expect(messageOf(await harness.up("r2", steps))).to.equal("succeeded");
    expect(harness.unansweredSeconds).to.be.lessThan(3);
    expect(harness.isAtRest).to.equal(true);
  });

  it("waits for a primary that does not get ready, and gives up with the traffic as it is", async () => {
    const harness = await Harness.atRest();
    const { world } = harness;
    const breakIt = (): void => {
      if (world.primary?.revision === "r2") world.primary.broken = true;
      else harness.clock.at(200, breakIt);
    };
    harness.clock.at(200, breakIt);
    expect(messageOf(await harness.up("r2", steps))).to.match(
      /^podinfo-primary\.test not ready: waiting for rollout to finish: .* \(after 60s\)$/,
    );
    expect(world.route?.weight).to.equal(40);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("is not decided for ever either", async () => {
    const harness = await Harness.atRest();
    const { world, clock, engine } = harness;
    engine.stopAfter = "analysis";
    await harness.up("r2", steps);
    world.applyPrimary("r2");
    const undecided: Assessment = {
      verdict: { kind: "hold", reason: "breached", sentence: "success rate 98.90% < 99%" },
      checks: [],
      observedSharePercent: undefined,
      subjectRequests: 0,
      totalRequests: 0,
    };
    const ports = { ...portsOf(world, harness.process), judge: () => () => undecided };
    const start = clock.nowMs();
    const settings = harness.settings("r2", steps, { deadline: "2m" });
    const failed = runPromotion(settings, ports, new AbortController().signal).then(
      () => "promoted",
      (error: unknown) => String(error),
    );
    expect(await clock.until(failed)).to.contain(
      "success rate 98.90% < 99%; traffic stays split at canary 20%; no earlier revision is left",
    );
    expect(clock.nowMs() - start).to.be.within(120_000, 150_000);
  });
});

describe("a pass that is not yet a promotion", () => {
  it("is rolled back by the provider that lives when the handover is over, and judged again", async () => {
    const harness = await Harness.atRest();
    const { engine, world, clock } = harness;
    const settings = harness.settings("r2", { stepWeight: 50 }, { handover: "30s" });
    // The engine stops after the analysis: another resource has failed.
    engine.stopAfter = "analysis";
    expect(messageOf(await clock.until(engine.up(settings, harness.process, harness.registry)))).to.equal("stopped");
    expect(world.route?.weight).to.equal(50);
    expect(harness.status?.phase).to.equal("WaitingPromotion");
    await clock.pass(40_000);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.status).to.deep.include({
      phase: "Failed",
      message: "passed, but was not promoted within 30s",
    });
    engine.stopAfter = undefined;
    expect(await harness.up("r2", { stepWeight: 50 })).to.deep.equal({ kind: "succeeded", analysis: "passed" });
  });

  it("is rolled back when the process is ended before its promotion", async () => {
    const harness = await Harness.atRest();
    harness.engine.stopAfter = "analysis";
    await harness.up("r2", { stepWeight: 50 });
    await harness.clock.until(harness.registry.shutdown("the engine is gone"));
    expect(harness.isAtRest).to.equal(true);
    expect(harness.status?.judged).to.deep.include({ revision: "r2", verdict: "passed" });
  });

  it("goes straight to its promotion when the next update comes in time", async () => {
    const harness = await Harness.atRest();
    harness.engine.stopAfter = "analysis";
    await harness.up("r2", { stepWeight: 50 });
    harness.engine.stopAfter = undefined;
    await harness.clock.pass(10_000);
    expect(await harness.up("r2", { stepWeight: 50 })).to.deep.equal({ kind: "succeeded", analysis: "unchanged" });
    expect(harness.isAtRest).to.equal(true);
    await harness.clock.pass(600_000);
    expect(harness.status).to.deep.include({ phase: "Succeeded", promotedRevision: "r2" });
  });
});

describe("a primary that carries what nobody judged", () => {
  it("is shown as unjudged, and no traffic is shifted", async () => {
    const harness = await Harness.atRest();
    harness.world.applyPrimary("r2");
    await harness.clock.pass(10_000);
    expect(await harness.up()).to.deep.equal({ kind: "succeeded", analysis: "unjudged" });
    expect(harness.weights).to.deep.equal([]);
    expect(harness.status?.message).to.equal("revision r2 is on the primary without having been judged");
  });
});

describe("a release whose state was lost", () => {
  it("goes by the route and the primary alone", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      harness.world.loseState();
      harness.process.kill();
    });
    void harness.begin();
    await harness.clock.pass(60_000);
    expect(harness.world.route?.weight).to.equal(20);
    const other = await harness.revive();
    expect(messageOf(other)).to.equal("succeeded");
    expect(harness.status).to.deep.include({ promotedRevision: "r2" });
    expect(harness.isAtRest).to.equal(true);
  });
});

describe("a promotion in one jump", () => {
  /** The primary takes half a minute to get ready; the revision turns bad in the meantime. */
  async function turnsBad(byHand: boolean): Promise<Harness> {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    const slowDown = (): void => {
      const { primary } = world;
      if (primary?.revision !== "r2") return clock.at(200, slowDown);
      primary.broken = true;
      world.behaviour.canary = bad;
      return clock.at(30_000, () => (primary.broken = false));
    };
    clock.at(200, slowDown);
    if (byHand) harness.whenWeightIs(20, () => world.command("promote", "now"));
    return harness;
  }

  it("is watched while its primary gets ready: a revision that fails by then gets no more users", async () => {
    const harness = await turnsBad(false);
    const message = messageOf(await harness.up());
    expect(message).to.match(/the revision fails while its primary gets ready: success rate .*; traffic stays split/);
    expect(harness.weights.at(-1)).to.equal(50);
    expect(harness.status).to.deep.include({ promotedRevision: "r1", stalled: "PrimaryFailing" });
    expect(harness.world.announcements.at(-1)).to.deep.include({ level: "error", alert: true });
  });

  it("is not where a person has decided", async () => {
    expect(messageOf(await (await turnsBad(true)).up())).to.equal("succeeded");
  });
});
