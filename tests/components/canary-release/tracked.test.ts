import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { CanaryReleaseArgs } from "../../../components/canary-release/args.js";
import { at, run, withoutSecrets } from "./program.js";
import type { Deployed } from "./program.js";

const args: CanaryReleaseArgs = {
  namespace: "test",
  template: {
    spec: {
      containers: [
        {
          name: "podinfod",
          image: "podinfo:6.0.1",
          envFrom: [
            { configMapRef: { name: "settings" } },
            { configMapRef: { name: pulumi.output("made-here") } },
            { secretRef: { name: "keys" } },
            { configMapRef: { name: "not-there" } },
          ],
        },
      ],
    },
  },
  service: { port: 80 },
  route: { hosts: ["app.example.com"] },
  ingressClassName: "apisix",
  prometheusUrl: "http://prometheus",
  analysis: { interval: "10s", maxWeight: 50, stepWeight: 10 },
};

/** What the runtime would find in the cluster. */
function found(token: string) {
  return {
    configMaps: { settings: { data: { COLOUR: "blue" } }, "made-here": { data: { A: "b" } } },
    secrets: { keys: { type: "Opaque", data: { TOKEN: token } } },
  };
}

function namesIn(deployed: Deployed, name: string): readonly unknown[] {
  const deployment = deployed.registered.find((each) => each.name === name);
  const envFrom = at(deployment?.inputs, "spec", "template", "spec", "containers", 0, "envFrom");
  return Array.isArray(envFrom)
    ? envFrom.map((each) => at(each, "configMapRef", "name") ?? at(each, "secretRef", "name"))
    : [];
}

function revisionOf({ registered }: Deployed): unknown {
  const canary = registered.find(({ name }) => name === "podinfo-deployment");
  return at(canary?.inputs, "spec", "template", "metadata", "annotations", "apisix-canary.io/revision");
}

const deploy = (token: string): Promise<Deployed> =>
  run(() => ({ args }), false, { TrackedConfiguration: found(token) });

describe("ConfigMaps and Secrets that a template only refers to", () => {
  it("are copied for each role, under names of their content; what is not there is left to Kubernetes", async () => {
    const deployed = await deploy("aHVzaA==");
    expect(deployed.errors).to.deep.equal([]);
    const stripped = (name: string): readonly string[] =>
      namesIn(deployed, name).map((each) => String(each).replace(/[0-9a-f]{10}$/, "<hash>"));
    expect(stripped("podinfo-deployment")).to.deep.equal([
      "settings-canary-<hash>",
      "made-here-canary-<hash>",
      "keys-canary-<hash>",
      "not-there",
    ]);
    expect(stripped("podinfo-primary-deployment")[2]).to.equal("keys-primary-<hash>");
    const secrets = deployed.registered.filter(({ type }) => type.endsWith("core/v1:Secret"));
    expect(secrets).to.have.length(2);
    for (const { inputs } of secrets) {
      expect(at(withoutSecrets(inputs), "data")).to.equal("[secret]");
      expect(inputs["type"]).to.equal("Opaque");
    }
  });

  it("the primary's copies come after the analysis", async () => {
    const order = (await deploy("aHVzaA==")).registered.map(({ name }) => name.replace(/-[0-9a-f]{10}$/, ""));
    expect(order.indexOf("podinfo-settings-primary")).to.be.above(order.indexOf("podinfo-analysis"));
    expect(order.indexOf("podinfo-primary-deployment")).to.be.above(order.indexOf("podinfo-keys-primary"));
    expect(order.indexOf("podinfo-deployment")).to.be.above(order.indexOf("podinfo-keys-canary"));
  });

  it("are part of the revision, by a keyed hash", async () => {
    const [one, same, other] = [await deploy("aHVzaA=="), await deploy("aHVzaA=="), await deploy("b3RoZXI=")];
    expect(revisionOf(one)).to.match(/^[0-9a-f]{10}$/);
    expect(revisionOf(same)).to.equal(revisionOf(one));
    expect(revisionOf(other)).not.to.equal(revisionOf(one));
    expect(one.registered.some(({ type }) => type.endsWith(":GeneratedKey"))).to.equal(true);
  });

  it("are left alone where they are given, or where nobody wants it", async () => {
    const types = async (change: Partial<CanaryReleaseArgs>): Promise<boolean> => {
      const { registered, errors } = await run(() => ({ args: { ...args, ...change } }), false, {
        TrackedConfiguration: found("aHVzaA=="),
      });
      expect(errors).to.deep.equal([]);
      return registered.some(({ type }) => type.endsWith(":TrackedConfiguration"));
    };
    expect(await types({})).to.equal(true);
    expect(await types({ trackConfiguration: false })).to.equal(false);
    const containers = [{ name: "a", image: "a:1", envFrom: [{ configMapRef: { name: "settings" } }] }];
    const given = { template: { spec: { containers } }, configs: { settings: { A: "b" } } };
    expect(await types(given)).to.equal(false);
    expect(await types({ template: { spec: { containers: [{ name: "a", image: "a:1" }] } } })).to.equal(false);
  });

  it("are not known in a first preview, which shows everything else", async () => {
    const { errors, registered } = await run(() => ({ args }), true);
    expect(errors).to.deep.equal([]);
    const canary = registered.find(({ name }) => name === "podinfo-deployment");
    const container = at(canary?.inputs, "spec", "template", "spec", "containers", 0);
    expect(at(container, "image")).to.equal("podinfo:6.0.1");
    expect(at(container, "envFrom", 0, "configMapRef", "name")).to.equal(pulumi.runtime.unknownValue);
  });
});
