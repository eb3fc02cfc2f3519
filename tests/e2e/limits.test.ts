import { expect } from "chai";
import type { CanaryReleaseArgs } from "../../components/index.js";
import { startTraffic } from "../../sandbox/users/index.js";
import { at, core, custom, deployment, eventually, releaseStatus, routeWeights } from "./harness/cluster.js";
import { hostOf, releaseProgram, TestStack } from "./harness/stacks.js";
import type { Program } from "./harness/stacks.js";

// What a release waits for, and for how long.

const namespace = "e2e-limits";
const name = "limited";

function program(
  tag: string,
  env: Readonly<Record<string, string>> = {},
  overrides: Partial<CanaryReleaseArgs> = {},
): Program {
  return releaseProgram(namespace, [{ name, namespace, image: `sandbox/faulty:${tag}`, env, overrides }]);
}

async function condition(): Promise<string> {
  const place = { group: "apisix-canary.io", version: "v1", namespace, plural: "canaryreleases", name };
  const object: unknown = await custom.getNamespacedCustomObject(place);
  return ["status", "reason"].map((key) => String(at(object, "status", "conditions", 0, key))).join(" ");
}

/** The namespace has room for so many pods. */
async function allowPods(pods: number): Promise<void> {
  await core.deleteNamespacedResourceQuota({ namespace, name: "room" }).catch(() => undefined);
  const body = { metadata: { name: "room" }, spec: { hard: { pods: String(pods) } } };
  await core.createNamespacedResourceQuota({ namespace, body });
  await eventually("the quota is counted", 30, async () => {
    const { status } = await core.readNamespacedResourceQuota({ namespace, name: "room" });
    return status?.used?.["pods"] !== undefined;
  });
}

describe("the limits of a release", () => {
  let stack: TestStack;
  before(async () => {
    stack = await TestStack.create("limits");
    const update = await stack.up(program("1.0.0"));
    expect(update.failed, update.output).to.equal(false);
  });

  it("hold for a primary that finds no room: the canary serves on, people decide, the next update goes on", async () => {
    // The primary's pod and the canary's, and none for the rollout of the primary.
    await allowPods(2);
    const users = startTraffic({ host: hostOf(name), perSecond: 40 });
    const seen = new Set<string>();
    const watching = setInterval(
      () =>
        void condition().then(
          (each) => seen.add(each),
          () => undefined,
        ),
      200,
    );
    const update = await stack.up(program("1.0.1"));
    clearInterval(watching);
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(
      /limited-primary\.e2e-limits not ready: .*exceeded quota.*the canary keeps its 50% until a person decides: bring the primary up and run the update again \(after 20s\)/,
    );
    expect(update.seconds).to.be.lessThan(90);
    expect([...seen]).to.include("Unknown Progressing");
    expect(await condition()).to.equal("False PrimaryNotReady");
    expect(await releaseStatus(namespace, name)).to.include({ phase: "Promoting", canaryWeight: 50 });
    // Longer than the watchdog waits for anybody.
    await new Promise((resolve) => setTimeout(resolve, 25_000));
    expect(await routeWeights(namespace, name)).to.deep.equal({ primary: 50, canary: 50 });
    await allowPods(10);
    // Kubernetes tries a pod that was refused again and again, each time later.
    const next = await stack.up(program("1.0.1", {}, { progressDeadline: "120s" }));
    const tally = await users.stop();
    expect(next.failed, next.output).to.equal(false);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(await releaseStatus(namespace, name)).to.include({ phase: "Succeeded" });
    expect(await condition()).to.equal("True Succeeded");
    expect((await deployment(namespace, `${name}-primary`)).image).to.equal("sandbox/faulty:1.0.1");
  });

  it("show once: no old failure when the release is removed", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 40 });
    const update = await stack.up(program("1.0.2", { FAIL_PERCENT: "100" }));
    await users.stop();
    expect(update.failed).to.equal(true);
    const output = await stack.destroy();
    expect(output).not.to.match(/Canary failed|Rolling back|success rate|not ready/);
  });
});
