// Tests of the sandbox's Kubernetes provider stand-in: what needs no cluster.
import { expect } from "chai";
import { withoutIgnored } from "../../../sandbox/kubernetes-provider/apply.js";
import { changesBetween } from "../../../sandbox/kubernetes-provider/diff.js";
import { launcherScript } from "../../../sandbox/kubernetes-provider/launcher.js";
import { liveInputs } from "../../../sandbox/kubernetes-provider/refresh.js";
import {
  hasUnknown,
  plain,
  secret,
  secretContents,
  secretsLike,
  unknownMarker,
} from "../../../sandbox/kubernetes-provider/values.js";
import type { Value, ValueObject } from "../../../sandbox/kubernetes-provider/values.js";
import { conditionsOf, waitForReadiness } from "../../../sandbox/kubernetes-provider/wait-for.js";
import { ApiClient } from "../../../sandbox/kubernetes-provider/client.js";

function route(http: Value, metadata: ValueObject = {}): ValueObject {
  return {
    apiVersion: "apisix.apache.org/v2",
    kind: "ApisixRoute",
    metadata: { name: "r", namespace: "n", ...metadata },
    spec: { http },
  };
}

describe("Kubernetes provider stand-in: secrets and unknowns", () => {
  it("unwraps secrets at any depth and wraps the same places again", () => {
    const inputs = { a: secret({ b: "x" }), list: ["y", secret("z")] };
    expect(plain(inputs)).to.deep.equal({ a: { b: "x" }, list: ["y", "z"] });
    const outputs = secretsLike({ a: { b: "x" }, list: ["y", "z"], more: 1 }, inputs);
    expect(outputs).to.deep.equal({ a: secret({ b: "x" }), list: ["y", secret("z")], more: 1 });
  });

  it("takes a Secret's contents for secret, once", () => {
    const marked = secretContents({ apiVersion: "v1", kind: "Secret", data: { a: "b" } });
    expect(marked["data"]).to.deep.equal(secret({ a: "b" }));
    expect(secretContents(marked)).to.deep.equal(marked);
  });

  it("finds an unknown inside a secret", () => {
    expect(hasUnknown({ a: [secret({ b: unknownMarker })] })).to.equal(true);
    expect(hasUnknown({ a: ["b"] })).to.equal(false);
  });
});

describe("Kubernetes provider stand-in: diff", () => {
  it("names each changed place", () => {
    const changes = changesBetween(
      route([{ name: "a", weight: 1 }], { labels: { "a.b/c": "1" } }),
      route([{ name: "a", weight: 2 }, { name: "b" }], { labels: {} }),
    );
    expect(changes).to.deep.equal([
      { path: 'metadata.labels["a.b/c"]', kind: "delete", replaces: false },
      { path: "spec.http[0].weight", kind: "update", replaces: false },
      { path: "spec.http[1]", kind: "add", replaces: false },
    ]);
  });

  it("replaces for another name, namespace or selector, also while it is unknown", () => {
    const deployment = (name: string, app: string): ValueObject => ({
      kind: "Deployment",
      metadata: { name },
      spec: { selector: { matchLabels: { app } } },
    });
    expect(changesBetween(deployment("a", "x"), deployment("b", "x"))[0]?.replaces).to.equal(true);
    expect(changesBetween(deployment("a", "x"), deployment("a", unknownMarker))[0]?.replaces).to.equal(true);
    expect(changesBetween(deployment("a", "x"), deployment("a", "x"))).to.deep.equal([]);
  });

  it("sees empty labels as a change every time, and no replacement in a lost guess of the namespace", () => {
    const empty = route([], { labels: {} });
    expect(changesBetween(empty, empty)).to.deep.equal([{ path: "metadata.labels", kind: "add", replaces: false }]);
    const glob = { kind: "Glob", metadata: { name: "g" } };
    expect(changesBetween({ ...glob, metadata: { name: "g", namespace: "default" } }, glob)).to.deep.equal([]);
  });
});

describe("Kubernetes provider stand-in: refresh", () => {
  it("sees drift in what the program sets, nothing else", () => {
    const live = {
      ...route([{ name: "a", weight: 100, extra: true }], { uid: "u", annotations: { foreign: "1" } }),
      status: { ok: true },
    };
    expect(liveInputs(route([{ name: "a", weight: 70 }]), live)).to.deep.equal(route([{ name: "a", weight: 100 }]));
  });

  it("sees removed fields and added items of an atomic list", () => {
    const live = route([{ name: "a" }, { name: "b" }]);
    expect(liveInputs(route([{ name: "a", weight: 70 }], { labels: { x: "1" } }), live)).to.deep.equal(live);
  });

  it("leaves containers that others added alone", () => {
    const pod = (...containers: ValueObject[]): ValueObject => ({
      apiVersion: "v1",
      kind: "Pod",
      spec: { containers },
    });
    const mine = { name: "app", image: "i:1" };
    const live = pod({ name: "sidecar", image: "s" }, { ...mine, image: "i:2", imagePullPolicy: "Always" });
    expect(liveInputs(pod(mine), live)).to.deep.equal(pod({ name: "app", image: "i:2" }));
  });

  it("compares a Secret's stringData with its data", () => {
    const inputs = { apiVersion: "v1", kind: "Secret", stringData: { a: "x" } };
    const live = { apiVersion: "v1", kind: "Secret", data: { a: Buffer.from("y").toString("base64"), b: "eg==" } };
    expect(liveInputs(inputs, live)["stringData"]).to.deep.equal({ a: "y" });
  });
});

describe("Kubernetes provider stand-in: wishes of the program", () => {
  const readiness = (annotation: string, live: ValueObject) =>
    waitForReadiness(conditionsOf(annotation))(new ApiClient(undefined), live, 0);

  it("waits for conditions and paths", () => {
    const live = { spec: { size: 3 }, status: { conditions: [{ type: "Synced", status: "True" }] } };
    expect(readiness("condition=Synced", live)).to.deep.equal({ state: "ready" });
    expect(readiness("jsonpath={.spec.size}=3", live)).to.deep.equal({ state: "ready" });
    expect(readiness('["condition=Synced=False", "jsonpath={.spec.other}"]', live)).to.deep.equal({
      state: "waiting",
      reasons: ["not met: condition=Synced=False", "not met: jsonpath={.spec.other}"],
    });
    expect(() => conditionsOf("ready please")).to.throw(/waitFor.*ready please/);
  });

  it("leaves an ignored field to another owner only", () => {
    const live = {
      metadata: {
        managedFields: [{ manager: "hpa", operation: "Update", fieldsV1: { "f:spec": { "f:replicas": {} } } }],
      },
    };
    const object = { spec: { replicas: 0, paused: true } };
    expect(withoutIgnored(object, ["spec.replicas", "spec.paused"], live, "me")).to.deep.equal({
      spec: { paused: true },
    });
    expect(withoutIgnored(object, ["spec.replicas"], live, "hpa")).to.deep.equal(object);
  });

  it("starts from a shell script whatever its path", () => {
    expect(launcherScript("/n o/node", "/it's/main.js")).to.include(`exec '/n o/node' '/it'\\''s/main.js' "$@"`);
  });
});
