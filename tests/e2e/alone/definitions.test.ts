import { ApiextensionsV1Api, KubeConfig } from "@kubernetes/client-node";
import type { V1CustomResourceDefinition } from "@kubernetes/client-node";
import { expect } from "chai";
import { createDefinition } from "../../../components/crds/index.js";
import type { DefinitionOptions } from "../../../components/crds/index.js";
import { at, core, custom, eventually } from "../harness/cluster.js";
import { platformProgram, TestStack } from "../harness/stacks.js";
import type { Program } from "../harness/stacks.js";

const config = new KubeConfig();
config.loadFromDefault();
const extensions = config.makeApiClient(ApiextensionsV1Api);

/** Identity of each definition of the groups that a platform brings. */
async function definitions(): Promise<Readonly<Record<string, string>>> {
  const { items } = await extensions.listCustomResourceDefinition();
  const ours = items.filter(({ spec }) => ["apisix.apache.org", "apisix-canary.io"].includes(spec.group));
  return Object.fromEntries(ours.map(({ metadata }) => [metadata?.name ?? "", metadata?.uid ?? ""]));
}

const foreign = { group: "apisix.apache.org", version: "v2", namespace: "foreign", plural: "apisixroutes" };

async function foreignRoute(): Promise<unknown> {
  const name = "somebody-elses";
  return custom.getNamespacedCustomObject({ ...foreign, name }).catch(() => undefined);
}

describe("destroying a platform", () => {
  let installed: Readonly<Record<string, string>>;
  let uid: unknown;
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.create("platform");
    await core.createNamespace({ body: { metadata: { name: foreign.namespace } } });
    const rule = { name: "all", match: { paths: ["/*"] }, backends: [{ serviceName: "web", servicePort: 80 }] };
    const body = {
      apiVersion: "apisix.apache.org/v2",
      kind: "ApisixRoute",
      metadata: { name: "somebody-elses" },
      spec: { ingressClassName: "apisix", http: [rule] },
    };
    await custom.createNamespacedCustomObject({ ...foreign, body });
    uid = at(await foreignRoute(), "metadata", "uid");
    installed = await definitions();
  });

  it("leaves the definitions, and with them everybody's routes", async () => {
    expect(Object.keys(installed)).to.have.length(13);
    await stack.destroy();
    await eventually("the gateway's namespace is gone", 60, async () => {
      const found: unknown = await core.readNamespace({ name: "apisix" }).catch(() => "gone");
      return found === "gone";
    });
    expect(await definitions()).to.deep.equal(installed);
    expect(at(await foreignRoute(), "metadata", "uid")).to.equal(uid);
  });

  it("is no hindrance to the next update, although the definitions exist", async () => {
    const update = await stack.up(platformProgram);
    expect(update.failed, update.output).to.equal(false);
    expect(await definitions()).to.deep.equal(installed);
    expect(at(await foreignRoute(), "metadata", "uid")).to.equal(uid);
    expect(await stack.drift()).to.deep.equal({});
    await eventually("the gateway serves the foreign route again", 60, async () =>
      JSON.stringify(at(await foreignRoute(), "status")).includes("True"),
    );
  });
});

const name = "widgets.test.apisix-canary.io";
const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** One version, whose printer column tells one program's from another's. */
function specWith(title: string): V1CustomResourceDefinition["spec"] {
  const columns =
    title === "" ? {} : { additionalPrinterColumns: [{ name: title, type: "string", jsonPath: ".spec" }] };
  return {
    group: "test.apisix-canary.io",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets", singular: "widget", listKind: "WidgetList" },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema }, ...columns }],
  };
}

const program =
  (options: DefinitionOptions, title = ""): Program =>
  () => {
    createDefinition("widgets", { name, spec: specWith(title) }, options, {});
    return Promise.resolve();
  };

const uidOf = async (): Promise<string | undefined> => {
  const found = await extensions.readCustomResourceDefinition({ name }).catch(() => undefined);
  return found?.metadata?.uid;
};

describe("one definition", () => {
  after(() => extensions.deleteCustomResourceDefinition({ name }).catch(() => undefined));

  it("is not replaced, with all objects of its kind, when a stack begins to keep it", async () => {
    const stack = await TestStack.create("definition");
    const plain = await stack.up(program({ keepOnDestroy: false }));
    expect(plain.failed, plain.output).to.equal(false);
    const uid = await uidOf();
    expect(uid).to.be.a("string");
    const kept = await stack.up(program({}));
    expect(kept.failed, kept.output).to.equal(false);
    expect(await uidOf()).to.equal(uid);
    await stack.destroy();
    expect(await uidOf()).to.equal(uid);
  });

  it("is taken up by another stack that has it too, in another version", async () => {
    const uid = await uidOf();
    const one = await TestStack.create("definition-one");
    const other = await TestStack.create("definition-other");
    for (const update of [await one.up(program({}, "Title")), await other.up(program({}, "Name"))])
      expect(update.failed, update.output).to.equal(false);
    expect(await uidOf()).to.equal(uid);
    const live = await extensions.readCustomResourceDefinition({ name });
    expect(live.spec.versions[0]?.additionalPrinterColumns?.[0]?.name).to.equal("Name");
    await Promise.all([one.destroy(), other.destroy()]);
    expect(await uidOf()).to.equal(uid);
  });

  it("goes with a stack that keeps it no longer", async () => {
    const stack = await TestStack.create("definition-last");
    for (const options of [{}, { keepOnDestroy: false }]) {
      const update = await stack.up(program(options));
      expect(update.failed, update.output).to.equal(false);
    }
    await stack.destroy();
    await eventually("the definition is gone", 20, async () => (await uidOf()) === undefined);
  });

  it("of somebody else's is taken up, or left alone with the name of its manager, as the program says", async () => {
    const body: V1CustomResourceDefinition = { metadata: { name }, spec: specWith("") };
    await extensions.createCustomResourceDefinition({ body, fieldManager: "helm" });
    const uid = await uidOf();
    const stack = await TestStack.create("definition-foreign");
    const refused = await stack.up(program({ takeOver: false }, "Title"));
    expect(refused.failed).to.equal(true);
    expect(refused.output).to.match(/conflict[^]*"helm"/);
    const taken = await stack.up(program({}, "Title"));
    expect(taken.failed, taken.output).to.equal(false);
    expect(await uidOf()).to.equal(uid);
    await stack.destroy();
  });
});
