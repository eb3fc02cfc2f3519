import { expect } from "chai";
import { startTraffic } from "../../../sandbox/users/index.js";
import { quickJudgement, Scene } from "../harness/scene.js";
import { hostOf } from "../harness/stacks.js";

const name = "steps";

describe("steps one by one", () => {
  let scene: Scene;
  before(async () => {
    scene = await Scene.open(name, {
      ...quickJudgement,
      steps: [
        { weight: 0.5, for: "4s" },
        {
          weight: 10,
          for: "2s",
          replicas: 2,
          metrics: [{ name: "request-success-rate", thresholdRange: { min: 95 }, interval: "10s" }],
        },
        { pause: "2s" },
        { weight: 50 },
      ],
      stepWeightPromotion: 25,
    });
  });
  after(() => scene.close());

  it("bring a healthy revision to everybody, and no user notices", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 200 });
    const watch = scene.watchSplits();
    const update = await scene.up("1.0.1");
    const splits = await watch.stop();
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(false);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(splits.map(({ split }) => split.base)).to.deep.equal([0, 0.5, 10, 50, 25, 0]);
    expect(update.output).to.match(/canary weight 0\.5/);
    expect(update.output).to.match(/Pausing .* at canary weight 10 for 2s/);
    await scene.expectAtRest("Succeeded", "1.0.1");
  });

  it("take a failing revision back in the first one, and only its own requests fail", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 200 });
    const update = await scene.up("1.0.2", { FAIL_PERCENT: "100" });
    const tally = await users.stop();
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/success rate [\d.]+% < 99%/);
    expect(tally.failed, tally.samples.join("\n")).to.equal(tally.byVersion.get("1.0.2")?.failed ?? 0);
    expect(tally.failed).to.be.lessThan(60);
    await scene.expectAtRest("Failed", "1.0.1");
  });
});
