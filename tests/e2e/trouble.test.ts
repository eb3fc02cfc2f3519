import { expect } from "chai";
import { apps, custom, deployment, eventually, releaseStatus, routeWeights } from "./harness/cluster.js";
import { hostOf, releaseProgram, TestStack } from "./harness/stacks.js";
import type { Behaviour, Program } from "./harness/stacks.js";
import { startTraffic } from "../../sandbox/users/index.js";

const namespace = "e2e-trouble";
const name = "trouble";
const atRest = { primary: 100, canary: 0 };

function program(image: string, env: Behaviour = {}): Program {
  return releaseProgram(namespace, [{ name, namespace, image, env }]);
}

describe("trouble with a revision", () => {
  let stack: TestStack;
  before(async () => {
    stack = await TestStack.create("trouble");
    const update = await stack.up(program("sandbox/faulty:1.0.0"));
    expect(update.failed, update.output).to.equal(false);
  });
  after(() => stack.destroy());

  afterEach("the primary is what it was, and has all traffic", async () => {
    expect(await routeWeights(namespace, name)).to.deep.equal(atRest);
    expect(await deployment(namespace, name)).to.include({ replicas: 0 });
    expect((await deployment(namespace, `${name}-primary`)).image).to.equal("sandbox/faulty:1.0.0");
  });

  it("ends soon and by name when the image does not exist", async () => {
    const update = await stack.up(program("sandbox/no-such-image:1"));
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/image/i);
    expect(await releaseStatus(namespace, name)).to.include({ phase: "Failed" });
  });

  it("ends at the progress deadline when the canary never gets ready", async () => {
    const update = await stack.up(program("sandbox/faulty:1.0.1", { NEVER_READY: "1" }));
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/not ready/);
  });

  it("never promotes without traffic", async () => {
    const quiet: Program = releaseProgram(namespace, [
      {
        name,
        namespace,
        image: "sandbox/faulty:1.0.2",
        overrides: { analysis: { interval: "1s", stepWeight: 50, maxWeight: 50, threshold: 3, inconclusiveLimit: 4 } },
      },
    ]);
    const update = await stack.up(quiet);
    expect(update.failed, update.output).to.equal(true);
    expect(update.output).to.match(/probably .* is not receiving traffic/);
  });

  it("never promotes a template that somebody edited during the analysis", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 40 });
    const running = stack.up(program("sandbox/faulty:1.0.3"));
    await eventually("the canary has traffic", 30, async () => (await routeWeights(namespace, name)).canary !== 0);
    const patch = [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "sandbox/faulty:6.6.6" }];
    await apps.patchNamespacedDeployment({ namespace, name, body: patch });
    const update = await running;
    await users.stop();
    expect(update.failed, update.output).to.equal(true);
    expect(update.output).to.match(/changed|edited/);
  });

  it("ends within seconds when a person asks for it", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 40 });
    const running = stack.up(program("sandbox/faulty:1.0.4"));
    await eventually("the canary has traffic", 30, async () => (await routeWeights(namespace, name)).canary !== 0);
    await custom.patchNamespacedCustomObject({
      group: "apisix-canary.io",
      version: "v1",
      namespace,
      plural: "canaryreleases",
      name,
      body: [{ op: "add", path: "/metadata/annotations", value: { "apisix-canary.io/abort": "not today" } }],
    });
    const update = await running;
    const tally = await users.stop();
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/abort/);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
  });
});
