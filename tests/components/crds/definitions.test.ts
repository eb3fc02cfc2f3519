import type * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { ApisixDefinitions, apisixTls } from "../../../components/crds/index.js";
import { CanaryDefinitions } from "../../../components/index.js";
import { at, only, refusal, register } from "../register.js";
import type { Registered } from "../register.js";

const token = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";

interface Seen {
  readonly retained: boolean;
  readonly aliases: readonly unknown[];
}

/** The options of each definition, as its parent sees them pass. */
async function watched(
  program: (opts: pulumi.ComponentResourceOptions) => unknown,
): Promise<{ readonly all: readonly Registered[]; readonly options: readonly Seen[] }> {
  const options: Seen[] = [];
  const transformations: pulumi.ResourceTransformation[] = [
    ({ type, opts }) => {
      const { aliases = [], retainOnDelete = false } = opts as pulumi.CustomResourceOptions;
      const known = Array.isArray(aliases) ? aliases : [];
      if (type.startsWith(token)) options.push({ retained: retainOnDelete, aliases: known });
      return undefined;
    },
  ];
  return { all: await register(() => program({ transformations })), options };
}

describe("the definitions", () => {
  it("of APISIX are applied whether they exist or not, and kept by a destroy", async () => {
    const { all, options } = await watched((opts) => new ApisixDefinitions("d", {}, opts));
    const definitions = all.filter(({ type }) => type === `${token}Patch`);
    expect(definitions).to.have.length(12);
    for (const { inputs } of definitions)
      expect(at(inputs, "metadata", "annotations")).to.deep.equal({
        "pulumi.com/patchFieldManager": "pulumi-apisix-canary",
        "pulumi.com/patchForce": "true",
      });
    expect(options.every(({ retained }) => retained)).to.equal(true);
    // A stack that has them as a plain resource keeps its objects: without this the engine would delete them.
    for (const { aliases } of options) expect(aliases).to.deep.include({ type: token });
  });

  it("of APISIX are left to another manager where they are told to", async () => {
    const { all } = await watched((opts) => new ApisixDefinitions("d", { takeOver: false }, opts));
    for (const { inputs } of all.filter(({ type }) => type === `${token}Patch`))
      expect(at(inputs, "metadata", "annotations")).not.to.have.property("pulumi.com/patchForce");
  });

  it("go with a destroy where they are told to", async () => {
    const { all, options } = await watched((opts) => new ApisixDefinitions("d", { keepOnDestroy: false }, opts));
    expect(all.filter(({ type }) => type === token)).to.have.length(12);
    expect(options.some(({ retained }) => retained)).to.equal(false);
    for (const { aliases } of options) expect(aliases).to.deep.include({ type: `${token}Patch` });
  });

  it("of our own kind are kept too", async () => {
    const { all, options } = await watched((opts) => new CanaryDefinitions("d", {}, opts));
    const definition = only(all, "CustomResourceDefinitionPatch");
    expect(at(definition, "metadata", "name")).to.equal("canaryreleases.apisix-canary.io");
    expect(at(definition, "metadata", "annotations", "pulumi.com/patchForce")).to.equal("true");
    expect(options).to.have.length(1);
    expect(options[0]?.retained).to.equal(true);
    const own = await watched((opts) => new CanaryDefinitions("d", { keepOnDestroy: false }, opts));
    expect(own.options[0]?.retained).to.equal(false);
  });

  it("are known by the names that they always had: another would delete them", async () => {
    const all = await register(() => new CanaryDefinitions("edge-release"));
    expect(all.map(({ type, name }) => `${type} ${name}`)).to.deep.equal([
      "apisix-canary:index:ReleaseDefinition edge-release",
      `${token}Patch edge-release-canaryreleases`,
    ]);
  });

  it("refuse what they do not know", async () => {
    const wrong: object = { keepOnDestory: true };
    expect(await refusal(() => new CanaryDefinitions("d", wrong))).to.equal(
      'CanaryDefinitions: unknown argument "keepOnDestory": did you mean "keepOnDestroy"?',
    );
  });
});

/** Facts of `config/crd/bases` of apache/apisix-ingress-controller 2.2.0: what a kind's spec and its main parts need. */
const needs: readonly (readonly [kind: string, path: readonly string[], required: readonly string[]])[] = [
  ["apisixroutes", ["http", "[]"], ["name"]],
  ["apisixroutes", ["http", "[]", "match"], ["paths"]],
  ["apisixroutes", ["http", "[]", "backends", "[]"], ["serviceName", "servicePort"]],
  ["apisixroutes", ["http", "[]", "plugins", "[]"], ["name", "enable"]],
  ["apisixroutes", ["http", "[]", "authentication"], ["enable", "type"]],
  ["apisixtlses", [], ["hosts", "secret"]],
  ["apisixtlses", ["secret"], ["name", "namespace"]],
  ["apisixtlses", ["client", "caSecret"], ["name", "namespace"]],
  ["apisixglobalrules", [], ["plugins"]],
  ["apisixpluginconfigs", [], ["plugins"]],
  ["gatewayproxies", [], ["provider"]],
  ["gatewayproxies", ["provider", "controlPlane"], ["auth"]],
  ["backendtrafficpolicies", [], ["targetRefs"]],
  ["httproutepolicies", [], ["targetRefs"]],
  ["l4routepolicies", [], ["targetRefs"]],
  ["pluginconfigs", [], ["plugins"]],
];

describe("the schemas of APISIX's kinds", () => {
  let all: readonly Registered[];
  before(async () => (all = await register(() => new ApisixDefinitions("d"))));

  const version = (plural: string): unknown =>
    at(only(all, "CustomResourceDefinitionPatch", `${plural}.`), "spec", "versions", 0);
  const schemaAt = (plural: string, path: readonly string[]): unknown =>
    path.reduce(
      (schema: unknown, key) => (key === "[]" ? at(schema, "items") : at(schema, "properties", key)),
      at(version(plural), "schema", "openAPIV3Schema", "properties", "spec"),
    );

  for (const [plural, path, required] of needs)
    it(`need ${required.join(", ")} in ${[plural, ...path].join(".")}`, () => {
      expect(at(schemaAt(plural, path), "required")).to.have.members([...required]);
    });

  it("fill in what the controller relies on", () => {
    const fallback = (plural: string, ...path: string[]): unknown => at(schemaAt(plural, path), "default");
    expect(fallback("apisixroutes", "http", "[]", "plugins", "[]", "enable")).to.equal(true);
    expect(fallback("apisixroutes", "http", "[]", "backends", "[]", "weight")).to.equal(100);
    expect(fallback("backendtrafficpolicies", "timeout", "read")).to.equal("60s");
    expect(fallback("consumers", "gatewayRef", "kind")).to.equal("Gateway");
  });

  it("tell rules by their names, and keep fields of later versions", () => {
    expect(schemaAt("apisixroutes", ["http"])).to.deep.include({
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    });
    expect(at(schemaAt("apisixtlses", []), "x-kubernetes-preserve-unknown-fields")).to.equal(true);
  });

  it("have a status where the controller writes one", () => {
    expect(at(version("apisixtlses"), "subresources")).to.deep.equal({ status: {} });
    expect(at(version("gatewayproxies"), "subresources")).to.equal(undefined);
  });
});

describe("an ApisixTls", () => {
  it("shows a Secret's certificate for hosts", async () => {
    const args = { name: "shop", namespace: "test", ingressClassName: "apisix", hosts: ["*.example.com"] };
    const all = await register(() => apisixTls("shop-tls", { ...args, secretName: "shop-tls" }, {}));
    expect(at(only(all, "ApisixTls"), "spec")).to.deep.equal({
      ingressClassName: "apisix",
      hosts: ["*.example.com"],
      secret: { name: "shop-tls", namespace: "test" },
    });
  });
});
