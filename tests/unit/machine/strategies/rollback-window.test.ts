import { expect } from "chai";
import { healthy } from "../../../../fakes/index.js";
import { isWithinWindow, remembered } from "../../../../release/strategy/index.js";
import { Harness, messageOf } from "../harness.js";

const rollbackWindow = { revisions: 2 };

async function promoted(harness: Harness, revisions: readonly string[]): Promise<void> {
  for (const revision of revisions)
    expect(messageOf(await harness.up(revision, { rollbackWindow, stepWeight: 25 }))).to.equal("succeeded");
  harness.world.weightWrites.length = 0;
}

describe("the rollback window", () => {
  it("skips the steps of a way back, not the readiness and the watch", async () => {
    const harness = await Harness.atRest();
    await promoted(harness, ["r2"]);
    expect(messageOf(await harness.up("r1", { rollbackWindow, stepWeight: 25 }))).to.equal("succeeded");
    expect(harness.weights).to.deep.equal([50, 0]);
    expect(harness.world.messages.at(-1)).to.not.contain("skipped");
    expect(harness.world.messages.join()).to.contain("revision r1 served all users within the rollback window");
    expect(harness.status?.promotedRevision).to.equal("r1");
    expect(harness.status?.formers?.map(({ revision }) => revision)).to.deep.equal(["r1", "r2"]);
  });

  it("takes back what fails on the way back too", async () => {
    const harness = await Harness.atRest();
    await promoted(harness, ["r2"]);
    harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.5 } };
    expect(messageOf(await harness.up("r1", { rollbackWindow, stepWeight: 25 }))).to.contain("success rate");
    expect(harness.weights).to.deep.equal([50, 0]);
    expect(harness.isAtRest).to.equal(true);
  });

  it("is of revisions that served all users: a new one, and one that was long ago, walk every step", async () => {
    const harness = await Harness.atRest();
    await promoted(harness, ["r2", "r3", "r4"]);
    expect(messageOf(await harness.up("r1", { rollbackWindow, stepWeight: 25 }))).to.equal("succeeded");
    expect(harness.weights).to.deep.equal([25, 50, 0]);
    harness.world.weightWrites.length = 0;
    expect(messageOf(await harness.up("r5", { rollbackWindow, stepWeight: 25 }))).to.equal("succeeded");
    expect(harness.weights).to.deep.equal([25, 50, 0]);
  });

  it("counts promotions, or time", () => {
    const at = (minutes: number) => new Date(minutes * 60_000).toISOString();
    const formers = ["a", "b", "c"].reduce<ReturnType<typeof remembered>>(
      (all, revision, index) => remembered(all, { revision, at: at(index * 10) }),
      [],
    );
    const within = (window: Parameters<typeof isWithinWindow>[0], revision: string) =>
      isWithinWindow(window, formers, revision, 25 * 60_000);
    expect(within({ revisions: 1 }, "b")).to.equal(true);
    expect(within({ revisions: 1 }, "a")).to.equal(false);
    expect(within({ time: 15 * 60 }, "b")).to.equal(true);
    expect(within({ time: 15 * 60 }, "a")).to.equal(false);
    expect(within({ revisions: 9 }, "c")).to.equal(false);
    expect(within({ revisions: 9 }, "new")).to.equal(false);
  });
});
