import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { CanaryReleaseArgs } from "../../../components/canary-release/args.js";
import { settingsOf } from "../register.js";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const registered: Registered[] = [];
/** What updates leave alone, by resource. */
const ignored = new Map<string, readonly string[]>();

const args: CanaryReleaseArgs = {
  namespace: "test",
  template: {
    spec: {
      containers: [{ name: "podinfod", image: "podinfo:6.0.1", envFrom: [{ configMapRef: { name: "settings" } }] }],
    },
  },
  service: { port: 80, targetPort: 9898 },
  route: { hosts: ["app.example.com"], methods: ["GET"], paths: ["/*"] },
  autoscaler: { minReplicas: 2, maxReplicas: 4, cpuUtilization: 99 },
  ingressClassName: "apisix",
  prometheusUrl: "http://flagger-prometheus.apisix:9090",
  configs: { settings: { COLOUR: "blue" } },
  secrets: { keys: { TOKEN: "hush-hush" } },
  analysis: { interval: "10s", threshold: 10, maxWeight: 50, stepWeight: 10 },
};

/** Registers the release under mocks and waits until the engine has heard of all its resources. */
async function deploy(
  change: Partial<CanaryReleaseArgs> = {},
  without: readonly (keyof CanaryReleaseArgs)[] = [],
): Promise<readonly Registered[]> {
  registered.length = 0;
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      registered.push({ type, name, inputs: { ...(inputs as Record<string, unknown>) } });
      const made = type.endsWith(":GeneratedKey") ? { value: "kept-for-good" } : {};
      return { id: `${name}-id`, state: { ...(inputs as Record<string, unknown>), ...made } };
    },
    call: () => ({}),
  });
  watchOptions();
  const { CanaryRelease } = await import("../../../components/canary-release/index.js");
  const chosen = { ...args, ...change };
  for (const key of without) Reflect.deleteProperty(chosen, key);
  const release = new CanaryRelease("podinfo", chosen);
  await new Promise((resolve) => pulumi.all([release.outcome, release.urn]).apply(resolve));
  return [...registered];
}

interface Request {
  getName(): string;
  getIgnorechangesList(): readonly string[];
}

/** Mocks are told of inputs alone: options are read off the requests. */
function watchOptions(): void {
  const monitor = pulumi.runtime.getMonitor() ?? {};
  const register: unknown = Reflect.get(monitor, "registerResource");
  if (typeof register !== "function") throw new Error("Pulumi's mocks register resources otherwise now");
  Reflect.set(monitor, "registerResource", (request: Request, ...more: unknown[]) => {
    ignored.set(request.getName(), request.getIgnorechangesList());
    return Reflect.apply(register, monitor, [request, ...more]) as unknown;
  });
}

function toldTo(all: readonly Registered[], name: string): unknown {
  return settingsOf(all.find((each) => each.name === name)?.inputs);
}

function find(all: readonly Registered[], type: string, name: string): Record<string, unknown> {
  const found = all.find((each) => each.type.endsWith(type) && at(each.inputs, "metadata", "name") === name);
  expect(found, `${type} ${name}`).to.not.equal(undefined);
  return found?.inputs ?? {};
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

describe("CanaryRelease's resources", () => {
  let all: readonly Registered[];
  before(async () => (all = await deploy()));

  it("are the article's, by kind and name, and no others", () => {
    const native = all.filter(({ type }) => type.startsWith("kubernetes:"));
    const listed = native.map(
      ({ type, inputs }) => `${type.split(":").at(-1)} ${String(at(inputs, "metadata", "name"))}`,
    );
    const hashed = listed.map((line) => line.replace(/-[0-9a-f]{10}$/, "-<hash>"));
    expect(hashed.toSorted()).to.deep.equal([
      "ApisixRoute podinfo-podinfo-canary",
      "CanaryRelease podinfo",
      "ConfigMap settings-canary-<hash>",
      "ConfigMap settings-primary-<hash>",
      "Deployment podinfo",
      "Deployment podinfo-primary",
      "HorizontalPodAutoscaler podinfo",
      "HorizontalPodAutoscaler podinfo-primary",
      "Secret keys-canary-<hash>",
      "Secret keys-primary-<hash>",
      "Service podinfo",
      "Service podinfo-canary",
      "Service podinfo-primary",
    ]);
  });

  it("order preparation, canary, analysis, primary, promotion", () => {
    const order = all.map(({ name }) => name);
    const places = [
      "podinfo-route",
      "podinfo-preparation",
      "podinfo-deployment",
      "podinfo-analysis",
      "podinfo-primary-deployment",
      "podinfo-promotion",
    ].map((name) => order.indexOf(name));
    expect(places).to.deep.equal(places.toSorted((a, b) => a - b));
    expect(places).not.to.include(-1);
  });

  it("the apex and primary Services select the primary, the canary's the canary", () => {
    const selectorOf = (name: string): unknown => at(find(all, ":Service", name), "spec", "selector");
    expect(selectorOf("podinfo")).to.deep.equal({ app: "podinfo-primary" });
    expect(selectorOf("podinfo-primary")).to.deep.equal({ app: "podinfo-primary" });
    expect(selectorOf("podinfo-canary")).to.deep.equal({ app: "podinfo" });
  });

  it("Services have a named port and point at the target port", () => {
    expect(at(find(all, ":Service", "podinfo"), "spec", "ports", 0)).to.deep.equal({
      name: "http",
      port: 80,
      targetPort: 9898,
      protocol: "TCP",
    });
  });

  it("the canary rests at no replicas, is not awaited, and may be written by us as well", () => {
    const canary = find(all, ":Deployment", "podinfo");
    expect(at(canary, "spec", "replicas")).to.equal(0);
    expect(at(canary, "metadata", "annotations")).to.deep.equal({
      "apisix-canary.io/release": "test/podinfo",
      "pulumi.com/patchForce": "true",
      "pulumi.com/skipAwait": "true",
    });
  });

  it("the primary leaves its replicas to the autoscaler, is awaited by the promotion alone, and never has fewer pods than asked", () => {
    const primary = find(all, ":Deployment", "podinfo-primary");
    expect(at(primary, "spec", "replicas")).to.equal(undefined);
    expect(at(primary, "metadata", "annotations", "pulumi.com/skipAwait")).to.equal("true");
    expect(at(primary, "spec", "strategy", "rollingUpdate", "maxUnavailable")).to.equal(0);
  });

  it("the primary has as many replicas as asked, without an autoscaler", async () => {
    const plain = await deploy({ replicas: 3 }, ["autoscaler"]);
    expect(at(find(plain, ":Deployment", "podinfo-primary"), "spec", "replicas")).to.equal(3);
    expect(plain.some(({ type }) => type.endsWith(":HorizontalPodAutoscaler"))).to.equal(false);
  });

  it("nobody but whoever scales them lowers the pods of either: an update keeps what is there", async () => {
    for (const resources of [
      await deploy(),
      await deploy({ autoscaler: "external" }),
      await deploy({ replicas: 3 }, ["autoscaler"]),
    ]) {
      const deployments = resources.filter(({ type }) => type.endsWith(":Deployment"));
      expect(deployments).to.have.length(2);
      for (const { name } of deployments) expect(ignored.get(name), name).to.deep.equal(["spec.replicas"]);
    }
  });

  it("an autoscaler of somebody else's gets no rival, and its Deployment starts as the program says", async () => {
    const external = await deploy({ autoscaler: "external", replicas: 2 });
    expect(external.some(({ type }) => type.endsWith(":HorizontalPodAutoscaler"))).to.equal(false);
    expect(at(find(external, ":Deployment", "podinfo-primary"), "spec", "replicas")).to.equal(2);
    const settings = toldTo(external, "podinfo-promotion");
    expect(settings).to.deep.include({ replicas: 2, autoscaler: "external" });
    expect(settings).not.to.have.property("primaryReplicas");
    const silent = await deploy({ autoscaler: "external" });
    expect(at(find(silent, ":Deployment", "podinfo-primary"), "spec", "replicas")).to.equal(undefined);
  });

  it("the promotion is told of replicas that the program asks for, and of nothing else", async () => {
    const told = async (change: Partial<CanaryReleaseArgs>): Promise<unknown> => {
      const resources = await deploy(change, ["autoscaler"]);
      return at(toldTo(resources, "podinfo-promotion"), "primaryReplicas");
    };
    expect(await told({ replicas: 3 })).to.equal(3);
    expect(await told({})).to.equal(undefined);
  });

  it("both roles carry the same revision and their own configuration", () => {
    const template = (name: string): unknown => at(find(all, ":Deployment", name), "spec", "template");
    const revisionOf = (name: string): unknown =>
      at(template(name), "metadata", "annotations", "apisix-canary.io/revision");
    expect(revisionOf("podinfo")).to.match(/^[0-9a-f]{10}$/);
    expect(revisionOf("podinfo")).to.equal(revisionOf("podinfo-primary"));
    const config = (name: string): unknown =>
      at(template(name), "spec", "containers", 0, "envFrom", 0, "configMapRef", "name");
    expect(config("podinfo")).to.match(/^settings-canary-/);
    expect(config("podinfo-primary")).to.match(/^settings-primary-/);
  });

  it("a change of configuration alone is a new revision", async () => {
    const revision = (resources: readonly Registered[]): unknown =>
      at(find(resources, ":Deployment", "podinfo"), "spec", "template", "metadata", "annotations");
    const changed = await deploy({ configs: { settings: { COLOUR: "green" } } });
    expect(revision(changed)).not.to.deep.equal(revision(all));
  });

  it("the autoscalers have the article's figures, and the primary's does not shrink during a run", () => {
    const primary = find(all, ":HorizontalPodAutoscaler", "podinfo-primary");
    expect(at(primary, "spec", "minReplicas")).to.equal(2);
    expect(at(primary, "spec", "maxReplicas")).to.equal(4);
    expect(at(primary, "spec", "metrics", 0, "resource", "target", "averageUtilization")).to.equal(99);
    expect(at(primary, "spec", "behavior", "scaleDown", "stabilizationWindowSeconds")).to.be.at.least(300);
  });

  it("the route belongs to the class, can be written by us as well, and describes the state at rest", () => {
    const route = find(all, ":ApisixRoute", "podinfo-podinfo-canary");
    expect(at(route, "spec", "ingressClassName")).to.equal("apisix");
    expect(at(route, "metadata", "annotations", "pulumi.com/patchForce")).to.equal("true");
    expect(at(route, "spec", "http", 0, "backends", 1, "weight")).to.equal(0);
  });

  it("every object carries the release's mark, and owns or is owned by nothing", () => {
    const native = all.filter(({ type }) => type.startsWith("kubernetes:"));
    expect(native).to.have.length(13);
    for (const { name, inputs } of native) {
      expect(at(inputs, "metadata", "annotations", "apisix-canary.io/release"), name).to.equal("test/podinfo");
      expect(at(inputs, "metadata", "ownerReferences"), name).to.equal(undefined);
    }
  });

  it("no object has empty labels or annotations: they would be a permanent diff", () => {
    for (const { inputs } of all) {
      expect(at(inputs, "metadata", "labels")).to.not.deep.equal({});
      expect(at(inputs, "metadata", "annotations")).to.not.deep.equal({});
    }
  });

  it("the serialized stubs are small and hold no path and no secret", () => {
    const stubs = all.map(({ inputs }) => inputs["__provider"]).filter((stub) => typeof stub === "string");
    expect(stubs).to.have.length(4);
    for (const stub of stubs) {
      expect(stub.length).to.be.lessThan(6000);
      expect(stub).to.contain("pulumi-apisix-canary/release");
      expect(stub).not.to.contain(process.cwd());
      expect(stub).not.to.contain("hush-hush");
    }
  });

  it("no secret shows outside the Secrets", () => {
    const others = all.filter(({ type }) => !type.endsWith(":Secret"));
    expect(JSON.stringify(others)).not.to.contain("hush-hush");
  });
});
