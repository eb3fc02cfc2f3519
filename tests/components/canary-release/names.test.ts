import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { opened } from "../../../components/arguments/index.js";
import type { CanaryReleaseArgs } from "../../../components/canary-release/args.js";
import { at, run } from "./program.js";
import type { Deployed } from "./program.js";

const args: CanaryReleaseArgs = {
  namespace: "eu",
  template: { spec: { containers: [{ name: "podinfod", image: "podinfo:6.0.1" }] } },
  service: { port: 80 },
  route: { hosts: ["app.example.com"] },
  autoscaler: { minReplicas: 2, maxReplicas: 4 },
  ingressClassName: "apisix",
  prometheusUrl: "http://prometheus",
  configs: { settings: { COLOUR: "blue" } },
  analysis: { interval: "10s", maxWeight: 50, stepWeight: 10 },
};

function objects({ registered }: Deployed): readonly string[] {
  const native = registered.filter(({ type }) => type.startsWith("kubernetes:"));
  return native.map(({ type, inputs }) => {
    const { namespace, name } = Object.fromEntries(Object.entries(at(inputs, "metadata") ?? {})) as Record<
      string,
      string
    >;
    return `${type.split(":").at(-1)} ${namespace}/${name?.replace(/-[0-9a-f]{10}$/, "")}`;
  });
}

describe("a release with a name of its own", () => {
  it("has it in the cluster, and in Pulumi that of its resource", async () => {
    const deployed = await run(() => ({ name: "shop-eu", args: { ...args, name: "shop" } }));
    expect(deployed.errors).to.deep.equal([]);
    expect(objects(deployed).toSorted()).to.deep.equal([
      "ApisixRoute eu/shop-shop-canary",
      "CanaryRelease eu/shop",
      "ConfigMap eu/settings-canary",
      "ConfigMap eu/settings-primary",
      "Deployment eu/shop",
      "Deployment eu/shop-primary",
      "HorizontalPodAutoscaler eu/shop",
      "HorizontalPodAutoscaler eu/shop-primary",
      "Service eu/shop",
      "Service eu/shop-canary",
      "Service eu/shop-primary",
    ]);
    for (const { name } of deployed.registered) expect(name).to.match(/^shop-eu(-|$)/);
  });

  it("may share it with another one in another namespace", async () => {
    const names = new Set<string>();
    const all: string[] = [];
    for (const [name, namespace] of [
      ["shop-eu", "eu"],
      ["shop-us", "us"],
    ] as const) {
      const deployed = await run(() => ({ name, args: { ...args, name: "shop", namespace } }));
      all.push(...deployed.registered.map((each) => `${each.type} ${each.name}`));
      for (const each of objects(deployed)) names.add(each);
    }
    expect(new Set(all).size, "logical names").to.equal(all.length);
    expect(names.size, "objects").to.equal(22);
  });

  it("is refused under a name that no object can have", async () => {
    const { errors } = await run(() => ({ name: "Shop", args }));
    expect(errors).to.have.length(1);
    expect(errors[0]).to.match(/^name: must be a DNS label/);
    expect((await run(() => ({ name: "Shop", args: { ...args, name: "shop" } }))).errors).to.deep.equal([]);
  });
});

describe("a release's children", () => {
  it("are there to be read, and stored with it", async () => {
    const deployed = await run(() => ({ args }));
    const { release } = deployed;
    if (release === undefined) throw new Error("no release");
    const { services, canary, primary, route, autoscalers } = release;
    const names = [services.apex, services.canary, services.primary, canary, primary, route, autoscalers.primary];
    const read = names.map((each) => opened(each?.metadata).apply((metadata) => at(metadata, "name")));
    const known = await new Promise((resolve) => pulumi.all(read).apply(resolve));
    expect(known).to.deep.equal([
      ...["podinfo", "podinfo-canary", "podinfo-primary"],
      ...["podinfo", "podinfo-primary"],
      "podinfo-podinfo-canary",
      "podinfo-primary",
    ]);
  });

  it("carry the labels and annotations that are asked for, and ours on top", async () => {
    const metadata = { labels: { team: "shop" }, annotations: { owner: "me", "apisix-canary.io/release": "mine" } };
    const { registered } = await run(() => ({ args: { ...args, metadata } }));
    for (const { type, inputs } of registered.filter((each) => each.type.startsWith("kubernetes:"))) {
      expect(at(inputs, "metadata", "labels"), type).to.deep.equal({ team: "shop" });
      expect(at(inputs, "metadata", "annotations"), type).to.include({
        owner: "me",
        "apisix-canary.io/release": "eu/podinfo",
      });
    }
  });

  it("are changed by the transformations of their parent, and move with its aliases", async () => {
    const seen: string[] = [];
    const opts: pulumi.ComponentResourceOptions = {
      aliases: [{ name: "before" }],
      transformations: [
        ({ type, props, opts: given }) => {
          seen.push(type);
          return { props: type.endsWith(":Deployment") ? { ...props, touched: true } : props, opts: given };
        },
      ],
    };
    const { registered, errors } = await run(() => ({ args, opts }));
    expect(errors).to.deep.equal([]);
    const children = registered.filter(
      ({ type }) => !type.endsWith(":CanaryRelease") || type.startsWith("kubernetes:"),
    );
    expect(seen).to.include.members(children.map(({ type }) => type));
    const deployments = registered.filter(({ type }) => type.endsWith(":Deployment"));
    expect(deployments.map(({ inputs }) => inputs["touched"])).to.deep.equal([true, true]);
    // The engine finds the children's by the parent's: their names begin with its name.
    const [component] = registered.filter(({ type }) => type === "apisix-canary:index:CanaryRelease");
    expect(component?.aliases.join()).to.contain("before");
    for (const { name } of children) expect(name).to.match(/^podinfo(-|$)/);
  });
});

describe("an autoscaler of a release", () => {
  it("has the metrics and the behaviour that are asked for; the primary does not shrink during a run", async () => {
    const external = {
      type: "External",
      external: { metric: { name: "queue" }, target: { type: "Value", value: "5" } },
    };
    const autoscaler = {
      minReplicas: 2,
      maxReplicas: 9,
      metrics: [external],
      behavior: { scaleUp: { stabilizationWindowSeconds: 5 }, scaleDown: { stabilizationWindowSeconds: 60 } },
    };
    const { registered, errors } = await run(() => ({ args: { ...args, autoscaler } }));
    expect(errors).to.deep.equal([]);
    const specs = registered
      .filter(({ type }) => type.endsWith(":HorizontalPodAutoscaler"))
      .map(({ inputs }) => inputs);
    const [canary, primary] = specs.map((inputs) => at(inputs, "spec"));
    expect(at(canary, "metrics")).to.deep.equal([external]);
    expect(at(canary, "behavior")).to.deep.equal(autoscaler.behavior);
    expect(at(primary, "metrics")).to.deep.equal([external]);
    expect(at(primary, "behavior")).to.deep.equal({
      ...autoscaler.behavior,
      scaleDown: { stabilizationWindowSeconds: 300 },
    });
    const both = await run(() => ({ args: { ...args, autoscaler: { ...autoscaler, cpuUtilization: 70 } } }));
    const [first] = both.registered.filter(({ type }) => type.endsWith(":HorizontalPodAutoscaler"));
    expect(at(first?.inputs, "spec", "metrics", 0, "resource", "target", "averageUtilization")).to.equal(70);
    expect(at(first?.inputs, "spec", "metrics", 1)).to.deep.equal(external);
  });
});

describe("the Deployments of a release", () => {
  it("roll as asked, and never from none", async () => {
    const deployment = {
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: "50%" } },
      minReadySeconds: 5,
      revisionHistoryLimit: 2,
    };
    const { registered } = await run(() => ({ args: { ...args, deployment } }));
    for (const { inputs } of registered.filter(({ type }) => type.endsWith(":Deployment")))
      expect(at(inputs, "spec")).to.deep.include(deployment);
    const { errors } = await run(() => ({ args: { ...args, deployment: { strategy: { type: "Recreate" } } } }));
    expect(errors).to.deep.equal([
      "deployment.strategy.type: must be RollingUpdate: users would find no pods in between",
    ]);
  });
});
