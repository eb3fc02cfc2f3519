import { expect } from "chai";
import { createKubernetesAdapters } from "../../../release/adapters/kubernetes/index.js";
import type { ReleaseStatus } from "../../../release/model/index.js";
import { FencedError, TransientError } from "../../../release/ports/index.js";
import { adaptersAt, closeServers, errorOf, kubeconfigFor, noSignal, playApi, settingsFor } from "./fixture.js";
import type { Seen, PlayedServer } from "./fixture.js";

const status: ReleaseStatus = {
  phase: "Progressing",
  canaryWeight: 10,
  plannedWeight: 50,
  failedChecks: 0,
  iterations: 0,
  lastTransitionTime: "2026-01-01T00:00:00Z",
  revision: "r1",
  fence: 2,
  drainSeconds: 3,
  routeName: "podinfo-podinfo-canary",
  message: "",
  conditions: [],
  checks: [],
};

const mark = { "apisix-canary.io/release": "test/podinfo" };
const releasePath = "/apis/apisix-canary.io/v1/namespaces/test/canaryreleases/podinfo";
const routePath = "/apis/apisix.apache.org/v2/namespaces/test/apisixroutes/podinfo-podinfo-canary";
const leasePath = "/apis/coordination.k8s.io/v1/namespaces/test/leases/apisix-canary-podinfo";

function routeWith(fence: string | undefined, more: object = {}): object {
  const backends = [
    { serviceName: "podinfo-primary", servicePort: 80, weight: 100 },
    { serviceName: "podinfo-canary", servicePort: 80, weight: 0 },
  ];
  const annotations = {
    annotations: { ...mark, ...(fence === undefined ? {} : { "apisix-canary.io/fence": fence }) },
  };
  return {
    metadata: { name: "x", uid: "route-uid", resourceVersion: "7", generation: 3, ...annotations },
    spec: { http: [{ backends }, { backends: [{ serviceName: "other" }] }, { backends: backends.toReversed() }] },
    ...more,
  };
}

const last = (server: PlayedServer): Seen | undefined => server.seen.at(-1);
const bodyOf = (seen: Seen | undefined): unknown => JSON.parse(seen?.body ?? "null");

describe("the weighted route", () => {
  afterEach(closeServers);

  it("is written in one patch that tests our token and each position", async () => {
    const server = await playApi({ [`GET ${routePath}`]: routeWith("5"), [`PATCH ${routePath}`]: {} });
    await adaptersAt(server.url).cluster.setSplit({ base: 30 }, 5, noSignal);
    expect(last(server)?.url).to.equal(`${routePath}?fieldManager=apisix-canary`);
    expect(last(server)?.headers["content-type"]).to.equal("application/json-patch+json");
    expect(bodyOf(last(server))).to.deep.equal([
      { op: "test", path: "/metadata/annotations/apisix-canary.io~1fence", value: "5" },
      { op: "test", path: "/spec/http/0/backends/1/serviceName", value: "podinfo-canary" },
      { op: "add", path: "/spec/http/0/backends/1/weight", value: 30 },
      { op: "test", path: "/spec/http/0/backends/0/serviceName", value: "podinfo-primary" },
      { op: "add", path: "/spec/http/0/backends/0/weight", value: 70 },
      { op: "test", path: "/spec/http/2/backends/0/serviceName", value: "podinfo-canary" },
      { op: "add", path: "/spec/http/2/backends/0/weight", value: 30 },
      { op: "test", path: "/spec/http/2/backends/1/serviceName", value: "podinfo-primary" },
      { op: "add", path: "/spec/http/2/backends/1/weight", value: 70 },
    ]);
  });

  it("is claimed only if nobody wrote in between, and not from a newer token", async () => {
    const server = await playApi({ [`GET ${routePath}`]: routeWith(undefined), [`PATCH ${routePath}`]: {} });
    await adaptersAt(server.url).cluster.claimRoute(6, noSignal);
    expect(bodyOf(last(server))).to.deep.equal([
      { op: "test", path: "/metadata/resourceVersion", value: "7" },
      { op: "add", path: "/metadata/annotations/apisix-canary.io~1fence", value: "6" },
    ]);
    const newer = await playApi({ [`GET ${routePath}`]: routeWith("7") });
    const { cluster } = adaptersAt(newer.url);
    expect(await errorOf(cluster.claimRoute(6, noSignal))).to.be.instanceOf(FencedError);
    expect(await errorOf(cluster.setSplit({ base: 1 }, 6, noSignal))).to.be.instanceOf(FencedError);
    expect(newer.seen.every(({ method }) => method === "GET")).to.equal(true);
  });

  it("is read again when a test failed, and a takeover in between shows as FencedError", async () => {
    let fence = "5";
    const server = await playApi({
      [`GET ${routePath}`]: () => routeWith(fence),
      [`PATCH ${routePath}`]: () => ((fence = "6"), [422, { kind: "Status", message: "test failed" }]),
    });
    const error = await errorOf(adaptersAt(server.url).cluster.setSplit({ base: 30 }, 5, noSignal));
    expect(error).to.be.instanceOf(FencedError);
  });

  it("tells weights and the state of the gateway's sync", async () => {
    const read = async (condition: object | undefined) => {
      const conditions = condition === undefined ? [] : [{ type: "Accepted", ...condition }];
      const server = await playApi({ [`GET ${routePath}`]: routeWith("5", { status: { conditions } }) });
      return adaptersAt(server.url).cluster.readRoute(noSignal);
    };
    const accepted = { status: "True", observedGeneration: 3 };
    expect(await read(accepted)).to.deep.equal({
      owner: "ours",
      uid: "route-uid",
      canaryWeight: 0,
      primaryWeight: 100,
      split: { base: 0 },
      fence: 5,
      sync: { kind: "accepted" },
    });
    expect((await read({ ...accepted, observedGeneration: 2 }))?.sync).to.deep.equal({ kind: "pending" });
    expect((await read(undefined))?.sync).to.deep.equal({ kind: "pending" });
    const failed = { status: "False", observedGeneration: 3, reason: "SyncFailed", message: "bad\nplugin" };
    expect((await read(failed))?.sync).to.deep.equal({ kind: "unreachable", message: "SyncFailed: bad plugin" });
    const refused = {
      ...failed,
      message: "ServerAddr: http://a:9180, Err: PUT x, responded with status 400, error_msg: no",
    };
    expect((await read(refused))?.sync).to.deep.equal({ kind: "refused", message: "SyncFailed: no" });
  });

  it("is rehearsed without a write: what the gateway's check says comes back, an API server that is away is waited for", async () => {
    const says = (status: number, message: string) =>
      playApi({ [`GET ${routePath}`]: routeWith("5"), [`PATCH ${routePath}`]: [status, { kind: "Status", message }] });
    const willing = await playApi({ [`GET ${routePath}`]: routeWith("5"), [`PATCH ${routePath}`]: {} });
    expect(await adaptersAt(willing.url).cluster.rehearseSplit({ base: 30 }, noSignal)).to.equal(undefined);
    expect(last(willing)?.url).to.equal(`${routePath}?dryRun=All&fieldManager=apisix-canary`);
    const denial = 'admission webhook "vapisixroute" denied the request: unknown plugin [proxy-mirror]';
    const unwilling = await says(403, denial);
    expect(await adaptersAt(unwilling.url).cluster.rehearseSplit({ base: 30 }, noSignal)).to.contain(denial);
    const away = await says(503, "starting");
    const error = await errorOf(adaptersAt(away.url).cluster.rehearseSplit({ base: 30 }, noSignal));
    expect(error).to.be.instanceOf(TransientError);
  });

  it("without the two backends is an error that names them", async () => {
    const server = await playApi({ [`GET ${routePath}`]: { metadata: { annotations: mark }, spec: { http: [] } } });
    const error = await errorOf(adaptersAt(server.url).cluster.setSplit({ base: 1 }, 1, noSignal));
    expect(error.message).to.equal(
      'apisixroutes.apisix.apache.org "podinfo-podinfo-canary" in namespace test has no rule with podinfo-canary and podinfo-primary',
    );
  });
});

describe("the journal", () => {
  afterEach(closeServers);

  it("replaces the status as a whole and tests its fence", async () => {
    const server = await playApi({ [`PATCH ${releasePath}/status`]: {} });
    await adaptersAt(server.url).cluster.writeStatus(status, noSignal);
    expect(bodyOf(last(server))).to.deep.equal([
      { op: "test", path: "/status/fence", value: 2 },
      { op: "add", path: "/status", value: status },
    ]);
  });

  it("is not written over a newer run's, but over an older one's", async () => {
    const object = (fence: number) => ({ metadata: { resourceVersion: "9" }, status: { ...status, fence } });
    const patch = (seen: Seen) => (seen.body.includes("/status/fence") ? [422, { message: "no" }] : {});
    const newer = await playApi({ [`GET ${releasePath}`]: object(3), [`PATCH ${releasePath}/status`]: patch });
    const error = await errorOf(adaptersAt(newer.url).cluster.writeStatus(status, noSignal));
    expect(error).to.be.instanceOf(FencedError);
    const older = await playApi({ [`GET ${releasePath}`]: object(1), [`PATCH ${releasePath}/status`]: patch });
    await adaptersAt(older.url).cluster.writeStatus(status, noSignal);
    expect(bodyOf(last(older))).to.deep.include({ op: "test", path: "/metadata/resourceVersion", value: "9" });
  });

  it("does nothing where the object is gone", async () => {
    const { cluster } = adaptersAt((await playApi({})).url);
    await cluster.writeStatus(status, noSignal);
    await cluster.clearCommand("abort", noSignal);
    expect(await cluster.readRelease(noSignal)).to.equal(undefined);
  });

  it("is read with the requests of people; what is unreadable is an error", async () => {
    const read = async (found: unknown) => {
      const annotations = { "apisix-canary.io/abort": "me", other: "x" };
      const server = await playApi({ [`GET ${releasePath}`]: { metadata: { uid: "u", annotations }, status: found } });
      return adaptersAt(server.url).cluster.readRelease(noSignal);
    };
    expect(await read(status)).to.deep.equal({ owner: "earlier", uid: "u", status, commands: { abort: "me" } });
    expect((await read({}))?.status).to.equal(undefined);
    expect((await errorOf(read({ phase: "Nonsense" }))).message).to.equal(
      "the status of the CanaryRelease can't be read at phase: was it edited by hand?",
    );
  });
});

describe("the lease", () => {
  afterEach(closeServers);

  it("is owned by the CanaryRelease, and taken only as it was seen", async () => {
    const server = await playApi({
      [`GET ${releasePath}`]: { metadata: { uid: "u1" } },
      [`PUT ${leasePath}`]: (seen: Seen) =>
        seen.body.includes('"resourceVersion":"8"') ? {} : [409, { message: "no" }],
    });
    const { lock } = adaptersAt(server.url);
    expect(
      await lock.take({ owner: "ours", holder: "a", version: "8", transitions: 4, durationSeconds: 15 }, "b", noSignal),
    ).to.equal(true);
    const owner = { apiVersion: "apisix-canary.io/v1", kind: "CanaryRelease", name: "podinfo", uid: "u1" };
    expect(bodyOf(last(server)))
      .to.have.nested.property("metadata.ownerReferences")
      .deep.equal([owner]);
    expect(bodyOf(last(server))).to.have.nested.property("spec.leaseTransitions", 5);
    expect(bodyOf(last(server)))
      .to.have.nested.property("spec.renewTime")
      .match(/\.\d{6}Z$/);
    expect(
      await lock.take({ owner: "ours", holder: "a", version: "7", transitions: 4, durationSeconds: 15 }, "b", noSignal),
    ).to.equal(false);
  });

  it("is renewed only by its holder", async () => {
    const server = await playApi({ [`PATCH ${leasePath}`]: [422, { message: "test failed" }] });
    const { lock } = adaptersAt(server.url);
    expect(await lock.renew("b", noSignal)).to.equal(false);
    expect(bodyOf(last(server))).to.deep.include({ op: "test", path: "/spec/holderIdentity", value: "b" });
    expect(await adaptersAt((await playApi({})).url).lock.renew("b", noSignal)).to.equal(false);
  });
});

describe("Events about a release", () => {
  afterEach(closeServers);

  it("are taken back before its object is deleted: ours, about this very object", async () => {
    const server = await playApi({
      [`GET ${releasePath}`]: { metadata: { uid: "u1" } },
      "DELETE /api/v1/namespaces/test/events": {},
    });
    await adaptersAt(server.url).events.clear(noSignal);
    expect(decodeURIComponent(last(server)?.url ?? "")).to.equal(
      "/api/v1/namespaces/test/events?fieldSelector=involvedObject.uid=u1,source=apisix-canary",
    );
    const forbidden = [403, { kind: "Status", message: 'User "ci" cannot deletecollection resource "events"' }];
    const strict = await playApi({
      [`GET ${releasePath}`]: { metadata: { uid: "u1" } },
      "DELETE /api/v1/namespaces/test/events": forbidden,
    });
    await adaptersAt(strict.url).events.clear(noSignal);
    await adaptersAt((await playApi({})).url).events.clear(noSignal);
  });
});

describe("an API server in trouble", () => {
  afterEach(closeServers);

  const message = async (answers: unknown) => {
    const server = await playApi({ [`GET ${routePath}`]: answers });
    return errorOf(adaptersAt(server.url).cluster.readRoute(noSignal));
  };

  it("may get well: 429, 5xx, no JSON, no connection", async () => {
    for (const code of [429, 500, 503]) expect(await message([code, "busy"])).to.be.instanceOf(TransientError);
    expect(await message([200, "<html>"])).to.be.instanceOf(TransientError);
    const server = await playApi({});
    await server.close();
    const error = await errorOf(adaptersAt(server.url).cluster.readRoute(noSignal));
    expect(error).to.be.instanceOf(TransientError);
    expect(error.message).to.equal("the API server is away: connection refused");
  });

  it("that refuses says which permission is missing", async () => {
    const text = 'apisixroutes "x" is forbidden: User "ci" cannot get resource "apisixroutes"';
    expect((await message([403, { kind: "Status", message: text }])).message).to.equal(
      'not allowed to get apisixroutes.apisix.apache.org "podinfo-podinfo-canary" in namespace test: ' +
        'give this user the RBAC verb "get" on apisixroutes.apisix.apache.org in namespace test',
    );
    expect((await message([401, ""])).message).to.contain("(401)");
    expect((await message([200, { metadata: { generation: "x" } }])).message).to.contain("not as expected at");
  });
});

describe("a kubeconfig that can't be used", () => {
  const failing = async (changed: object) => {
    const { cluster } = createKubernetesAdapters({ settings: settingsFor(changed) });
    return (await errorOf(cluster.readRoute(noSignal))).message;
  };

  it("is one line that shows nothing of it", async () => {
    expect(await failing({ kubeconfig: "a: [\n top-secret" })).to.equal(
      "the kubeconfig given can't be read as a kubeconfig",
    );
    expect(await failing({ kubeconfig: "/no/such/file" })).to.equal("kubeconfig: there is no file /no/such/file");
    const kubeconfig = kubeconfigFor("http://127.0.0.1:1");
    expect(await failing({ kubeconfig, context: "prod" })).to.equal('the kubeconfig has no context "prod"; it has: x');
    expect(await failing({ kubeconfig: kubeconfig.replace("-skip-tls-verify", "") })).to.contain("plain http");
  });
});
