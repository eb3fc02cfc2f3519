import { expect } from "chai";
import { setTimeout as pause } from "node:timers/promises";
import type { CanaryReleaseArgs } from "../../../components/index.js";
import { percentileMs, startTraffic } from "../../../sandbox/users/index.js";
import { eventually } from "../harness/cluster.js";
import { quickJudgement, Scene } from "../harness/scene.js";
import { hostOf } from "../harness/stacks.js";

function mirrored(percent: number): CanaryReleaseArgs["analysis"] {
  return { ...quickJudgement, iterations: 6, mirror: { percent } };
}

describe("mirroring a tenth of the requests", () => {
  const name = "mirrored";
  let scene: Scene;
  /** A release at rest. */
  let control: Scene;
  before(async () => {
    [scene, control] = await Promise.all([
      Scene.open(name, mirrored(10)),
      Scene.open("unmirrored", { ...quickJudgement, stepWeight: 50 }),
    ]);
  });
  after(() => Promise.all([scene.close(), control.close()]));

  it("judges a healthy canary by copies, then moves all users, and no user notices", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 150 });
    const watch = scene.watchSplits();
    const update = await scene.up("1.0.1");
    const splits = (await watch.stop()).map(({ split }) => split);
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(false);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(splits).to.deep.equal([{ base: 0 }, { base: 0, mirrorPercent: 10 }, { base: 100 }, { base: 0 }]);
    await scene.expectAtRest("Succeeded", "1.0.1");
  });

  it("takes a failing canary back, of which no user had anything", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 150 });
    const update = await scene.up("1.0.2", { FAIL_PERCENT: "50" });
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(true);
    expect(update.output).to.match(/success rate [\d.]+% < 99%/);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect([...tally.byVersion.keys()]).to.deep.equal(["1.0.1"]);
    await scene.expectAtRest("Failed", "1.0.1");
  });

  it("leaves users as fast as others are at the same time while the canary is two seconds slow", async () => {
    const all = startTraffic({ host: hostOf(name), perSecond: 50 });
    const running = scene.up("1.0.3", { SLOW_PERCENT: "100", SLOW_MS: "2000" });
    const copied = async (): Promise<number> => (await scene.split()).mirrorPercent ?? 0;
    await eventually("copies are made", 200, async () => (await copied()) === 10);
    // The same machine, gateway and application: all that differs is the mirror.
    const [copying, others] = [hostOf(name), hostOf(control.name)].map((host) => startTraffic({ host, perSecond: 75 }));
    await eventually("it is over", 60, async () => (await copied()) === 0);
    const [met, usual] = await Promise.all([copying?.stop(), others?.stop()]);
    const update = await running;
    const tally = await all.stop();
    expect(update.failed, update.output).to.equal(true);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(met?.failed).to.equal(0);
    const [half, usualHalf] = [met, usual].map((each) => percentileMs(each ?? { tookMs: [] }, 50));
    expect(usual?.total).to.be.greaterThan(100);
    expect(half, `others ${usualHalf} ms`).to.be.at.most((usualHalf ?? 0) * 1.5);
    expect([...tally.byVersion.keys()]).to.have.length(1);
    const [before = ""] = tally.byVersion.keys();
    await scene.expectAtRest("Failed", before);
  });
});

describe("mirroring every request", () => {
  const name = "shadow";
  let scene: Scene;
  before(async () => (scene = await Scene.open(name, mirrored(100))));
  after(() => scene.close());

  it("is over within ten seconds when it makes users wait", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 60 });
    await pause(10_000);
    const watch = scene.watchSplits();
    const update = await scene.up("1.0.1", { SLOW_PERCENT: "100", SLOW_MS: "2000" });
    const splits = await watch.stop();
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(true);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    const begun = splits.findIndex(({ split }) => split.mirrorPercent === 100);
    const seconds = ((splits[begun + 1]?.atMs ?? Infinity) - (splits[begun]?.atMs ?? 0)) / 1000;
    expect(seconds).to.be.lessThan(10);
    await scene.expectAtRest("Failed", "1.0.0");
  });
});
