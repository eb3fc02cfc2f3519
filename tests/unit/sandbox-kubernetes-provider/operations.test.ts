// Tests of the sandbox's Kubernetes provider stand-in against a played API server.
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { managerOf } from "../../../sandbox/kubernetes-provider/apply.js";
import { checked } from "../../../sandbox/kubernetes-provider/check.js";
import { NotReadyError } from "../../../sandbox/kubernetes-provider/failures.js";
import { create, idOf, read, relinquish, remove, update } from "../../../sandbox/kubernetes-provider/operations.js";
import { configured } from "../../../sandbox/kubernetes-provider/provider.js";
import type { Provider } from "../../../sandbox/kubernetes-provider/provider.js";
import { secret, toObject, unknownMarker } from "../../../sandbox/kubernetes-provider/values.js";
import type { ValueObject } from "../../../sandbox/kubernetes-provider/values.js";
import { FakeApiServer } from "./fake-api-server.js";

const urn = "urn:pulumi:dev::p::kubernetes:core/v1:ConfigMap::cm";
const manager = managerOf(urn);
const path = "/api/v1/namespaces/n/configmaps/cm";

function configMap(annotations: ValueObject = {}, data: ValueObject = { a: "1" }): ValueObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "cm", namespace: "n", annotations }, data };
}

function operation(inputs: ValueObject, isPreview = false) {
  return { urn, inputs, isPreview, timeoutSeconds: 0, ignored: [] };
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("no failure");
}

describe("Kubernetes provider stand-in: operations", () => {
  let server: FakeApiServer;
  let provider: Provider;
  let shown: string[];
  beforeEach(async () => {
    server = new FakeApiServer();
    await server.start();
    shown = [];
    const log = { statusOf: () => ({ warn: (text: string) => shown.push(text), clear: () => shown.push("") }) };
    provider = configured({ kubeconfig: secret(server.kubeconfig) }, new AbortController().signal, log);
  });
  afterEach(() => server.stop());

  it("names and places what the program doesn't, and keeps unknowns", async () => {
    const request = {
      logicalName: "cm",
      olds: {},
      seed: new Uint8Array([1]),
      defaultNamespace: provider.defaultNamespace,
    };
    const news = { apiVersion: "v1", kind: "ConfigMap", data: { a: unknownMarker } };
    const inputs = await checked({ ...request, news }, provider.cluster.discovery);
    expect(idOf(inputs)).to.match(/^apart\/cm-[0-9a-f]{8}$/);
    expect(inputs["data"]).to.deep.equal(news.data);
    const again = await checked(
      { ...request, seed: new Uint8Array([2]), olds: inputs, news },
      provider.cluster.discovery,
    );
    expect(idOf(again)).to.equal(idOf(inputs));
    const namespace = await checked(
      { ...request, news: { apiVersion: "v1", kind: "Namespace" } },
      provider.cluster.discovery,
    );
    expect(idOf(namespace)).to.match(/^cm-[0-9a-f]{8}$/);
  });

  it("creates with a POST, and in a preview not at all", async () => {
    server.on("POST /api/v1/namespaces/n/configmaps", (request) => ({ body: toObject(request.body) }));
    expect(await create(provider.cluster, operation(configMap(), true))).to.deep.equal(configMap());
    expect(server.seen).to.deep.equal([]);
    expect(await create(provider.cluster, operation(configMap()))).to.deep.equal(configMap());
    expect(server.seen.at(-1)?.query).to.deep.equal({ fieldManager: "pulumi-kubernetes" });
  });

  it("takes its own create over before the first apply, but not in a preview", async () => {
    const managedFields = [
      { manager: "pulumi-kubernetes", operation: "Update" },
      { manager: "other", operation: "Update" },
    ];
    server.on(`GET ${path}`, () => ({ body: toObject({ metadata: { resourceVersion: "7", managedFields } }) }));
    server.on(`PATCH ${path}`, () => ({ body: configMap() }));
    await update(provider.cluster, operation(configMap(), true));
    expect(server.seen.filter(({ method }) => method === "PATCH")).to.deep.equal([]);
    await update(provider.cluster, operation(configMap({ "pulumi.com/patchForce": "true" })));
    const [takeOver, apply] = server.seen.filter(({ method }) => method === "PATCH");
    expect(takeOver?.body).to.deep.equal([
      { op: "replace", path: "/metadata/managedFields", value: [{ manager, operation: "Apply" }, managedFields[1]] },
      { op: "replace", path: "/metadata/resourceVersion", value: "7" },
    ]);
    expect(apply?.query).to.deep.equal({ fieldManager: manager, force: "true" });
  });

  it("applies a …Patch whether the object exists or not, under the manager that it names, and only lets go of it", async () => {
    const patch = {
      ...operation(configMap({ "pulumi.com/patchFieldManager": "ours" })),
      urn: `${urn.slice(0, -4)}Patch::cm`,
    };
    server.on(`PATCH ${path}`, () => ({ body: configMap() }));
    await create(provider.cluster, patch);
    server.on(`GET ${path}`, () => ({
      body: toObject({ metadata: { managedFields: [{ manager: "pulumi-kubernetes", operation: "Update" }] } }),
    }));
    await update(provider.cluster, patch);
    await relinquish(provider.cluster, patch.urn, patch.inputs);
    const written = server.seen.filter(({ method }) => method !== "GET");
    expect(written.map(({ method, query }) => [method, query["fieldManager"]])).to.deep.equal([
      ["PATCH", "ours"],
      ["PATCH", "ours"],
      ["PATCH", "ours"],
    ]);
    expect(written.at(-1)?.body).to.deep.equal({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "cm" } });
  });

  it("names manager and fields of a conflict in one line", async () => {
    const cause = {
      reason: "FieldManagerConflict",
      message: 'conflict with "apisix-canary" using v1',
      field: ".data.a",
    };
    server.on(`GET ${path}`, () => ({
      body: toObject({ metadata: { managedFields: [{ manager, operation: "Apply" }] } }),
    }));
    server.on(`PATCH ${path}`, () => ({ status: 409, body: toObject({ code: 409, details: { causes: [cause] } }) }));
    const { message } = await failureOf(update(provider.cluster, operation(configMap())));
    expect(message).to.include('"apisix-canary" owns .data.a').and.not.include("\n");
  });

  it("waits, and hands the object over when it doesn't become what the program waits for", async () => {
    const wanted = configMap({ "pulumi.com/waitFor": "jsonpath={.data.b}=2", "pulumi.com/timeoutSeconds": "0.2" });
    server.on("POST /api/v1/namespaces/n/configmaps", () => ({ body: wanted }));
    server.on(`GET ${path}`, () => ({ body: wanted }));
    const failure = await failureOf(create(provider.cluster, operation(wanted)));
    expect(failure).to.be.instanceOf(NotReadyError);
    expect(failure instanceof NotReadyError && failure.reasons.at(-1)).to.equal("not met: jsonpath={.data.b}=2");
  });

  it("writes nothing for an annotation that means nothing", async () => {
    const failure = await failureOf(create(provider.cluster, operation(configMap({ "pulumi.com/waitFor": "x" }))));
    expect(failure.message).to.include("pulumi.com/waitFor");
    expect(server.seen.some(({ method }) => method === "POST")).to.equal(false);
  });

  it("deletes and waits until the object is gone; gone already is fine", async () => {
    let asked = 0;
    await remove(provider.cluster, configMap(), 0, urn);
    server.on(`GET ${path}`, () => {
      asked++;
      return asked < 4 ? { body: configMap() } : { status: 404, body: {} };
    });
    server.on(`DELETE ${path}`, () => ({ body: {} }));
    await remove(provider.cluster, configMap(), 0, urn);
    expect(asked).to.equal(4);
  });

  it("keeps who manages what in its outputs, as the real plugin does", async () => {
    const managedFields = [{ manager: "pulumi-kubernetes", operation: "Update" }];
    const stored = { ...configMap(), metadata: { name: "cm", namespace: "n", managedFields } };
    server.on("POST /api/v1/namespaces/n/configmaps", () => ({ body: toObject(stored) }));
    expect(await create(provider.cluster, operation(configMap()))).to.deep.equal(stored);
    server.on(`GET ${path}`, () => ({ body: toObject(stored) }));
    expect(await read(provider.cluster, configMap())).to.deep.equal(stored);
  });

  it("shows an object's Warning Events, old ones too, while it waits for it and while it deletes it", async () => {
    const stored = { ...configMap(), metadata: { name: "cm", namespace: "n", uid: "u1" } };
    const events = [{ reason: "Failed", message: "taken back" }];
    server.on("GET /api/v1/namespaces/n/events", ({ query }) => ({
      body: toObject({ items: query["fieldSelector"] === "involvedObject.uid=u1,type=Warning" ? events : [] }),
    }));
    const wanted = configMap({ "pulumi.com/waitFor": "jsonpath={.data.a}=1" });
    server.on("POST /api/v1/namespaces/n/configmaps", () => ({ body: toObject({ ...stored, data: { a: "1" } }) }));
    await create(provider.cluster, operation(wanted));
    expect(shown).to.deep.equal(["Failed: taken back", ""]);
    shown = [];
    let asked = 0;
    server.on(`GET ${path}`, () => (asked++ === 0 ? { body: toObject(stored) } : { status: 404, body: {} }));
    server.on(`DELETE ${path}`, () => ({ body: {} }));
    await remove(provider.cluster, configMap(), 0, urn);
    expect(shown[0]).to.equal("Failed: taken back");
  });

  it("has no flag that tells its version", () => {
    const main = require.resolve("../../../sandbox/kubernetes-provider/main.js");
    const { status, stderr } = spawnSync(process.execPath, [main, "--version"], { encoding: "utf8" });
    expect(status).to.equal(2);
    expect(stderr).to.contain("flag provided but not defined: -version");
  });

  it("reads nothing where nothing is, also of an unknown kind", async () => {
    expect(await read(provider.cluster, configMap())).to.equal(undefined);
    expect(await read(provider.cluster, { ...configMap(), apiVersion: "x.org/v1", kind: "X" })).to.equal(undefined);
  });

  it("says that a cluster is unreachable, without the kubeconfig's contents", async () => {
    server.stop();
    const refused = await failureOf(create(provider.cluster, operation(configMap())));
    expect(refused.message).to.match(/^configured Kubernetes cluster is unreachable: .*ECONNREFUSED/);
    const broken = configured({ kubeconfig: "{ token: verysecret" }, new AbortController().signal);
    const unread = await failureOf(create(broken.cluster, operation(configMap())));
    expect(unread.message).to.equal("configured Kubernetes cluster is unreachable: the kubeconfig can't be read");
  });
});
