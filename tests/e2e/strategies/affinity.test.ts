import { expect } from "chai";
import { startSessions } from "../../../sandbox/users/index.js";
import type { Sessions } from "../../../sandbox/users/index.js";
import { quickJudgement, Scene } from "../harness/scene.js";
import { hostOf } from "../harness/stacks.js";

const name = "sessions";
const users = 1_500;
const newcomers = 300;
const sessionAffinity = { cookieName: "sessions-canary" };
const analysis = { ...quickJudgement, interval: "3s", stepWeights: [10, 20, 35, 50], sessionAffinity };

describe("session affinity", () => {
  let scene: Scene;
  /** The same people, with the same cookies, through all releases. */
  let sessions: Sessions;
  before(async () => {
    scene = await Scene.open(name, analysis);
    sessions = startSessions({ host: hostOf(name), perSecond: 250, users });
    await new Promise((resolve) => setTimeout(resolve, 8_000));
  });
  after(async () => {
    await sessions.stop();
    await scene.close();
  });

  it("keeps users where they are while weights rise, and gives them all the promoted revision", async () => {
    const watch = scene.watchSplits();
    const running = scene.up("1.0.1");
    const update = await running;
    const splits = (await watch.stop()).map(({ split }) => split);
    expect(update.failed, update.output).to.equal(false);
    expect(splits).to.deep.equal([
      { base: 0 },
      ...[10, 20, 35, 50].map((bucketsPercent) => ({ base: 0, bucketsPercent })),
      { base: 0 },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    const met = sessions.tally();
    expect(met.failed, met.samples.join("\n")).to.equal(0);
    expect(met.switchedBack).to.equal(0);
    expect([...met.lastVersion]).to.deep.equal([["1.0.1", users]]);
    await scene.expectAtRest("Succeeded", "1.0.1");
  });

  it("pins nobody to what is gone, in the release after it neither; newcomers keep whom they meet first", async () => {
    const before = sessions.tally().failed;
    const failing = await scene.up("1.0.2", { FAIL_PERCENT: "100" });
    expect(failing.failed, failing.output).to.equal(true);
    const byWeight = { ...analysis, sessionAffinity: { ...sessionAffinity, cookieless: "weight" as const } };
    const running = scene.up("1.0.3", {}, byWeight);
    await shareReaches(scene, 35);
    const late = startSessions({ host: hostOf(name), perSecond: 150, users: newcomers });
    const update = await running;
    const metLate = await late.stop();
    expect(update.failed, update.output).to.equal(false);
    expect(metLate.failed, metLate.samples.join("\n")).to.equal(0);
    expect(metLate.switchedBack).to.equal(0);
    // Some 35 to 50% of them.
    expect(metLate.firstVersion.get("1.0.3")).to.be.within(0.2 * newcomers, 0.65 * newcomers);
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    const met = sessions.tally();
    expect([...met.lastVersion]).to.deep.equal([["1.0.3", users]]);
    // The failing canary's own answers, and nothing after it.
    expect(met.failed - before, met.samples.join("\n")).to.be.within(1, 400);
  });
});

async function shareReaches(scene: Scene, percent: number): Promise<void> {
  for (const endMs = performance.now() + 60_000; ((await scene.split()).bucketsPercent ?? 0) < percent;) {
    expect(performance.now(), "the share is not reached").to.be.below(endMs);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
