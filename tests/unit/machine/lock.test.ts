import { expect } from "chai";
import { runPreparation } from "../../../release/machine/index.js";
import { apiAway, portsOf, Process } from "../../../fakes/index.js";
import { messageOf, Theatre } from "./theatre.js";

describe("the lock of a release", () => {
  it("is given back at the end, with a fence that only rises", async () => {
    const theatre = await Theatre.atRest();
    const before = theatre.world.route?.fence ?? 0;
    await theatre.up();
    expect(theatre.world.lease?.holder).to.equal(undefined);
    expect(theatre.world.route?.fence).to.be.greaterThan(before);
    expect(theatre.status?.fence).to.equal(theatre.world.route?.fence);
  });

  it("lets a second run wait, and tells it who is at work and what to do", async () => {
    const theatre = await Theatre.atRest();
    const first = theatre.begin();
    const other = new Process("second", theatre.clock);
    const second = theatre.engine.copy();
    await theatre.clock.pass(5_000);
    const result = await theatre.clock.until(second.up(theatre.settings(), other));
    expect(messageOf(result)).to.match(
      /^podinfo\.test: another run \(.+\) is at work on this release; wait for it, or end it with: apisix-canary abort podinfo -n test$/,
    );
    expect(messageOf(await theatre.clock.until(first))).to.equal("succeeded");
  });

  it("is taken over from a run that gives no sign of life, which then can't write any more", async () => {
    const theatre = await Theatre.atRest();
    const sleeper = theatre.begin();
    theatre.whenWeightIs(20, () => theatre.process.suspend(120_000));
    await theatre.clock.pass(35_000);
    const other = new Process("second", theatre.clock);
    const outcome = await theatre.clock.until(
      runPreparation(theatre.settings("r3"), portsOf(theatre.world, other), new AbortController().signal),
    );
    expect(outcome.kind).to.equal("healed");
    const writes = theatre.world.weightWrites.length;
    expect(messageOf(await theatre.clock.until(sleeper))).to.match(/has taken (this release over|over this release)/);
    expect(theatre.world.weightWrites).to.have.length(writes);
    expect(theatre.isAtRest).to.equal(true);
  });

  it("stops a run whose Lease somebody took, and leaves the release to that one", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => {
      theatre.world.lease = { holder: "somebody", version: 1_000, transitions: 99 };
    });
    expect(messageOf(await theatre.up())).to.equal(
      "podinfo.test: another run has taken this release over; this one has stopped and changed nothing more",
    );
    expect(theatre.world.route?.weight).to.equal(20);
    expect(theatre.world.lease?.holder).to.equal("somebody");
  });

  it("stops a run that finds a newer fence on the route", async () => {
    const theatre = await Theatre.atRest();
    theatre.whenWeightIs(20, () => {
      if (theatre.world.route !== undefined) theatre.world.route.fence += 10;
    });
    expect(messageOf(await theatre.up())).to.contain("another run has taken over this release (our fencing token");
    expect(theatre.world.route?.weight).to.equal(20);
  });

  it("knows its own Lease when the answer to its take was lost", async () => {
    const theatre = await Theatre.atRest();
    const { world, clock } = theatre;
    const state = { lost: false };
    world.around = (call, perform) => {
      const answer = perform();
      if (call.name !== "lock.take" || state.lost) return Promise.resolve(answer);
      state.lost = true;
      return Promise.reject(apiAway());
    };
    const start = clock.nowMs();
    await theatre.clock.until(
      runPreparation(theatre.settings(), portsOf(world, theatre.process), new AbortController().signal),
    );
    expect(state.lost).to.equal(true);
    expect(clock.nowMs() - start).to.be.lessThan(2_000);
  });

  it("takes no absence of the API server for a sign that the holder is dead", async () => {
    const theatre = await Theatre.atRest();
    const away = { untilMs: 0 };
    theatre.before = () => {
      if (theatre.clock.nowMs() < away.untilMs) throw apiAway();
    };
    const first = theatre.begin("r2", { interval: "2m" });
    await theatre.clock.pass(8_000);
    const other = new Process("second", theatre.clock);
    const second = runPreparation(
      theatre.settings("r3"),
      portsOf(theatre.world, other),
      new AbortController().signal,
    ).then(
      () => "took it",
      (error: unknown) => String(error),
    );
    await theatre.clock.pass(4_000);
    away.untilMs = theatre.clock.nowMs() + 30_000;
    expect(await theatre.clock.until(second)).to.contain("is at work on this release");
    expect(messageOf(await theatre.clock.until(first))).to.equal("succeeded");
  });
});
