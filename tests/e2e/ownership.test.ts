import { ApiException, AutoscalingV2Api, KubeConfig } from "@kubernetes/client-node";
import { expect } from "chai";
import { apps, core, custom, deployment, eventually } from "./harness/cluster.js";
import { releaseProgram, TestStack } from "./harness/stacks.js";

// Somebody's production stands under a name that a release is to have: whatever it is, it stays as it is.

const name = "theirs";
const routes = { group: "apisix.apache.org", version: "v2", plural: "apisixroutes" } as const;
const config = new KubeConfig();
config.loadFromDefault();
const autoscaling = config.makeApiClient(AutoscalingV2Api);

type Foreign = (namespace: string) => Promise<unknown>;

function createDeployment(namespace: string, as: string): Promise<unknown> {
  const labels = { production: as };
  return apps.createNamespacedDeployment({
    namespace,
    body: {
      metadata: { name: as },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: "app", image: "sandbox/faulty:1.0.0" }] },
        },
      },
    },
  });
}

const foreign: Readonly<Record<string, { readonly create: Foreign; readonly message: RegExp }>> = {
  "a Deployment": {
    create: (namespace) => createDeployment(namespace, name),
    message: /Deployment theirs was not made by this release .*nothing was touched/,
  },
  "a Deployment under the primary's name": {
    create: (namespace) => createDeployment(namespace, `${name}-primary`),
    message: /Deployment theirs-primary was not made by this release .*nothing was touched/,
  },
  "an autoscaler": {
    create: async (namespace) =>
      autoscaling.createNamespacedHorizontalPodAutoscaler({
        namespace,
        body: {
          metadata: { name: `${name}-primary` },
          spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "another" } },
        },
      }),
    message: /HorizontalPodAutoscaler theirs-primary was not made by this release .*nothing was touched/,
  },
  "a Service": {
    create: (namespace) =>
      core.createNamespacedService({
        namespace,
        body: { metadata: { name }, spec: { selector: { production: name }, ports: [{ port: 80 }] } },
      }),
    message: /services "theirs" already exists/,
  },
  "a route": {
    create: (namespace) =>
      custom.createNamespacedCustomObject({
        ...routes,
        namespace,
        body: {
          apiVersion: "apisix.apache.org/v2",
          kind: "ApisixRoute",
          metadata: { name: `${name}-${name}-canary` },
          spec: { ingressClassName: "nobodys", http: [] },
        },
      }),
    message: /apisixroutes\.apisix\.apache\.org "theirs-theirs-canary" already exists/,
  },
};

/** Everything of the namespace that the release could have touched, but for what the cluster itself writes. */
async function everything(namespace: string): Promise<readonly string[]> {
  const [deployments, services, scalers, found] = await Promise.all([
    apps.listNamespacedDeployment({ namespace }),
    core.listNamespacedService({ namespace }),
    autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace }),
    custom.listNamespacedCustomObject({ ...routes, namespace }) as Promise<{ items: object[] }>,
  ]);
  return [...deployments.items, ...services.items, ...scalers.items, ...found.items].map((each) => {
    const { metadata, spec } = each as { metadata: { name: string; annotations?: object }; spec: object };
    return JSON.stringify([metadata.name, metadata.annotations, spec]);
  });
}

describe("what a release has not made", () => {
  for (const [what, { create, message }] of Object.entries(foreign)) {
    const namespace = `e2e-theirs-${Object.keys(foreign).indexOf(what)}`;
    it(`stays as it is: ${what}`, async () => {
      await core.createNamespace({ body: { metadata: { name: namespace } } });
      await create(namespace);
      if (what.startsWith("a Deployment"))
        await eventually("production is up", 60, async () => {
          const { items } = await apps.listNamespacedDeployment({ namespace });
          return items.every(({ status }) => status?.availableReplicas === 2);
        });
      const before = await everything(namespace);
      const stack = await TestStack.create(namespace);
      const overrides = what === "an autoscaler" ? { autoscaler: { minReplicas: 1, maxReplicas: 2 } } : {};
      const release = { name, namespace, image: "sandbox/faulty:1.0.0", overrides };
      const update = await stack.up(releaseProgram(namespace, [release], { existing: true }));
      expect(update.failed, update.output).to.equal(true);
      expect(update.output).to.match(message);
      const after = await everything(namespace);
      for (const object of before) expect(after).to.include(object);
      await stack.destroy();
      expect(await everything(namespace)).to.deep.equal(before);
      await core.deleteNamespace({ name: namespace });
    });
  }

  it("is refused as well where it takes a Deployment's place later", async () => {
    const namespace = "e2e-theirs-later";
    const stack = await TestStack.create(namespace);
    const program = (tag: string) => releaseProgram(namespace, [{ name, namespace, image: `sandbox/faulty:${tag}` }]);
    expect((await stack.up(program("1.0.0"))).failed).to.equal(false);
    await apps.deleteNamespacedDeployment({ namespace, name });
    await eventually("it is gone", 30, async () => {
      const found = await apps.readNamespacedDeployment({ namespace, name }).catch((error: unknown) => error);
      return found instanceof ApiException && found.code === 404;
    });
    await createDeployment(namespace, name);
    const update = await stack.up(program("1.0.1"));
    expect(update.failed).to.equal(true);
    expect(update.output).to.match(/Deployment theirs was not made by this release/);
    expect(await deployment(namespace, name)).to.deep.include({ replicas: 2, image: "sandbox/faulty:1.0.0" });
    await apps.deleteNamespacedDeployment({ namespace, name });
    await stack.destroy();
  });
});
