import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { CanaryReleaseArgs } from "../../../components/canary-release/args.js";

const inputsOf = new Map<string, Readonly<Record<string, unknown>>>();

const args: CanaryReleaseArgs = {
  namespace: "test",
  template: { spec: { containers: [{ name: "podinfod", image: "podinfo:6.0.1" }] } },
  service: { port: 80 },
  route: { hosts: ["app.example.com"] },
  ingressClassName: "apisix",
  prometheusUrl: "http://flagger-prometheus.apisix:9090",
  analysis: { stepWeight: 10 },
};

/** What is secret arrives wrapped. */
function plain(value: unknown): unknown {
  return typeof value === "object" && value !== null && "value" in value ? value.value : value;
}

/** Registers a release; the runtime's access, by property. */
async function accessOf(
  change: Partial<CanaryReleaseArgs> = {},
  opts: () => pulumi.ComponentResourceOptions = () => ({}),
): Promise<Readonly<Record<string, unknown>>> {
  inputsOf.clear();
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => {
      const given = { ...(inputs as Record<string, unknown>) };
      inputsOf.set(name, given);
      const metadata = { ...(given["metadata"] as object | undefined), uid: `uid of ${name}` };
      return { id: `${name}-id`, state: { ...given, metadata } };
    },
    call: () => ({}),
  });
  const { CanaryRelease } = await import("../../../components/canary-release/index.js");
  const release = new CanaryRelease("podinfo", { ...args, ...change }, opts());
  await new Promise((resolve) => pulumi.all([release.outcome, release.urn]).apply(resolve));
  const { kubeconfig, context, cluster, releaseUid, routeUid } = inputsOf.get("podinfo-preparation") ?? {};
  const found = { kubeconfig: plain(kubeconfig), context, cluster, releaseUid, routeUid };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && value !== null));
}

const proof = { releaseUid: "uid of podinfo", routeUid: "uid of podinfo-route" };

describe("the runtime's cluster", () => {
  afterEach(() => pulumi.runtime.setAllConfig({}));

  it("is the environment's where nothing else is said, and proved by what Pulumi created", async () => {
    expect(await accessOf()).to.deep.equal(proof);
  });

  it("is the release's own where it names one", async () => {
    pulumi.runtime.setAllConfig({ "kubernetes:kubeconfig": "/of/the/stack", "kubernetes:context": "production" });
    expect(await accessOf({ kubeconfig: "/own", context: "mine" })).to.deep.equal({
      kubeconfig: "/own",
      context: "mine",
      ...proof,
    });
    expect(await accessOf({ context: "mine" })).to.deep.equal({
      kubeconfig: "/of/the/stack",
      context: "mine",
      ...proof,
    });
    expect(await accessOf({ kubeconfig: "/own" })).to.deep.equal({ kubeconfig: "/own", ...proof });
  });

  it("is the one of the stack's configuration", async () => {
    pulumi.runtime.setAllConfig({
      "kubernetes:kubeconfig": "/of/the/stack",
      "kubernetes:context": "production",
      "kubernetes:cluster": "eu",
    });
    expect(await accessOf()).to.deep.equal({
      kubeconfig: "/of/the/stack",
      context: "production",
      cluster: "eu",
      ...proof,
    });
  });

  it("is the provider's that the component, or its parent, is given", async () => {
    pulumi.runtime.setAllConfig({ "kubernetes:context": "of the stack" });
    const provider = (): k8s.Provider => new k8s.Provider("eu", { kubeconfig: "{}", context: "eu", cluster: "c" });
    const expected = { kubeconfig: "{}", context: "eu", cluster: "c", ...proof };
    expect(await accessOf({}, () => ({ provider: provider() }))).to.deep.equal(expected);
    expect(await accessOf({}, () => ({ providers: [provider()] }))).to.deep.equal(expected);
    expect(await accessOf({}, () => ({ providers: { kubernetes: provider() } }))).to.deep.equal(expected);
    const parent = (): pulumi.Resource =>
      new pulumi.ComponentResource("test:index:Parent", "parent", {}, { providers: [provider()] });
    expect(await accessOf({}, () => ({ parent: parent() }))).to.deep.equal(expected);
  });

  it("is the environment's too where the provider was made without a kubeconfig", async () => {
    const opts = () => ({ provider: new k8s.Provider("plain", { context: "eu" }) });
    expect(await accessOf({}, opts)).to.deep.equal({ context: "eu", ...proof });
  });

  it("can't be told where a provider hides it: one line says what to pass, before anything is registered", async () => {
    class Hidden extends pulumi.ProviderResource {
      constructor() {
        super("kubernetes", "hidden", {});
      }
    }
    const message = await accessOf({}, () => ({ provider: new Hidden() })).then(
      () => "no error",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    expect(message).to.equal(
      "kubeconfig: the component's Kubernetes provider does not tell which cluster it is for: pass the same kubeconfig (and context) to the release itself",
    );
    expect([...inputsOf.keys()].filter((name) => name.startsWith("podinfo-"))).to.deep.equal([]);
    const told = await accessOf({ kubeconfig: "/own" }, () => ({ provider: new Hidden() }));
    expect(told).to.deep.equal({ kubeconfig: "/own", ...proof });
  });
});
