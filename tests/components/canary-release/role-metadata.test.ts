import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { CanaryReleaseArgs } from "../../../components/canary-release/args.js";
import { at, run, withoutSecrets } from "./program.js";
import type { Deployed } from "./program.js";

const plain: CanaryReleaseArgs = {
  namespace: "test",
  template: {
    metadata: { labels: { app: "podinfo", tier: "web" }, annotations: { note: "kept" } },
    spec: { containers: [{ name: "podinfod", image: "podinfo:6.0.1" }] },
  },
  service: { port: 80, targetPort: 9898 },
  route: { hosts: ["app.example.com"] },
  ingressClassName: "apisix",
  prometheusUrl: "http://flagger-prometheus.apisix:9090",
  analysis: { interval: "10s", maxWeight: 50, stepWeight: 10 },
};

const roles: Partial<CanaryReleaseArgs> = {
  canaryMetadata: { labels: { role: "canary" } },
  primaryMetadata: { labels: { role: "stable" }, annotations: { "example.com/on-call": "shop" } },
};

const deploy = (change: Partial<CanaryReleaseArgs>, isPreview = false): Promise<Deployed> =>
  run(() => ({ args: { ...plain, ...change } }), isPreview);

function deployment({ registered, errors }: Deployed, name: string): unknown {
  expect(errors).to.deep.equal([]);
  return registered.find((each) => each.type.endsWith(":Deployment") && each.name === name)?.inputs;
}

const podsOf = (deployed: Deployed, name: string): unknown =>
  at(withoutSecrets(deployment(deployed, name)), "spec", "template", "metadata");

describe("labels and annotations of one role", () => {
  it("are on its pods, beside their template's, and nowhere else", async () => {
    const deployed = await deploy(roles);
    const canary = podsOf(deployed, "podinfo-deployment");
    const primary = podsOf(deployed, "podinfo-primary-deployment");
    expect(at(canary, "labels")).to.deep.equal({ app: "podinfo", tier: "web", role: "canary" });
    expect(at(canary, "annotations")).to.have.all.keys("note", "apisix-canary.io/revision");
    expect(at(primary, "labels")).to.deep.equal({ app: "podinfo-primary", tier: "web", role: "stable" });
    expect(at(primary, "annotations")).to.include({ note: "kept", "example.com/on-call": "shop" });
    const selectors = deployed.registered.map(({ inputs }) => JSON.stringify(at(inputs, "spec", "selector") ?? {}));
    expect(selectors.join()).not.to.contain("role");
  });

  it("are no part of the revision", async () => {
    const revision = async (change: Partial<CanaryReleaseArgs>): Promise<unknown> =>
      at(podsOf(await deploy(change), "podinfo-deployment"), "annotations", "apisix-canary.io/revision");
    expect(await revision({})).to.equal(await revision(roles));
  });

  it("may be outputs: what is secret stays so where it is", async () => {
    const primaryMetadata = {
      labels: { role: pulumi.output("stable"), key: pulumi.secret("hush") },
      annotations: pulumi.output({ "example.com/on-call": "shop" }),
    };
    for (const isPreview of [true, false]) {
      const primary = podsOf(await deploy({ primaryMetadata }, isPreview), "podinfo-primary-deployment");
      expect(at(primary, "labels")).to.deep.equal({
        app: "podinfo-primary",
        tier: "web",
        role: "stable",
        key: "[secret]",
      });
      expect(at(primary, "annotations")).to.include({ note: "kept", "example.com/on-call": "shop" });
    }
  });

  it("that are taken already are refused when they are known", async () => {
    const canaryMetadata = { labels: pulumi.output({ app: "mine" }) };
    expect((await deploy({ canaryMetadata })).errors).to.deep.equal([
      "canaryMetadata.labels.app: is the release's own: by it pods are selected, or their role is told",
    ]);
  });

  it("are told to whoever makes a plain Deployment of the primary again", async () => {
    const note = (deployed: Deployed, name: string): unknown =>
      at(deployment(deployed, name), "metadata", "annotations", "apisix-canary.io/role-metadata");
    const kept = await deploy({ ...roles, revertOnDeletion: true });
    expect(note(kept, "podinfo-primary-deployment")).to.equal("labels:role,annotations:example.com/on-call");
    expect(note(kept, "podinfo-deployment")).to.equal(undefined);
    expect(note(await deploy(roles), "podinfo-primary-deployment")).to.equal(undefined);
  });
});
