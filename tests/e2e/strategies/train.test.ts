import * as k8s from "@pulumi/kubernetes";
import { expect } from "chai";
import { CanaryRelease, ReleaseTrain } from "../../../components/index.js";
import { startTraffic } from "../../../sandbox/users/index.js";
import { deployment, releaseStatus, routeWeights } from "../harness/cluster.js";
import { quickJudgement } from "../harness/scene.js";
import { hostOf, releaseArgs, TestStack } from "../harness/stacks.js";
import type { Program } from "../harness/stacks.js";

const namespace = "e2e-train";
const names = ["cart", "web"] as const;
/** One has passed seconds before the other. */
const steps = { cart: [50], web: [10, 30, 50] } as const;

function members(tag: string, failing?: string) {
  return names.map((name) => ({
    name,
    ...releaseArgs({
      name,
      namespace,
      image: `sandbox/faulty:${tag}`,
      env: failing === name ? { FAIL_PERCENT: "100" } : {},
      overrides: { analysis: { ...quickJudgement, stepWeights: [...steps[name]] } },
    }),
  }));
}

function program(make: (home: k8s.core.v1.Namespace["metadata"]["name"]) => void): Program {
  return () => {
    make(new k8s.core.v1.Namespace(namespace, { metadata: { name: namespace } }).metadata.name);
    return Promise.resolve();
  };
}

const train = (tag: string, failing?: string): Program =>
  program((home) => {
    const releases = members(tag, failing).map((each) => ({ ...each, namespace: home }));
    new ReleaseTrain("shop", { releases });
  });

/** As they were before they belonged together. */
const alone = (tag: string): Program =>
  program((home) => {
    for (const { name, ...args } of members(tag)) new CanaryRelease(name, { ...args, namespace: home });
  });

describe("a release train", () => {
  let stack: TestStack;
  before(async () => {
    stack = await TestStack.create("train");
    const update = await stack.up(alone("1.0.0"));
    expect(update.failed, update.output).to.equal(false);
  });
  after(() => stack.destroy());

  const shipped = async (next: Program) => {
    const users = names.map((name) => startTraffic({ host: hostOf(name), perSecond: 60 }));
    const update = await stack.up(next);
    return { update, tallies: await Promise.all(users.map((each) => each.stop())) };
  };

  const expectServing = async (tag: string, phase: string): Promise<void> => {
    for (const name of names) {
      expect(await routeWeights(namespace, name)).to.deep.equal({ primary: 100, canary: 0 });
      expect(await deployment(namespace, name)).to.include({ replicas: 0 });
      expect((await deployment(namespace, `${name}-primary`)).image).to.equal(`sandbox/faulty:${tag}`);
      expect(await releaseStatus(namespace, name)).to.include({ phase });
    }
  };

  it("takes releases as they are, and promotes both when both have passed", async () => {
    const { update, tallies } = await shipped(train("1.0.1"));
    expect(update.failed, update.output).to.equal(false);
    // Boarding replaced nothing.
    expect(update.changes).not.to.have.any.keys("delete", "replace", "create-replacement");
    for (const tally of tallies) expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    for (const name of names)
      expect(update.output).to.contain(`Train shop: ${name}.e2e-train and all others have passed`);
    expect(update.output).to.match(/advancement waiting: train shop waits for (web|cart)\.e2e-train/);
    await expectServing("1.0.1", "Succeeded");
  });

  it("takes the good one back with the one that fails, and says who and why", async () => {
    const { update, tallies } = await shipped(train("1.0.2", "web"));
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/train shop: web\.e2e-train is out: .*success rate [\d.]+% < 99%/);
    for (const { failed, byVersion } of tallies) expect(failed).to.equal(byVersion.get("1.0.2")?.failed ?? 0);
    expect(tallies[0]?.failed).to.equal(0);
    await expectServing("1.0.1", "Failed");
    expect(await stack.drift()).to.deep.equal({});
  });
});
