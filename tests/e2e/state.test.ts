import { expect } from "chai";
import { at, core, custom, deployment, eventually, releaseStatus } from "./harness/cluster.js";
import { hostOf, quickAnalysis, releaseProgram, TestStack } from "./harness/stacks.js";
import { startTraffic } from "../../sandbox/users/index.js";

const namespace = "e2e-state";
const name = "state";

describe("the state file and the cluster", () => {
  it("promotes nothing unjudged when the state is lost", async () => {
    const stack = await TestStack.create("state");
    const first = await stack.up(releaseProgram(namespace, [{ name, namespace, image: "sandbox/faulty:1.0.0" }]));
    expect(first.failed, first.output).to.equal(false);
    const blank = await TestStack.create("state-lost");
    const users = startTraffic({ host: hostOf(name), perSecond: 20 });
    const update = await blank.up(releaseProgram(namespace, [{ name, namespace, image: "sandbox/faulty:1.0.1" }]));
    const tally = await users.stop();
    expect(update.failed).to.equal(true);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect((await deployment(namespace, `${name}-primary`)).image).to.equal("sandbox/faulty:1.0.0");
    expect(await releaseStatus(namespace, name)).to.include({ phase: "Initialized" });
    await stack.destroy();
  });

  it("destroy leaves nothing behind", async () => {
    const stack = await TestStack.create("destroy");
    const home = "e2e-destroy";
    const made = await stack.up(releaseProgram(home, [{ name, namespace: home, image: "sandbox/faulty:1.0.0" }]));
    expect(made.failed, made.output).to.equal(false);
    await stack.destroy();
    await eventually("the namespace is gone", 20, async () => {
      const found: unknown = await core.readNamespace({ name: home }).catch(() => "gone");
      return found === "gone";
    });
    const left: unknown = await custom.listClusterCustomObject({
      group: "apisix-canary.io",
      version: "v1",
      plural: "canaryreleases",
    });
    const items = at(left, "items");
    const names = (Array.isArray(items) ? items : []).map((item) => at(item, "metadata", "namespace"));
    expect(names).not.to.include(home);
  });

  it("refuses wrong settings in preview, by property, and changes nothing", async () => {
    const stack = await TestStack.create("wrong");
    const home = "e2e-wrong";
    const overrides = { analysis: { ...quickAnalysis, stepWeight: 140 } };
    const wrong = releaseProgram(home, [{ name, namespace: home, image: "sandbox/faulty:1.0.0", overrides }]);
    const message = await stack.preview(wrong).then(
      () => "no error",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    expect(message).to.contain("analysis.stepWeight: must be 1 to 100");
    expect(message).not.to.match(/\bat .*\.js:\d+/);
    const found: unknown = await core.readNamespace({ name: home }).catch(() => "gone");
    expect(found).to.equal("gone");
  });
});
