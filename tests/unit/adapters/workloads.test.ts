import { expect } from "chai";
import { adaptersAt, closeServers, errorOf, noSignal, playApi } from "./fixture.js";
import type { Seen, PlayedServer } from "./fixture.js";

const canaryPath = "/apis/apps/v1/namespaces/test/deployments/podinfo";
const podsPath = "/api/v1/namespaces/test/pods";

const last = (server: PlayedServer): Seen | undefined => server.seen.at(-1);
const bodyOf = (seen: Seen | undefined): unknown => JSON.parse(seen?.body ?? "null");

describe("Deployments and pods", () => {
  afterEach(closeServers);

  const deployment = (template: object) => ({
    metadata: { generation: 2 },
    spec: { replicas: 3, selector: { matchLabels: { app: "podinfo" } }, template },
    status: { observedGeneration: 2, replicas: 3, updatedReplicas: 2, availableReplicas: 1 },
  });
  const template = {
    metadata: { annotations: { "apisix-canary.io/revision": "r1" } },
    spec: { a: 1, b: { c: 2, d: 3 } },
  };

  it("are read with a hash that only content changes", async () => {
    const read = async (found: object) => {
      const server = await playApi({ [`GET ${canaryPath}`]: deployment(found) });
      return adaptersAt(server.url).cluster.readWorkload("canary", noSignal);
    };
    const first = await read(template);
    expect(first).to.deep.include({
      revision: "r1",
      generation: 2,
      replicas: 3,
      updatedReplicas: 2,
      availableReplicas: 1,
    });
    const reordered = { spec: { b: { d: 3, c: 2 }, a: 1 }, metadata: template.metadata };
    expect((await read(reordered))?.templateHash).to.equal(first?.templateHash);
    expect((await read({ ...template, spec: { a: 2 } }))?.templateHash).not.to.equal(first?.templateHash);
  });

  const routePath = "/apis/apisix.apache.org/v2/namespaces/test/apisixroutes/podinfo-podinfo-canary";
  const seenAs = (resourceVersion: string) => ({ ...deployment(template), metadata: { resourceVersion } });
  const fenced = (fence: string) => ({
    metadata: { annotations: { "apisix-canary.io/fence": fence } },
    spec: { http: [] },
  });

  it("are scaled by a patch of the Deployment that was read before the token was tested", async () => {
    const answers = { [`GET ${canaryPath}`]: seenAs("7"), [`GET ${routePath}`]: fenced("4") };
    const server = await playApi({ ...answers, [`PATCH ${canaryPath}`]: {} });
    await adaptersAt(server.url).cluster.scaleCanary(2, 4, noSignal);
    expect(server.seen.map(({ method, url }) => `${method} ${url.replace(/\?.*/, "")}`)).to.deep.equal([
      `GET ${canaryPath}`,
      `GET ${routePath}`,
      `PATCH ${canaryPath}`,
    ]);
    expect(last(server)?.headers["content-type"]).to.equal("application/json-patch+json");
    expect(bodyOf(last(server))).to.deep.equal([
      { op: "test", path: "/metadata/resourceVersion", value: "7" },
      { op: "add", path: "/spec/replicas", value: 2 },
    ]);
  });

  it("are not scaled by a run that was taken over, and are tried again when they change in between", async () => {
    const taken = await playApi({ [`GET ${canaryPath}`]: seenAs("7"), [`GET ${routePath}`]: fenced("5") });
    const refused = await errorOf(adaptersAt(taken.url).cluster.scaleCanary(0, 4, noSignal));
    expect(refused.name).to.equal("FencedError");
    expect(taken.seen.some(({ method }) => method === "PATCH")).to.equal(false);
    let patches = 0;
    const changing = await playApi({
      [`GET ${canaryPath}`]: seenAs("7"),
      [`PATCH ${canaryPath}`]: () => ((patches += 1) < 3 ? [422, {}] : {}),
    });
    await adaptersAt(changing.url).cluster.scaleCanary(0, 4, noSignal);
    expect(patches).to.equal(3);
  });

  it("are gone where nobody finds them: they have no pods", async () => {
    const { cluster } = adaptersAt((await playApi({})).url);
    await cluster.scaleCanary(0, 4, noSignal);
    expect((await errorOf(cluster.scaleCanary(1, 4, noSignal))).message).to.contain("does not exist");
  });

  it("have addresses: ready, not ready and terminating", async () => {
    const endpoints = [
      { addresses: ["10.0.0.1"], conditions: { ready: true } },
      { addresses: ["10.0.0.2"], conditions: { ready: false } },
      { addresses: ["10.0.0.3"], conditions: { ready: true, terminating: true } },
      { addresses: ["10.0.0.4"] },
      { addresses: ["10.0.0.1"], conditions: { ready: true } },
    ];
    const path = "/apis/discovery.k8s.io/v1/namespaces/test/endpointslices";
    const server = await playApi({ [`GET ${path}`]: { items: [{ endpoints }, { endpoints: null }] } });
    const found = await adaptersAt(server.url).cluster.readEndpoints("canary", noSignal);
    expect(found).to.deep.equal({ nodes: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"], ready: 2 });
    expect(last(server)?.url).to.contain("labelSelector=kubernetes.io%2Fservice-name%3Dpodinfo-canary");
  });

  const podOf = (revision: string, containerStatus: object, more: object = {}) => ({
    metadata: { name: "p", annotations: { "apisix-canary.io/revision": revision }, ...more },
    status: {
      podIP: `10.1.0.${revision.slice(1)}`,
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [{ name: "c", restartCount: 2, ...containerStatus }],
    },
  });
  const withPods = async (...items: readonly object[]) => {
    const server = await playApi({ [`GET ${canaryPath}`]: deployment(template), [`GET ${podsPath}`]: { items } });
    return adaptersAt(server.url).cluster;
  };

  it("are told apart by revision", async () => {
    const cluster = await withPods(podOf("r1", {}), podOf("r2", {}), podOf("r1", {}, { deletionTimestamp: "now" }));
    expect(await cluster.readRevisionNodes("canary", "r1", noSignal)).to.deep.equal({ nodes: ["10.1.0.1"], ready: 1 });
  });

  const waiting = (reason: string, message = "") => ({ state: { waiting: { reason, message } } });
  const troubles: readonly (readonly [object, string | undefined])[] = [
    [waiting("ContainerCreating"), undefined],
    [
      { ...waiting("CrashLoopBackOff"), lastState: { terminated: { exitCode: 3 } } },
      "CrashLoopBackOff container c: CrashLoopBackOff (exit code 3, 2 restarts)",
    ],
    [{ lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } } }, "OOMKilled container c ran out of memory"],
    [waiting("ErrImagePull", "no\nsuch image"), "ImagePull container c: ErrImagePull: no such image"],
    [waiting("InvalidImageName"), "ImagePull container c: InvalidImageName"],
    [
      waiting("CreateContainerConfigError", "no configmap"),
      "ConfigError container c: CreateContainerConfigError: no configmap",
    ],
  ];
  for (const [containerStatus, expected] of troubles)
    it(`are ${expected ?? "not in trouble while they start"}`, async () => {
      const found = await (await withPods(podOf("r1", containerStatus))).readCanaryTrouble(noSignal);
      expect(found && `${found.reason} ${found.message}`).to.equal(expected);
    });

  it("of another revision or going away are no trouble of this one", async () => {
    const bad = waiting("CrashLoopBackOff");
    const cluster = await withPods(podOf("r0", bad), podOf("r1", bad, { deletionTimestamp: "now" }));
    expect(await cluster.readCanaryTrouble(noSignal)).to.equal(undefined);
  });
});
