import { AutoscalingV2Api, KubeConfig } from "@kubernetes/client-node";
import { expect } from "chai";
import type { CanaryReleaseArgs } from "../../components/index.js";
import { startTraffic } from "../../sandbox/users/index.js";
import { apps, deployment, eventually } from "./harness/cluster.js";
import { hostOf, releaseProgram, TestStack } from "./harness/stacks.js";
import type { Program, Update } from "./harness/stacks.js";

// Replicas belong to whoever scales: a hand, an autoscaler of the user's own, or one of ours that comes and goes.

const namespace = "e2e-replicas";
const name = "scaled";
const primary = `${name}-primary`;
const config = new KubeConfig();
config.loadFromDefault();
const autoscaling = config.makeApiClient(AutoscalingV2Api);

function program(tag: string, overrides: Partial<CanaryReleaseArgs> = {}): Program {
  return releaseProgram(namespace, [{ name, namespace, image: `sandbox/faulty:${tag}`, overrides }]);
}

async function scale(replicas: number): Promise<void> {
  await apps.replaceNamespacedDeploymentScale({
    namespace,
    name: primary,
    body: { metadata: { name: primary, namespace }, spec: { replicas } },
  });
  await eventually(`${replicas} pods are ready`, 60, async () => {
    const { status } = await apps.readNamespacedDeployment({ namespace, name: primary });
    return status?.availableReplicas === replicas;
  });
}

describe("the primary's replicas", () => {
  let stack: TestStack;

  /** An update that succeeds; the fewest replicas that the primary was to have meanwhile. */
  async function fewestDuring(run: () => Promise<Update>): Promise<number> {
    const users = startTraffic({ host: hostOf(name), perSecond: 40 });
    let fewest = Infinity;
    const watching = setInterval(() => {
      void deployment(namespace, primary).then(
        ({ replicas }) => (fewest = Math.min(fewest, replicas)),
        () => undefined,
      );
    }, 100);
    const update = await run();
    clearInterval(watching);
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(false);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    return fewest;
  }

  before(async () => {
    stack = await TestStack.create("replicas");
    const update = await stack.up(program("1.0.0"));
    expect(update.failed, update.output).to.equal(false);
  });
  after(() => stack.destroy());

  it("that a hand has raised stay through a promotion and an update", async () => {
    await scale(4);
    expect(await fewestDuring(() => stack.up(program("1.0.1")))).to.equal(4);
    expect((await deployment(namespace, primary)).image).to.equal("sandbox/faulty:1.0.1");
    expect(await fewestDuring(() => stack.up(program("1.0.1", { progressDeadline: "21s" })))).to.equal(4);
    await scale(1);
  });

  it("that an autoscaler of the user's own keeps stay its own", async () => {
    await autoscaling.createNamespacedHorizontalPodAutoscaler({
      namespace,
      body: {
        metadata: { name: "keda-hpa-scaled" },
        spec: {
          minReplicas: 3,
          maxReplicas: 5,
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: primary },
          metrics: [
            { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
          ],
        },
      },
    });
    await eventually("the autoscaler has acted", 60, async () => (await deployment(namespace, primary)).replicas === 3);
    expect(await fewestDuring(() => stack.up(program("1.0.2")))).to.equal(3);
    const asked = await stack.up(program("1.0.2", { replicas: 2 }));
    expect(asked.output).to.match(/replicas 2 is left undone: scaled-primary has 3/);
    expect((await deployment(namespace, primary)).replicas).to.equal(3);
    expect(await fewestDuring(() => stack.up(program("1.0.3", { autoscaler: "external" })))).to.equal(3);
    await autoscaling.deleteNamespacedHorizontalPodAutoscaler({ namespace, name: "keda-hpa-scaled" });
  });

  it("stay where an autoscaler of ours comes and goes", async () => {
    const autoscaler = { minReplicas: 1, maxReplicas: 4 };
    expect(await fewestDuring(() => stack.up(program("1.0.4", { autoscaler })))).to.equal(3);
    expect(await fewestDuring(() => stack.up(program("1.0.5")))).to.equal(3);
    await scale(1);
  });

  it("follow the program where nobody else scales", async () => {
    await fewestDuring(() => stack.up(program("1.0.6", { replicas: 2 })));
    expect((await deployment(namespace, primary)).replicas).to.equal(2);
    const three = await stack.up(program("1.0.6", { replicas: 3 }));
    expect(three.output).not.to.contain("New revision detected");
    expect((await deployment(namespace, primary)).replicas).to.equal(3);
    await fewestDuring(() => stack.up(program("1.0.7", { replicas: 1 })));
    expect((await deployment(namespace, primary)).replicas).to.equal(1);
    expect((await stack.up(program("1.0.7", { replicas: 1 }))).changes).to.have.all.keys("same");
  });
});
