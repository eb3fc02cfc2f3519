import { expect } from "chai";
import { startTraffic } from "../../../sandbox/users/index.js";
import { apps } from "../harness/cluster.js";
import { quickJudgement, Scene } from "../harness/scene.js";
import { hostOf } from "../harness/stacks.js";

const name = "window";

describe("the rollback window, and metadata by role", () => {
  let scene: Scene;
  before(async () => {
    const analysis = { ...quickJudgement, stepWeights: [10, 50], rollbackWindow: { revisions: 1 } };
    scene = await Scene.open(name, analysis, {
      canaryMetadata: { labels: { stage: "trial" } },
      primaryMetadata: { annotations: { "example.com/tier": "stable" } },
    });
  });
  after(() => scene.close());

  const shares = async (version: string): Promise<readonly number[]> => {
    const users = startTraffic({ host: hostOf(name), perSecond: 200 });
    const watch = scene.watchSplits();
    const update = await scene.up(version);
    const splits = await watch.stop();
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(false);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    await scene.expectAtRest("Succeeded", version);
    return splits.map(({ split }) => split.base);
  };

  it("a new revision walks every step; the way back to the one before it is one, and no user notices either", async () => {
    expect(await shares("1.0.1")).to.deep.equal([0, 10, 50, 0]);
    expect(await shares("1.0.0")).to.deep.equal([0, 50, 0]);
  });

  it("pods have what is their role's, and nothing of the other's", async () => {
    const template = async (role: string) => {
      const { spec } = await apps.readNamespacedDeployment({ namespace: scene.namespace, name: `${name}${role}` });
      return spec?.template.metadata;
    };
    const [canary, primary] = [await template(""), await template("-primary")];
    expect(canary?.labels).to.include({ stage: "trial" });
    expect(canary?.annotations).not.to.have.property("example.com/tier");
    expect(primary?.labels).not.to.have.property("stage");
    expect(primary?.annotations).to.include({ "example.com/tier": "stable" });
  });
});
