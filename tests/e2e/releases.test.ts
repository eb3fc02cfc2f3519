import { expect } from "chai";
import { deployment, releaseStatus, routeWeights } from "./harness/cluster.js";
import { hostOf, releaseProgram, TestStack } from "./harness/stacks.js";
import type { Behaviour, Program } from "./harness/stacks.js";
import { startTraffic } from "../../sandbox/users/index.js";

const namespace = "e2e-releases";
const name = "releases";
const atRest = { primary: 100, canary: 0 };

function program(tag: string, env: Behaviour = {}): Program {
  return releaseProgram(namespace, [{ name, namespace, image: `sandbox/faulty:${tag}`, env }]);
}

describe("releases one after the other", () => {
  let stack: TestStack;
  before(async () => (stack = await TestStack.create("releases")));
  after(() => stack.destroy());

  it("initializes the first revision without an analysis", async () => {
    const update = await stack.up(program("1.0.0"));
    expect(update.failed, update.output).to.equal(false);
    expect(update.output).to.contain(`Initialization done! ${name}.${namespace}`);
    expect(await releaseStatus(namespace, name)).to.include({ phase: "Initialized", canaryWeight: 0 });
    expect(await routeWeights(namespace, name)).to.deep.equal(atRest);
  });

  it("promotes a healthy revision and no user notices", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 60 });
    const update = await stack.up(program("1.0.1"));
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(false);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(update.output).to.contain(`Advance ${name}.${namespace} canary weight 10`);
    expect(update.output).to.contain(`Advance ${name}.${namespace} canary weight 50`);
    expect(update.output).to.contain(`Promotion completed! Scaling down ${name}.${namespace}`);
    expect(await releaseStatus(namespace, name)).to.include({ phase: "Succeeded", canaryWeight: 0 });
    expect(await routeWeights(namespace, name)).to.deep.equal(atRest);
    expect(await deployment(namespace, name)).to.include({ replicas: 0 });
    expect((await deployment(namespace, `${name}-primary`)).image).to.equal("sandbox/faulty:1.0.1");
  });

  it("does nothing on a second update with the same program", async () => {
    const update = await stack.up(program("1.0.1"));
    expect(update.failed, update.output).to.equal(false);
    expect(Object.keys(update.changes)).to.deep.equal(["same"]);
  });

  it("shows no drift after the success", async () => {
    expect(await stack.drift()).to.deep.equal({});
  });

  it("rolls a failing revision back, fails the update with the figures, and the primary answers everybody else", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 60 });
    const update = await stack.up(program("1.0.2", { FAIL_PERCENT: "100" }));
    const tally = await users.stop();
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/success rate [\d.]+% < 99%/);
    expect(tally.byVersion.get("1.0.1")?.failed).to.equal(0);
    const canaryFailures = tally.byVersion.get("1.0.2")?.failed ?? 0;
    expect(tally.failed, tally.samples.join("\n")).to.equal(canaryFailures);
    expect(await releaseStatus(namespace, name)).to.include({ phase: "Failed", canaryWeight: 0 });
    expect(await routeWeights(namespace, name)).to.deep.equal(atRest);
    expect(await deployment(namespace, name)).to.include({ replicas: 0 });
    expect((await deployment(namespace, `${name}-primary`)).image).to.equal("sandbox/faulty:1.0.1");
  });

  it("shows no drift after the rollback", async () => {
    expect(await stack.drift()).to.deep.equal({});
  });

  it("going back to the old program touches neither users nor the primary", async () => {
    const before = await deployment(namespace, `${name}-primary`);
    const users = startTraffic({ host: hostOf(name), perSecond: 60 });
    const update = await stack.up(program("1.0.1"));
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(false);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(update.output).not.to.contain("Advance");
    expect((await deployment(namespace, `${name}-primary`)).generation).to.equal(before.generation);
  });

  it("rolls a slow revision back", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 60 });
    const update = await stack.up(program("1.0.3", { SLOW_PERCENT: "100", SLOW_MS: "1000" }));
    await users.stop();
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/request duration [\d.]+m?s > 500ms/);
    expect(await routeWeights(namespace, name)).to.deep.equal(atRest);
  });

  it("promotes the next healthy revision after the failures", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 60, keepAlive: false });
    const update = await stack.up(program("1.0.4"));
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(false);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(await releaseStatus(namespace, name)).to.include({ phase: "Succeeded" });
  });

  it("starts no analysis when only an interval changes", async () => {
    const changed = releaseProgram(namespace, [
      {
        name,
        namespace,
        image: "sandbox/faulty:1.0.4",
        overrides: { analysis: { interval: "7s", stepWeight: 25, maxWeight: 50, threshold: 2 } },
      },
    ]);
    const update = await stack.up(changed);
    expect(update.failed, update.output).to.equal(false);
    expect(update.output).not.to.contain("New revision detected");
    expect(update.seconds).to.be.lessThan(20);
  });
});
