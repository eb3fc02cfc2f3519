import { expect } from "chai";
import { startTraffic } from "../../../sandbox/users/index.js";
import { quickJudgement, Scene } from "../harness/scene.js";
import { hostOf } from "../harness/stacks.js";

const name = "bluegreen";
const preview = "preview.bluegreen.example.com";

describe("blue/green", () => {
  let scene: Scene;
  before(async () => {
    const delays = { scaleDownDelay: "2s", abortScaleDownDelay: "4s" };
    scene = await Scene.open(name, { ...quickJudgement, iterations: 4, preview: { hosts: [preview] }, ...delays });
  });
  after(() => scene.close());

  it("tests the canary by its own way, then moves all users at once, and no user notices", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 100 });
    const testers = startTraffic({ host: preview, perSecond: 40 });
    const watch = scene.watchSplits();
    const update = await scene.up("1.0.1");
    const splits = await watch.stop();
    const [tally, tests] = [await users.stop(), await testers.stop()];
    expect(update.failed, update.output).to.equal(false);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(tests.failed, tests.samples.join("\n")).to.equal(0);
    expect(splits.map(({ split }) => split)).to.deep.equal([
      { base: 0 },
      { base: 0, preview: 100 },
      { base: 100 },
      { base: 0 },
    ]);
    expect(update.output).to.match(/Keeping the old revision of \S+ in its primary for 2s before the promotion/);
    await scene.expectAtRest("Succeeded", "1.0.1");
  });

  it("takes a canary that fails its tests back before any user has it", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 100 });
    const testers = startTraffic({ host: preview, perSecond: 40 });
    const update = await scene.up("1.0.2", { FAIL_PERCENT: "100" });
    const [tally, tests] = [await users.stop(), await testers.stop()];
    expect(update.failed, update.output).to.equal(true);
    expect(update.output).to.match(/success rate [\d.]+% < 99%/);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(tally.byVersion.get("1.0.2")).to.equal(undefined);
    expect(tests.byVersion.get("1.0.2")?.failed).to.be.greaterThan(0);
    expect(update.output)
      .to.match(/Canary failed! Scaling down \S+ in 4s/)
      .and.to.match(/the canary's pods stay until \S+Z/);
    expect(update.output).to.contain("its pods have stayed long enough after the rollback");
    await scene.expectAtRest("Failed", "1.0.1");
  });

  it("takes a canary back that only users make fail, in one move", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 100 });
    const testers = startTraffic({ host: preview, perSecond: 40, path: "/api/other" });
    const update = await scene.up("1.0.3", { FAIL_PATH: "/api/info" });
    const [tally] = [await users.stop(), await testers.stop()];
    expect(update.failed, update.output).to.equal(true);
    expect(tally.byVersion.get("1.0.3")?.failed).to.be.greaterThan(0);
    expect(tally.failed, tally.samples.join("\n")).to.equal(tally.byVersion.get("1.0.3")?.failed);
    await scene.expectAtRest("Failed", "1.0.1");
  });
});
