import { expect } from "chai";
import { deadlineSeconds, shortestSeconds } from "../../../release/analysis/index.js";
import { runPreparation } from "../../../release/machine/index.js";
import { apiAway, portsOf, settingsFor } from "../../../fakes/index.js";
import { watchUntil } from "../watchdog/watch.js";
import { messageOf, Harness } from "./harness.js";

const plan = (analysis: Parameters<typeof settingsFor>[1], rest: Parameters<typeof settingsFor>[2] = {}) =>
  settingsFor("r1", analysis, rest);

describe("the time a release may take", () => {
  it("is what its plan needs, three times over, and an hour at least", () => {
    const long = plan(
      { interval: "5m", stepWeight: 5, maxWeight: 100, initialDelay: "2m" },
      { progressDeadline: "10m" },
    );
    expect(shortestSeconds(long)).to.equal(20 * 300 + 120);
    expect(deadlineSeconds(long)).to.equal(3 * 20 * 300 + 120 + 600);
    expect(deadlineSeconds(plan({ interval: "10s" }))).to.equal(3600);
    const stepped = plan({ interval: "10m", stepWeight: 10, maxWeight: 50, stepWeightPromotion: 10 });
    expect(deadlineSeconds(stepped)).to.equal(3 * (5 + 4) * 600 + 60);
  });

  it("grows with the time that thin traffic needs", () => {
    const thin = plan({ interval: "1m", stepWeight: 50, maxWeight: 50, minRequests: 10 });
    // Ten of the canary's requests take 200 s at 0.1 a second and half of the traffic.
    expect(deadlineSeconds(thin, 0.1)).to.equal(3600);
    expect(deadlineSeconds(thin, 0.01)).to.equal(3 * 2_040 + 60);
    expect(deadlineSeconds(thin, 0)).to.equal(deadlineSeconds(thin));
  });

  it("is the program's where it says one", () => {
    expect(deadlineSeconds(plan({ interval: "5m", stepWeight: 5 }, { deadline: "2m" }))).to.equal(120);
  });

  it("lets a healthy release of twenty steps of five minutes through, as it stands", async () => {
    const harness = await Harness.atRest();
    const begun = harness.clock.nowMs();
    const slow = { interval: "5m", stepWeight: 5, maxWeight: 100, checkInterval: "10s" };
    expect(messageOf(await harness.up("r2", slow))).to.equal("succeeded");
    expect((harness.clock.nowMs() - begun) / 1000).to.be.greaterThan(6_000);
  });
});

describe("a primary that finds no room", () => {
  /** The promoted primary's new pods never get ready. */
  async function stuck(): Promise<Harness> {
    const harness = await Harness.atRest();
    const breakIt = (): void => {
      if (harness.world.primary?.revision === "r2") harness.world.primary.broken = true;
      else harness.clock.at(200, breakIt);
    };
    harness.clock.at(200, breakIt);
    harness.world.startTrouble = { primary: "pod podinfo-primary-x: FailedScheduling: 0/1 nodes are available" };
    return harness;
  }

  const steps = { stepWeight: 40, maxWeight: 40 };

  it("ends the promotion by the progress deadline, with weight, status and alert, the canary serving on", async () => {
    const harness = await stuck();
    const begun = harness.clock.nowMs();
    const message = messageOf(await harness.up("r2", steps));
    expect(message).to.equal(
      "podinfo-primary.test not ready: waiting for rollout to finish: 0 of 2 (readyThreshold 100%) updated replicas are available; pod podinfo-primary-x: FailedScheduling: 0/1 nodes are available; the canary keeps its 40% until a person decides: bring the primary up and run the update again (after 60s)",
    );
    expect((harness.clock.nowMs() - begun) / 1000).to.be.lessThan(120);
    expect(harness.status).to.deep.include({
      phase: "Promoting",
      canaryWeight: 40,
      stalled: "PrimaryNotReady",
      promotedRevision: "r1",
    });
    expect(harness.status?.message).to.contain("FailedScheduling: 0/1 nodes are available");
    expect(harness.status?.conditions[0]).to.deep.include({ status: "False", reason: "PrimaryNotReady" });
    const alerts = harness.world.announcements.filter(({ alert, level }) => alert && level === "error");
    expect(alerts).to.have.length(1);
    expect(harness.world.route?.weight).to.equal(40);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("is left to people by the watchdog, and finished by the next update", async () => {
    const harness = await stuck();
    await harness.up("r2", steps);
    const { world, clock } = harness;
    world.calls.length = 0;
    const until = clock.nowMs() + 300_000;
    await watchUntil(harness, () => clock.nowMs() > until);
    expect(
      world.calls.filter(({ name }) => /^(lock\.take|setCanaryWeight|writeStatus)/.test(name)).map(({ name }) => name),
    ).to.deep.equal(["lock.take"]);
    expect(world.route?.weight).to.equal(40);
    if (world.primary !== undefined) {
      world.primary.broken = false;
      world.startTrouble = {};
    }
    expect(await harness.up("r2", steps)).to.deep.equal({ kind: "succeeded", analysis: "unchanged" });
    expect(harness.status).to.deep.include({ phase: "Succeeded", promotedRevision: "r2" });
    expect(harness.status).not.to.have.property("stalled");
    expect(harness.isAtRest).to.equal(true);
  });

  it("keeps its canary where the next update comes with another deadline, until the primary is ready", async () => {
    const harness = await stuck();
    await harness.up("r2", steps);
    const { world, engine, clock, process } = harness;
    const settings = { ...harness.settings("r2", steps, { progressDeadline: "5m" }), ...engine.created };
    const prepared = runPreparation(settings, portsOf(world, process), new AbortController().signal);
    expect(await clock.until(prepared)).to.deep.equal({ kind: "nothingToDo" });
    expect(world.route?.weight).to.equal(40);
    expect(world.canary?.replicas).to.equal(1);
    clock.at(100_000, () => {
      if (world.primary !== undefined) world.primary.broken = false;
    });
    expect(messageOf(await harness.up("r2", steps, { progressDeadline: "5m" }))).to.equal("succeeded");
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("is not blamed for a time in which nobody could see it", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    const away = { untilMs: 0 };
    harness.before = ({ name }) => {
      const external = name.startsWith("metrics") || name.startsWith("webhook");
      if (!external && clock.nowMs() < away.untilMs) throw apiAway();
    };
    const cut = (): void => {
      if (world.primary?.revision !== "r2") return void clock.at(100, cut);
      // Nothing gets ready without an API server.
      away.untilMs = clock.nowMs() + 300_000;
      world.primary.readyAtMs = away.untilMs + 2_000;
    };
    clock.at(100, cut);
    expect(messageOf(await harness.up("r2", steps))).to.equal("succeeded");
    expect(harness.isAtRest).to.equal(true);
  });

  it("says so too where it is the first, or has no canary beside it", async () => {
    const harness = new Harness();
    const breakIt = (): void => {
      if (harness.world.primary !== undefined) harness.world.primary.broken = true;
      else harness.clock.at(100, breakIt);
    };
    harness.clock.at(100, breakIt);
    expect(messageOf(await harness.up("r1"))).to.match(/^podinfo-primary\.test not ready: .*\(after 60s\)$/);
    expect(harness.status).to.deep.include({ phase: "Failed", canaryWeight: 0 });
    expect(harness.status?.conditions[0]).to.deep.include({ status: "False", reason: "PrimaryNotReady" });
    if (harness.world.primary !== undefined) harness.world.primary.broken = false;
    expect(messageOf(await harness.up("r1"))).to.equal("succeeded");
    expect(harness.status?.phase).to.equal("Initialized");
  });
});

describe("trouble of a canary's pods before any user was sent there", () => {
  it("is waited out: a refused pull, an init container that restarts", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    harness.before = ({ name }) => {
      if (name !== "scaleCanary 1" || world.canary === undefined) return;
      harness.before = () => undefined;
      world.canary.broken = true;
      world.trouble = { pod: "podinfo-1", reason: "ImagePull", message: "container app: ErrImagePull: 429" };
      world.startTrouble = { canary: "pod podinfo-1: ImagePull: container app: ErrImagePull: 429" };
      clock.at(25_000, () => {
        if (world.canary !== undefined) world.canary.broken = false;
        world.trouble = undefined;
        world.startTrouble = {};
      });
    };
    expect(messageOf(await harness.up())).to.equal("succeeded");
    expect(world.messages.join("\n")).to.match(
      /canary deployment podinfo\.test not ready: waiting for rollout to finish: .*; pod podinfo-1: ImagePull: container app: ErrImagePull: 429/,
    );
  });

  it("ends the run by the progress deadline, named in its line", async () => {
    const harness = await Harness.atRest();
    const { world } = harness;
    harness.before = ({ name }) => {
      if (name === "scaleCanary 1" && world.canary !== undefined) world.canary.broken = true;
    };
    world.startTrouble = { canary: "pod podinfo-1: FailedScheduling: 0/1 nodes are available: Insufficient cpu" };
    expect(messageOf(await harness.up())).to.match(
      /not ready: waiting for rollout to finish: 0 of 1 .*; pod podinfo-1: FailedScheduling: 0\/1 nodes are available: Insufficient cpu \(after 60s\)/,
    );
    expect(harness.weights).to.deep.equal([]);
    expect(harness.isAtRest).to.equal(true);
  });
});

describe("the condition Promoted", () => {
  it("is Unknown from the moment a revision is progressing, and true again when it is promoted", async () => {
    const harness = await Harness.atRest();
    await harness.up("r2", { stepWeight: 25, maxWeight: 50, stepWeightPromotion: 25 });
    const told = harness.world.statuses.map(
      ({ phase, conditions }) => `${phase} ${conditions[0]?.status} ${conditions[0]?.reason}`,
    );
    const series = told.filter((line, index) => index === 0 || line !== told[index - 1]);
    expect(series).to.deep.equal([
      "Progressing Unknown Progressing",
      "WaitingPromotion Unknown WaitingPromotion",
      "Promoting Unknown Promoting",
      "Finalising Unknown Finalising",
      "Succeeded True Succeeded",
    ]);
  });

  it("tells when it last changed, not when it was last written", async () => {
    const harness = await Harness.atRest();
    await harness.up("r2", { stepWeight: 25 });
    const unknown = harness.world.statuses.filter(({ conditions }) => conditions[0]?.status === "Unknown");
    expect(new Set(unknown.map(({ conditions }) => conditions[0]?.lastTransitionTime)).size).to.equal(1);
  });
});
