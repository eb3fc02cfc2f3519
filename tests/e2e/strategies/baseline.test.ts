import { expect } from "chai";
import { startTraffic } from "../../../sandbox/users/index.js";
import { at, custom, deployment } from "../harness/cluster.js";
import { quickJudgement, Scene } from "../harness/scene.js";
import { hostOf } from "../harness/stacks.js";

const name = "fresh";

describe("a baseline", () => {
  let scene: Scene;
  before(async () => {
    scene = await Scene.open(name, { ...quickJudgement, stepWeights: [20, 50], baseline: true }, { replicas: 2 });
  });
  after(() => scene.close());

  const pods = async (): Promise<number> => (await deployment(`e2e-${name}`, `${name}-baseline`)).replicas;

  const object = (): Promise<unknown> =>
    custom.getNamespacedCustomObject({
      group: "apisix-canary.io",
      version: "v1",
      namespace: `e2e-${name}`,
      plural: "canaryreleases",
      name,
    });

  /** The most pods that it has, and whether the status tells of them. */
  function watchPods(): { stop(): Promise<{ readonly most: number; readonly told: boolean }> } {
    const state = { running: true, most: 0, told: false };
    const loop = (async () => {
      while (state.running) {
        state.most = Math.max(state.most, await pods().catch(() => 0));
        state.told ||= at(await object().catch(() => undefined), "status", "baseline", "replicas") === 2;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    })();
    return {
      stop: async () => {
        state.running = false;
        await loop;
        return state;
      },
    };
  }

  it("serves users beside the primary while a healthy revision is compared with it, and nobody notices", async () => {
    expect(await pods()).to.equal(0);
    const users = startTraffic({ host: hostOf(name), perSecond: 200 });
    const watch = watchPods();
    const update = await scene.up("1.0.1");
    const { most, told } = await watch.stop();
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(false);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect({ most, told }).to.deep.equal({ most: 2, told: true });
    expect(update.output).to.match(/Scaling up fresh-baseline\.e2e-fresh: 2 pods of revision/);
    expect(await pods()).to.equal(0);
    await scene.expectAtRest("Succeeded", "1.0.1");
  });

  it("is what a failing revision is measured beside; both are taken away, and only the canary's requests fail", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 200 });
    const update = await scene.up("1.0.2", { FAIL_PERCENT: "100" });
    const tally = await users.stop();
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/success rate [\d.]+% < 99% \(canary: .*, baseline: 0 of \d+ requests failed/);
    expect(tally.failed, tally.samples.join("\n")).to.equal(tally.byVersion.get("1.0.2")?.failed ?? 0);
    expect(await pods()).to.equal(0);
    await scene.expectAtRest("Failed", "1.0.1");
  });
});
