import { expect } from "chai";
import { core, deployment, releaseStatus, routeWeights, tokenKubeconfig } from "./harness/cluster.js";
import { hostOf, releaseProgram, TestStack } from "./harness/stacks.js";
import type { Program, TestRelease } from "./harness/stacks.js";
import { startTraffic } from "../../sandbox/users/index.js";

const namespace = "e2e-refusals";
const name = "refusals";

function program(tag: string, overrides: TestRelease["overrides"] = {}): Program {
  return releaseProgram(namespace, [{ name, namespace, image: `sandbox/faulty:${tag}`, overrides }]);
}

/** One line for people: no stack, no file of ours. */
function expectReadable(output: string): void {
  expect(output).not.to.match(/\bat .*\.[jt]s:\d+/);
  expect(output).not.to.contain("UnhandledPromiseRejection");
}

describe("what stops a release before it starts", () => {
  let stack: TestStack;
  before(async () => {
    stack = await TestStack.create("refusals");
    const update = await stack.up(program("1.0.0"));
    expect(update.failed, update.output).to.equal(false);
  });
  after(() => stack.destroy());

  afterEach("nothing was changed for users", async () => {
    expect(await routeWeights(namespace, name)).to.deep.equal({ primary: 100, canary: 0 });
    expect(await deployment(namespace, name)).to.include({ replicas: 0 });
    expect((await deployment(namespace, `${name}-primary`)).image).to.equal("sandbox/faulty:1.0.0");
  });

  it("a runtime without permissions: the error names the verb and the kind", async () => {
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: "nobody" } } });
    const kubeconfig = await tokenKubeconfig(namespace, "nobody");
    const update = await stack.up(program("1.0.1", { kubeconfig }));
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/not allowed to get leases\.coordination\.k8s\.io/);
    expectReadable(update.output);
    expect(update.output).not.to.contain(kubeconfig.slice(-60, -20));
  });

  it("a Prometheus that does not answer: no canary is started on blind faith", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 20 });
    const update = await stack.up(program("1.0.2", { prometheusUrl: "http://no-prometheus.apisix:9090" }));
    const tally = await users.stop();
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/prometheusUrl/);
    expect(update.output).not.to.contain("Scaling up");
    expectReadable(update.output);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(await releaseStatus(namespace, name)).to.include({ phase: "Initialized" });
  });

  it("a kubeconfig whose cluster can't be reached", async () => {
    const nowhere = { name: "nowhere", cluster: { server: "https://127.0.0.1:1" } };
    const kubeconfig = JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [nowhere],
      users: [{ name: "me", user: { token: "t" } }],
      contexts: [{ name: "here", context: { cluster: "nowhere", user: "me" } }],
      "current-context": "here",
    });
    const update = await stack.up(program("1.0.3", { kubeconfig }));
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/API server/);
    expectReadable(update.output);
  });
});
