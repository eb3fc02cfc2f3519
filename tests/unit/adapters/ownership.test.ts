import { expect } from "chai";
import { ForeignError } from "../../../release/ports/index.js";
import { adaptersAt, closeServers, errorOf, noSignal, playApi } from "./fixture.js";

const root = "/apis/apps/v1/namespaces/test/deployments";
const routePath = "/apis/apisix.apache.org/v2/namespaces/test/apisixroutes/podinfo-podinfo-canary";
const leasePath = "/apis/coordination.k8s.io/v1/namespaces/test/leases/apisix-canary-podinfo";
const releasePath = "/apis/apisix-canary.io/v1/namespaces/test/canaryreleases/podinfo";
const services = "/api/v1/namespaces/test/services";
const autoscalers = "/apis/autoscaling/v2/namespaces/test/horizontalpodautoscalers";

const marked = { annotations: { "apisix-canary.io/release": "test/podinfo" } };
const anothers = { annotations: { "apisix-canary.io/release": "other/podinfo", "apisix-canary.io/fence": "3" } };
const byPulumi = { managedFields: [{ manager: "pulumi-kubernetes-1a2b" }] };

const deployment = (metadata: object, revision?: string) => ({
  metadata,
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "podinfo" } },
    template: revision === undefined ? {} : { metadata: { annotations: { "apisix-canary.io/revision": revision } } },
  },
});

describe("whose an object is", () => {
  afterEach(closeServers);

  const workload = async (found: object) => {
    const { cluster } = adaptersAt((await playApi({ [`GET ${root}/podinfo`]: found })).url);
    return (await cluster.readWorkload("canary", noSignal))?.owner;
  };

  it("is told by this release's mark, never by a name", async () => {
    expect(await workload(deployment(marked))).to.equal("ours");
    expect(await workload(deployment({}))).to.equal("foreign");
    expect(await workload(deployment(byPulumi))).to.equal("foreign");
    expect(await workload(deployment(anothers, "r1"))).to.equal("foreign");
  });

  it("is told by its revision where an earlier version of this package made a Deployment", async () => {
    expect(await workload(deployment({}, "r1"))).to.equal("earlier");
  });

  it("is told by the fencing token where an earlier version used a route", async () => {
    const owner = async (metadata: object) => {
      const { cluster } = adaptersAt((await playApi({ [`GET ${routePath}`]: { metadata, spec: {} } })).url);
      return (await cluster.readRoute(noSignal))?.owner;
    };
    expect(await owner(marked)).to.equal("ours");
    expect(await owner({ annotations: { "apisix-canary.io/fence": "3" } })).to.equal("earlier");
    expect(await owner(anothers)).to.equal("foreign");
    expect(await owner(byPulumi)).to.equal("foreign");
  });

  it("is told by its journal where an earlier version wrote an object, by its owner or writer of a Lease", async () => {
    const object = async (found: object) => {
      const { cluster } = adaptersAt((await playApi({ [`GET ${releasePath}`]: found })).url);
      return (await cluster.readRelease(noSignal))?.owner;
    };
    expect(await object({ metadata: marked })).to.equal("ours");
    expect(await object({ metadata: {}, status: { phase: "Succeeded" } })).to.equal("earlier");
    expect(await object({ metadata: {} })).to.equal("foreign");
    const lease = async (metadata: object) => {
      const { lock } = adaptersAt((await playApi({ [`GET ${leasePath}`]: { metadata } })).url);
      return (await lock.read(noSignal))?.owner;
    };
    const owner = { apiVersion: "apisix-canary.io/v1", kind: "CanaryRelease", name: "podinfo", uid: "u" };
    expect(await lease(marked)).to.equal("ours");
    expect(await lease({ ownerReferences: [owner] })).to.equal("earlier");
    expect(await lease({ managedFields: [{ manager: "apisix-canary" }] })).to.equal("earlier");
    expect(await lease({ ownerReferences: [{ ...owner, name: "other" }] })).to.equal("foreign");
    expect(await lease(anothers)).to.equal("foreign");
  });

  it("of Services and autoscalers is told by their mark, or by Pulumi having written them", async () => {
    const server = await playApi({
      [`GET ${services}/podinfo`]: { metadata: marked },
      [`GET ${services}/podinfo-canary`]: { metadata: byPulumi },
      [`GET ${services}/podinfo-primary`]: [
        403,
        { kind: "Status", message: 'User "ci" cannot get resource "services"' },
      ],
      [`GET ${autoscalers}/podinfo-primary`]: { metadata: { managedFields: [{ manager: "kubectl-create" }] } },
    });
    const { cluster } = adaptersAt(server.url);
    expect(await cluster.readCompanions(true, noSignal)).to.deep.equal([
      { kind: "Service", name: "podinfo", owner: "ours" },
      { kind: "Service", name: "podinfo-canary", owner: "earlier" },
      { kind: "HorizontalPodAutoscaler", name: "podinfo-primary", owner: "foreign" },
    ]);
    expect((await cluster.readCompanions(false, noSignal)).map(({ kind }) => kind)).to.deep.equal([
      "Service",
      "Service",
    ]);
  });

  it("is asked again by each write itself", async () => {
    const server = await playApi({
      [`GET ${root}/podinfo`]: deployment({}),
      [`GET ${routePath}`]: { metadata: anothers, spec: {} },
    });
    const { cluster } = adaptersAt(server.url);
    for (const write of [
      () => cluster.scaleCanary(0, 9, noSignal),
      () => cluster.claimRoute(9, noSignal),
      () => cluster.setSplit({ base: 10 }, 9, noSignal),
    ])
      expect(await errorOf(write())).to.be.instanceOf(ForeignError);
    expect(server.seen.every(({ method }) => method === "GET")).to.equal(true);
  });

  it("is written on the Lease", async () => {
    const path = leasePath.replace(/\/[^/]*$/, "");
    const server = await playApi({ [`POST ${path}`]: {}, [`GET ${releasePath}`]: { metadata: { uid: "u1" } } });
    await adaptersAt(server.url).lock.take(undefined, "me", noSignal);
    expect(JSON.parse(server.seen.at(-1)?.body ?? "null"))
      .to.have.nested.property("metadata.annotations")
      .that.deep.equals(marked.annotations);
  });
});
