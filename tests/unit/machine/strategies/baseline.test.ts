import { expect } from "chai";
import { healthy, Process, watchdogPortsOf } from "../../../../fakes/index.js";
import { Watchdog } from "../../../../release/watchdog/watchdog.js";
import { Harness, messageOf } from "../harness.js";

const analysis = { baseline: true, stepWeight: 25 } as const;

/** Revision r1 is up, and so is its baseline's Deployment, with no pods. */
async function atRest(): Promise<Harness> {
  const harness = await Harness.atRest();
  harness.world.applyBaseline("r1");
  return harness;
}

function scales(harness: Harness): readonly string[] {
  return harness.world.calls.map(({ name }) => name).filter((name) => name.startsWith("scale"));
}

function messages(harness: Harness): string {
  return harness.world.messages.join("\n");
}

describe("a baseline", () => {
  it("is raised after the canary and before any user, is journaled, and is gone before the primary is written", async () => {
    const harness = await atRest();
    const seen: (readonly [pods: number, users: number])[] = [];
    harness.before = ({ name }) => {
      if (name.startsWith("setSplit 25"))
        seen.push([harness.world.baseline?.replicas ?? 0, harness.world.gateway.weight]);
    };
    const apply = harness.world.applyPrimary.bind(harness.world);
    harness.world.applyPrimary = (revision, replicas) => {
      seen.push([harness.world.baseline?.replicas ?? 0, harness.world.gateway.weight]);
      apply(revision, replicas);
    };
    expect(messageOf(await harness.up("r2", analysis))).equal("succeeded");
    expect(seen).deep.equal([
      [1, 0],
      [0, 50],
    ]);
    expect(scales(harness)).deep.equal(["scaleCanary 1", "scaleBaseline 1", "scaleBaseline 0", "scaleCanary 0"]);
    const journaled = harness.world.statuses.flatMap(({ baseline }) => baseline ?? []);
    expect(journaled[0]).deep.equal({ replicas: 1, revision: "r1" });
    expect(harness.status).not.property("baseline");
    expect(harness.world.baseline?.revision).equal("r2");
    expect(harness.unansweredSeconds).equal(0);
    expect(messages(harness)).contain("Scaling up podinfo-baseline.test: 1 pod of revision r1 to compare with");
  });

  it("excuses what fresh pods of the old revision do as well, and nothing more", async () => {
    const cold = { ...healthy, failingShare: 0.05 };
    const harness = await atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: cold, baseline: cold };
    expect(messageOf(await harness.up("r2", analysis))).equal("succeeded");
    expect(messages(harness)).contain("alike");
    harness.world.behaviour = { ...harness.world.behaviour, canary: cold, baseline: healthy };
    expect(messageOf(await harness.up("r3", analysis))).match(/baseline: \d+ of \d+ requests failed/);
    expect(harness.isAtRest).equal(true);
    expect(harness.world.baseline?.replicas).equal(0);
    expect(harness.status).not.property("baseline");
  });

  it("is asked of nobody where it is off: no call, no word in the journal", async () => {
    const harness = await Harness.atRest();
    expect(messageOf(await harness.up("r2"))).equal("succeeded");
    expect(harness.world.calls.filter(({ name }) => name.toLowerCase().includes("baseline"))).deep.equal([]);
    expect(harness.world.statuses.some((status) => "baseline" in status)).equal(false);
  });

  it("that can't get ready holds no release: it is taken away, and the primary is compared with", async () => {
    const harness = await atRest();
    if (harness.world.baseline !== undefined) harness.world.baseline.broken = true;
    harness.world.startTrouble.baseline = "pod podinfo-baseline-1: no node has room for it";
    expect(messageOf(await harness.up("r2", analysis))).equal("succeeded");
    expect(messages(harness)).contain(
      "podinfo-baseline.test not ready: waiting for rollout to finish: 0 of 1 (readyThreshold 100%) updated replicas are available; pod podinfo-baseline-1: no node has room for it (after 60s): the canary is compared with the primary instead",
    );
    expect(scales(harness)).deep.equal(["scaleCanary 1", "scaleBaseline 1", "scaleBaseline 0", "scaleCanary 0"]);
  });

  it("is there from the second update on, and carries what the primary does, else the primary is compared with", async () => {
    const harness = await Harness.atRest();
    expect(messageOf(await harness.up("r2", analysis))).equal("succeeded");
    expect(messages(harness)).contain("podinfo-baseline.test is not there: an update makes it at its end");
    expect(harness.world.baseline?.revision).equal("r2");
    harness.world.baseline?.roll("r0", harness.clock.nowMs());
    expect(messageOf(await harness.up("r3", analysis))).equal("succeeded");
    expect(messages(harness)).contain("podinfo-baseline.test carries revision r0 and the primary r2");
    expect(scales(harness).filter((each) => each.startsWith("scaleBaseline"))).deep.equal([]);
  });

  it("whose pods die in mid-run leaves the comparison to the primary, and a bad canary is still taken back", async () => {
    const harness = await atRest();
    harness.whenWeightIs(25, () => {
      if (harness.world.baseline !== undefined) harness.world.baseline.broken = true;
    });
    harness.whenWeightIs(50, () => {
      harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.5 } };
    });
    expect(messageOf(await harness.up("r2", analysis))).contain("success rate");
    expect(messages(harness)).contain("podinfo-baseline.test has no ready pod");
    expect(harness.unansweredSeconds).equal(0);
  });

  it("follows the canary's pods, unless it has a number of its own, or nobody is left to compare", async () => {
    const steps = [{ weight: 10 }, { weight: 50, replicas: 3 }, { weight: 100, replicas: 4 }];
    const harness = await atRest();
    expect(messageOf(await harness.up("r2", { steps, baseline: true }))).equal("succeeded");
    const follows = scales(harness).filter((each) => each.startsWith("scaleBaseline"));
    expect(follows).deep.equal(["scaleBaseline 1", "scaleBaseline 3", "scaleBaseline 0"]);
    const fixed = await atRest();
    expect(messageOf(await fixed.up("r2", { steps, baseline: { replicas: 2 } }))).equal("succeeded");
    const own = scales(fixed).filter((each) => each.startsWith("scaleBaseline"));
    expect(own).deep.equal(["scaleBaseline 2", "scaleBaseline 0"]);
  });

  it("is not raised without an analysis", async () => {
    const harness = await atRest();
    expect(messageOf(await harness.up("r2", analysis, { skipAnalysis: true }))).equal("succeeded");
    expect(scales(harness).filter((each) => each.startsWith("scaleBaseline"))).deep.equal([]);
  });

  it("keeps its pods while the primary has none of its own: they serve the users", async () => {
    const harness = await atRest();
    const { world, clock } = harness;
    harness.whenWeightIs(50, () => {
      world.primary?.scale(0, clock.nowMs());
      world.behaviour = { ...world.behaviour, canary: { ...healthy, failingShare: 0.5 } };
    });
    const result = messageOf(await harness.up("r2", analysis));
    expect(result).contain("the primary has no ready pod of its own, so podinfo-baseline keeps its pods");
    expect(world.baseline?.replicas).equal(1);
    expect(harness.unansweredSeconds).equal(0);
    world.primary?.scale(2, clock.nowMs());
    world.behaviour = { ...world.behaviour, canary: healthy };
    expect(messageOf(await harness.revive("r3", analysis))).equal("succeeded");
    expect(world.baseline?.replicas).equal(0);
    expect(harness.unansweredSeconds).equal(0);
  });

  it("of a run that died is taken away by the watchdog, which knows the journal alone", async () => {
    const harness = await atRest();
    const { world, clock } = harness;
    const process = new Process("watchdog", clock);
    const watchdog = new Watchdog(
      { watchdogAfterSeconds: 30, podName: "w-1" },
      watchdogPortsOf(world, process, () => undefined),
    );
    const forever = new AbortController().signal;
    const story = async (): Promise<void> => {
      void harness.begin("r2", analysis);
      while (world.gateway.weight < 25) await clock.sleep(500, forever);
      harness.process.kill();
      for (let looks = 0; looks < 60; looks += 1) {
        await watchdog.look();
        await clock.sleep(2_000, forever);
      }
    };
    await clock.until(story());
    expect(world.baseline?.replicas).equal(0);
    expect(harness.isAtRest).equal(true);
    expect(harness.status).not.property("baseline");
    expect(harness.unansweredSeconds).equal(0);
  });

  it("of a run that died is taken away by the next update, though it asks for none any more", async () => {
    const harness = await atRest();
    const { world } = harness;
    harness.whenWeightIs(25, () => harness.process.kill());
    void harness.begin("r2", analysis);
    const forever = new AbortController().signal;
    await harness.clock.until(harness.clock.sleep(120_000, forever));
    expect(world.baseline?.replicas).equal(1);
    expect(messageOf(await harness.revive("r3"))).equal("succeeded");
    expect(world.baseline?.replicas).equal(0);
    expect(harness.unansweredSeconds).equal(0);
  });

  it("of somebody else's under its name is never touched: nothing is started", async () => {
    const harness = await atRest();
    if (harness.world.baseline !== undefined) harness.world.baseline.owner = "foreign";
    expect(messageOf(await harness.up("r2", analysis))).contain(
      "Deployment podinfo-baseline was not made by this release",
    );
    expect(scales(harness)).deep.equal([]);
  });

  it("is compared with copies of requests, and has no part in a move of all users", async () => {
    const harness = await atRest();
    expect(messageOf(await harness.up("r2", { iterations: 2, mirror: true, baseline: true }))).equal("succeeded");
    expect(scales(harness)).contain("scaleBaseline 1");
    expect(harness.world.baseline?.replicas).equal(0);
  });
});
