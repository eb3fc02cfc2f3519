import { expect } from "chai";
import { runAnalysis, runPreparation, runPromotion, rollBackHandover } from "../../../release/machine/index.js";
import type { WrittenReport } from "../../../release/report/index.js";
import { settingsFor, VirtualClock, World } from "../../../fakes/index.js";
import { portsReporting } from "./recorded-run.js";

const noSignal = new AbortController().signal;

/** A world in which r1 serves and r2 is asked for. */
async function ready() {
  const world = new World(new VirtualClock());
  const stored: WrittenReport[] = [];
  const settings = settingsFor("r2");
  const ports = (of = settings) => portsReporting(world, of, async (report) => void stored.push(report));
  world.applyPrimary("r1");
  await world.clock.until(runPromotion(settingsFor("r1"), ports(settingsFor("r1")), noSignal));
  world.applyCanary("r2");
  return { world, stored, settings, ports };
}

describe("which runs store a report", () => {
  it("not one that had nothing to judge", async () => {
    const { world, stored, settings, ports } = await ready();
    const before = settingsFor("r1");
    expect(await world.clock.until(runAnalysis(before, ports(before), noSignal))).to.deep.equal({
      kind: "alreadyPromoted",
    });
    expect(await world.clock.until(runPreparation(settings, ports(), noSignal))).to.deep.equal({ kind: "nothingToDo" });
    expect(stored).to.be.empty;
  });

  it("not one that finds another at work", async () => {
    const { world, stored, settings, ports } = await ready();
    const beat = (): void => {
      world.lease = { holder: "another", version: (world.lease?.version ?? 0) + 1, transitions: 1 };
      world.clock.at(1_000, beat);
    };
    beat();
    const error = await world.clock.until(runAnalysis(settings, ports(), noSignal).catch((reason: unknown) => reason));
    expect(error).to.be.instanceOf(Error).with.property("message").that.contains("is at work on this release");
    expect(stored).to.be.empty;
  });

  it("not one that another has taken over", async () => {
    const { world, stored, settings, ports } = await ready();
    world.clock.at(15_000, () => (world.lease = { holder: "another", version: 1_000, transitions: 9 }));
    const error = await world.clock.until(runAnalysis(settings, ports(), noSignal).catch((reason: unknown) => reason));
    expect(error).to.be.instanceOf(Error).with.property("name", "LostLock");
    expect(stored).to.be.empty;
  });

  it("one that passed, and again when its promotion never came", async () => {
    const { world, stored, settings, ports } = await ready();
    const own = ports();
    expect(await world.clock.until(runAnalysis(settings, own, noSignal))).to.deep.equal({ kind: "passed" });
    await world.clock.until(rollBackHandover(settings, own, "the promotion never came", "full", noSignal));
    expect(stored.map(({ outcome }) => outcome)).to.deep.equal(["passed", "failed"]);
    expect(stored[1]?.reason).to.equal("the promotion never came");
    expect(stored[1]?.ticks).to.have.length(stored[0]?.ticks.length ?? -1);
  });

  it("one that is interrupted, after its traffic is back", async () => {
    const { world, settings } = await ready();
    const weights: number[] = [];
    const reporting = portsReporting(world, settings, async () => void weights.push(world.route?.weight ?? -1));
    const stop = new AbortController();
    world.clock.at(15_000, () => stop.abort(new Error("the engine sent SIGINT")));
    await world.clock.until(runAnalysis(settings, reporting, stop.signal).catch(() => undefined));
    expect(Math.max(...world.weightWrites.map(({ weight }) => weight))).to.be.greaterThan(0);
    expect(weights).to.deep.equal([0]);
  });
});
