import { expect } from "chai";
import { startSessions } from "../../../sandbox/users/index.js";
import type { Sessions } from "../../../sandbox/users/index.js";
import { quickJudgement, Scene } from "../harness/scene.js";
import { hostOf } from "../harness/stacks.js";

const name = "sessions";
const users = 1_500;

describe("session affinity", () => {
  let scene: Scene;
  /** The same people, with the same cookies, through all releases. */
  let sessions: Sessions;
  before(async () => {
    scene = await Scene.open(name, {
      ...quickJudgement,
      interval: "3s",
      stepWeights: [10, 20, 35, 50],
      sessionAffinity: { cookieName: "sessions-canary" },
    });
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

  it("pins nobody to what is gone, in the release after it neither", async () => {
    const before = sessions.tally().failed;
    const failing = await scene.up("1.0.2", { FAIL_PERCENT: "100" });
    expect(failing.failed, failing.output).to.equal(true);
    const update = await scene.up("1.0.3");
    expect(update.failed, update.output).to.equal(false);
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    const met = sessions.tally();
    expect([...met.lastVersion]).to.deep.equal([["1.0.3", users]]);
    // The failing canary's own answers, and nothing after it.
    expect(met.failed - before, met.samples.join("\n")).to.be.within(1, 400);
  });
});
