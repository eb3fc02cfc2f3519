import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { at } from "../../../release/watchdog/json.js";
import { Watchdog } from "../../../release/watchdog/watchdog.js";
import { FakeApi } from "./fake-api.js";

const release = "/apis/apisix-canary.io/v1/namespaces/test/canaryreleases/podinfo";
const route = "/apis/apisix.apache.org/v2/namespaces/test/apisixroutes/podinfo-podinfo-canary";
const canary = "/apis/apps/v1/namespaces/test/deployments/podinfo";
const primary = `${canary}-primary`;
const lease = "/apis/coordination.k8s.io/v1/namespaces/test/leases/apisix-canary-podinfo";
const slices = "/apis/discovery.k8s.io/v1/namespaces/test/endpointslices";

function cluster(status: object = {}, primaryRevision = "r1"): FakeApi {
  const fake = new FakeApi();
  const deployment = (replicas: number, revision: string) => ({
    metadata: { generation: 1 },
    spec: { replicas, template: { metadata: { annotations: { "apisix-canary.io/revision": revision } } } },
    status: { observedGeneration: 1, replicas, updatedReplicas: replicas, availableReplicas: replicas },
  });
  fake.put(release, {
    metadata: { name: "podinfo", namespace: "test", uid: "u1" },
    spec: { targetRef: { name: "podinfo" }, service: { name: "podinfo" } },
    status: {
      phase: "Progressing",
      canaryWeight: 30,
      plannedWeight: 50,
      revision: "r2",
      fence: 4,
      drainSeconds: 5,
      routeName: "podinfo-podinfo-canary",
      heartbeat: { holder: "laptop", beat: 7 },
      ...status,
    },
  });
  const backends = [
    { serviceName: "podinfo-primary", weight: 70 },
    { serviceName: "podinfo-canary", weight: 30 },
  ];
  fake.put(route, { metadata: { annotations: { "apisix-canary.io/fence": "4" } }, spec: { http: [{ backends }] } });
  fake.put(canary, deployment(1, "r2"));
  fake.put(primary, deployment(2, primaryRevision));
  fake.put(lease, { metadata: {}, spec: { holderIdentity: "laptop", leaseDurationSeconds: 15, leaseTransitions: 4 } });
  fake.put(`${slices}/a`, { metadata: {}, endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true } }] });
  return fake;
}

function watching(fake: FakeApi, podName = "w-1") {
  const clock = { ms: 0 };
  const lines: string[] = [];
  const watchdog = new Watchdog(
    { watchdogAfterSeconds: 30, namespaces: undefined, ownNamespace: "apisix", podName, alertUrl: undefined },
    {
      api: fake.api,
      nowMs: () => clock.ms,
      sleep: (milliseconds) => ((clock.ms += milliseconds), Promise.resolve()),
      log: (line) => void lines.push(line),
    },
  );
  /** Looks every 2 s for so long, and waits for what was begun. */
  const watch = async (seconds: number): Promise<void> => {
    for (let elapsed = 0; elapsed <= seconds; elapsed += 2, clock.ms += 2000) await watchdog.look();
    await watchdog.stop();
  };
  return { watchdog, watch, clock, lines };
}

const weights = (fake: FakeApi) =>
  [0, 1].map((each) => at(fake.get(route), "spec", "http", 0, "backends", each, "weight"));

describe("the watchdog", () => {
  it("takes back a release whose machine is gone: fence, weight 0, drain, canary to 0, Failed, Event", async () => {
    const fake = cluster();
    const { watch } = watching(fake);
    await watch(32);
    expect(weights(fake)).to.deep.equal([100, 0]);
    expect(at(fake.get(canary), "spec", "replicas")).to.equal(0);
    expect(at(fake.get(primary), "spec", "replicas")).to.equal(2);
    expect(at(fake.get(release), "status")).to.deep.include({ phase: "Failed", canaryWeight: 0, plannedWeight: 0 });
    expect(at(fake.get(release), "status", "message")).to.match(
      /^taken back by the watchdog: its run gave no sign of life/,
    );
    expect(at(fake.get(release), "status", "fence")).to.equal(6);
    expect(at(fake.get(route), "metadata", "annotations", "apisix-canary.io/fence")).to.equal("6");
    expect(at(fake.get(lease), "spec", "holderIdentity")).to.equal(undefined);
    const order = fake.writes.filter((write) => !/\/leases(\/|$)/.test(write));
    expect(order.map((write) => write.replace(/\/\S*\//, ""))).to.deep.equal([
      "JSON podinfo-podinfo-canary",
      "MERGE status",
      "JSON podinfo-podinfo-canary",
      "JSON podinfo",
      "MERGE status",
      "POST events",
    ]);
  });

  it("leaves a run that beats", async () => {
    const fake = cluster();
    const { watch, clock } = watching(fake);
    fake.before = () =>
      Object.assign(at(fake.get(release), "status", "heartbeat") as object, { beat: Math.floor(clock.ms / 10_000) });
    await watch(120);
    expect(weights(fake)).to.deep.equal([70, 30]);
    expect(
      fake.writes.filter((write) => !write.includes("apisix-canary-watchdog") && !write.endsWith("/leases")),
    ).to.deep.equal([]);
  });

  it("proves nothing while it can't reach the API server itself", async () => {
    const fake = cluster();
    const { watch, clock, lines } = watching(fake);
    fake.before = () => {
      if (clock.ms > 10_000 && clock.ms < 60_000) throw new Error("connection refused");
    };
    await watch(80);
    expect(weights(fake)).to.deep.equal([70, 30]);
    expect(lines.some((line) => line.includes("connection refused"))).to.equal(true);
  });

  it("begins anew after it was paused itself", async () => {
    const fake = cluster();
    const { watchdog, watch, clock } = watching(fake);
    await watchdog.look();
    clock.ms += 3_600_000;
    await watch(10);
    expect(weights(fake)).to.deep.equal([70, 30]);
  });

  it("gives way to a run that takes over while it drains", async () => {
    const fake = cluster();
    const { watch, clock } = watching(fake);
    let drained = false;
    fake.before = (method, path) => {
      if (method !== "JSON" || !path.endsWith("apisix-canary-podinfo") || drained || clock.ms < 32_000) return;
      drained = true;
      Object.assign(at(fake.get(lease), "spec") as object, { holderIdentity: "new-run" });
    };
    await watch(34);
    expect(drained).to.equal(true);
    expect(at(fake.get(canary), "spec", "replicas")).to.equal(1);
    expect(at(fake.get(release), "status", "phase")).to.equal("Progressing");
  });

  it("keeps the canary's pods while the gateway's sync is frozen, and takes them when it works again", async () => {
    const fake = cluster();
    const sync = (status: string) =>
      Object.assign(fake.get(route), { status: { conditions: [{ type: "Accepted", status }] } });
    sync("False");
    const { watch, lines } = watching(fake);
    await watch(60);
    expect(weights(fake)).to.deep.equal([100, 0]);
    expect(at(fake.get(canary), "spec", "replicas")).to.equal(1);
    expect(at(fake.get(release), "status", "phase")).to.equal("Progressing");
    expect(lines.join()).to.contain("the gateway's sync is frozen");
    sync("True");
    await watch(60);
    expect(at(fake.get(canary), "spec", "replicas")).to.equal(0);
    expect(at(fake.get(release), "status", "phase")).to.equal("Failed");
  });

  it("does not scale a canary that somebody changed after it was read", async () => {
    const fake = cluster();
    fake.before = (method, path) => {
      if (method === "JSON" && path === canary) fake.put(canary, fake.get(canary));
    };
    await watching(fake).watch(34);
    expect(fake.writes).to.include(`JSON ${canary}`);
    expect(at(fake.get(canary), "spec", "replicas")).to.equal(1);
    expect(at(fake.get(release), "status", "phase")).to.equal("Progressing");
  });

  it("leaves the split where the primary carries the new revision and is not ready with it", async () => {
    const fake = cluster({ phase: "Promoting" }, "r2");
    Object.assign(at(fake.get(primary), "status") as object, { updatedReplicas: 1 });
    const { watch, lines } = watching(fake);
    await watch(60);
    expect(weights(fake)).to.deep.equal([70, 30]);
    expect(at(fake.get(release), "status", "phase")).to.equal("Promoting");
    expect(lines.join()).to.contain("already carries the new revision and is not ready with it");
  });

  it("leaves room for a new run between its tries, and tells a trouble that stays once", async () => {
    const status = { phase: "WaitingPromotion", handoverSeconds: 10, handoverDeadline: "t" };
    const fake = cluster(status, "r2");
    Object.assign(at(fake.get(primary), "status") as object, { updatedReplicas: 1 });
    Object.assign(at(fake.get(lease), "spec") as object, { holderIdentity: "" });
    await watching(fake).watch(80);
    const takes = fake.writes.filter((write) => write === `PUT ${lease}`).length;
    expect(takes).to.be.within(2, 5);
    expect(fake.writes.filter((write) => write.endsWith("/events"))).to.have.length(1);
    expect(weights(fake)).to.deep.equal([70, 30]);
  });

  it("finishes the shift where the primary is ready with the new revision, and does not call it promoted", async () => {
    const fake = cluster(
      { phase: "Promoting", judged: { revision: "r2", verdict: "passed" }, promotedRevision: "r1" },
      "r2",
    );
    const { watch } = watching(fake);
    await watch(34);
    expect(weights(fake)).to.deep.equal([100, 0]);
    const status = at(fake.get(release), "status");
    expect(status).to.deep.include({ phase: "Failed", promotedRevision: "r1" });
    expect(status).to.have.nested.property("judged.verdict", "passed");
    expect(at(status, "message")).to.contain("run the update again to finish the promotion");
  });

  it("acts once where several replicas watch", async () => {
    const fake = cluster();
    const one = watching(fake);
    const two = watching(fake, "w-2");
    for (let elapsed = 0; elapsed <= 40; elapsed += 2, one.clock.ms += 2000, two.clock.ms += 2000)
      await Promise.all([one.watchdog.look(), two.watchdog.look()]);
    await Promise.all([one.watchdog.stop(), two.watchdog.stop()]);
    expect(fake.writes.filter((write) => write === "POST /api/v1/namespaces/test/events")).to.have.length(1);
  });
});

describe("the watchdog's program", () => {
  it("needs nothing but Node and its own folder", () => {
    const folder = path.join(__dirname, "../../../release/watchdog");
    const files = readdirSync(folder).filter((file) => file.endsWith(".js"));
    expect(files).to.include("main.js");
    for (const file of files)
      for (const [, wanted] of readFileSync(path.join(folder, file), "utf8").matchAll(/require\("([^"]+)"\)/g))
        expect(wanted, file).to.match(/^(node:|\.\/)/);
  });
});
