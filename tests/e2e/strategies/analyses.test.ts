import { expect } from "chai";
import { startTraffic } from "../../../sandbox/users/index.js";
import { quickJudgement, Scene } from "../harness/scene.js";
import { hostOf } from "../harness/stacks.js";

const name = "analyses";
const success = [{ name: "request-success-rate" as const, thresholdRange: { min: 99 }, interval: "10s" }];
const duration = [{ name: "request-duration" as const, thresholdRange: { max: 200 }, interval: "10s" }];

describe("analyses of their own", () => {
  let scene: Scene;
  before(async () => {
    scene = await Scene.open(name, {
      ...quickJudgement,
      stepWeights: [50],
      background: [{ name: "success", metrics: success }],
      prePromotion: { metrics: success, iterations: 2 },
      postPromotion: { metrics: duration, iterations: 2 },
    });
  });
  after(() => scene.close());

  it("fail an update whose promoted primary breaks what is asked of it; the earlier revision is the way back", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 100 });
    // Too slow for the analysis after the promotion, and for no other.
    const slow = await scene.up("1.0.1", { SLOW_PERCENT: "100", SLOW_MS: "300" });
    expect(slow.failed, slow.output).to.equal(true);
    for (const line of [
      /Starting background analysis success of analyses/,
      /Starting pre-promotion analysis of analyses/,
      /Starting post-promotion analysis of analyses/,
      /post-promotion analysis: .*no earlier revision is left to return to/,
    ])
      expect(slow.output).to.match(line);
    await scene.expectAtRest("Failed", "1.0.1");
    const back = await scene.up("1.0.0");
    expect(back.failed, back.output).to.equal(false);
    expect(back.output).to.match(/post-promotion analysis passed/);
    await scene.expectAtRest("Succeeded", "1.0.0");
    const tally = await users.stop();
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
  });
});
