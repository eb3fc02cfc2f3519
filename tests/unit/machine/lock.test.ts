import { expect } from "chai";
import { runPreparation } from "../../../release/machine/index.js";
import { apiAway, portsOf, Process } from "../../../fakes/index.js";
import { messageOf, Harness } from "./harness.js";

describe("the lock of a release", () => {
  it("is given back at the end, with a fence that only rises", async () => {
    const harness = await Harness.atRest();
    const before = harness.world.route?.fence ?? 0;
    await harness.up();
    expect(harness.world.lease?.holder).to.equal(undefined);
    expect(harness.world.route?.fence).to.be.greaterThan(before);
    expect(harness.status?.fence).to.equal(harness.world.route?.fence);
  });

  it("lets a second run wait, and tells it who is at work and what to do", async () => {
    const harness = await Harness.atRest();
    const first = harness.begin();
    const other = new Process("second", harness.clock);
    const second = harness.engine.copy();
    await harness.clock.pass(5_000);
    const result = await harness.clock.until(second.up(harness.settings(), other));
    expect(messageOf(result)).to.match(
      /^podinfo\.test: another run \(.+\) is at work on this release; wait for it, or end it with: apisix-canary abort podinfo -n test$/,
    );
    expect(messageOf(await harness.clock.until(first))).to.equal("succeeded");
  });

  it("is taken over from a run that gives no sign of life, which then can't write any more", async () => {
    const harness = await Harness.atRest();
    const sleeper = harness.begin();
    harness.whenWeightIs(20, () => harness.process.suspend(120_000));
    await harness.clock.pass(35_000);
    const other = new Process("second", harness.clock);
    const outcome = await harness.clock.until(
      runPreparation(harness.settings("r3"), portsOf(harness.world, other), new AbortController().signal),
    );
    expect(outcome.kind).to.equal("healed");
    const writes = harness.world.weightWrites.length;
    expect(messageOf(await harness.clock.until(sleeper))).to.match(/has taken (this release over|over this release)/);
    expect(harness.world.weightWrites).to.have.length(writes);
    expect(harness.isAtRest).to.equal(true);
  });

  it("stops a run whose Lease somebody took, and leaves the release to that one", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      harness.world.lease = { holder: "somebody", version: 1_000, transitions: 99 };
    });
    expect(messageOf(await harness.up())).to.equal(
      "podinfo.test: another run has taken this release over; this one has stopped and changed nothing more",
    );
    expect(harness.world.route?.weight).to.equal(20);
    expect(harness.world.lease?.holder).to.equal("somebody");
  });

  it("stops a run that finds a newer fence on the route", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      if (harness.world.route !== undefined) harness.world.route.fence += 10;
    });
    expect(messageOf(await harness.up())).to.contain("another run has taken over this release (our fencing token");
    expect(harness.world.route?.weight).to.equal(20);
  });

  it("knows its own Lease when the answer to its take was lost", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    const state = { lost: false };
    world.around = (call, perform) => {
      const answer = perform();
      if (call.name !== "lock.take" || state.lost) return Promise.resolve(answer);
      state.lost = true;
      return Promise.reject(apiAway());
    };
    const start = clock.nowMs();
    await harness.clock.until(
      runPreparation(harness.settings(), portsOf(world, harness.process), new AbortController().signal),
    );
    expect(state.lost).to.equal(true);
    expect(clock.nowMs() - start).to.be.lessThan(2_000);
  });

  it("takes no absence of the API server for a sign that the holder is dead", async () => {
    const harness = await Harness.atRest();
    const away = { untilMs: 0 };
    harness.before = () => {
      if (harness.clock.nowMs() < away.untilMs) throw apiAway();
    };
    const first = harness.begin("r2", { interval: "2m" });
    await harness.clock.pass(8_000);
    const other = new Process("second", harness.clock);
    const second = runPreparation(
      harness.settings("r3"),
      portsOf(harness.world, other),
      new AbortController().signal,
    ).then(
      () => "took it",
      (error: unknown) => String(error),
    );
    await harness.clock.pass(4_000);
    away.untilMs = harness.clock.nowMs() + 30_000;
    expect(await harness.clock.until(second)).to.contain("is at work on this release");
    expect(messageOf(await harness.clock.until(first))).to.equal("succeeded");
  });
});
