import { expect } from "chai";
import { adaptersAt, closeServers, errorOf, noSignal, playApi } from "./fixture.js";

const path = "/apis/apps/v1/namespaces/test/deployments/podinfo-baseline";
const podsPath = "/api/v1/namespaces/test/pods";
const routePath = "/apis/apisix.apache.org/v2/namespaces/test/apisixroutes/podinfo-podinfo-canary";

const mark = { "apisix-canary.io/release": "test/podinfo" };
const matchLabels = { app: "podinfo-primary", "apisix-canary.io/role": "baseline" };
const revision = { "apisix-canary.io/revision": "r1" };
const deployment = {
  metadata: { resourceVersion: "7", annotations: mark },
  spec: { replicas: 0, selector: { matchLabels }, template: { metadata: { annotations: revision } } },
};
const fenced = (fence: string) => ({
  metadata: { annotations: { ...mark, "apisix-canary.io/fence": fence } },
  spec: { http: [] },
});

describe("the baseline's Deployment", () => {
  afterEach(closeServers);

  it("is scaled as the canary's is: by a patch that tests what was seen, and never by a run that was taken over", async () => {
    const answers = { [`GET ${path}`]: deployment, [`GET ${routePath}`]: fenced("4"), [`PATCH ${path}`]: {} };
    const server = await playApi(answers);
    const { cluster } = adaptersAt(server.url);
    await cluster.scaleBaseline(2, 4, noSignal);
    expect(JSON.parse(server.seen.at(-1)?.body ?? "null")).deep.equal([
      { op: "test", path: "/metadata/resourceVersion", value: "7" },
      { op: "add", path: "/spec/replicas", value: 2 },
    ]);
    expect((await errorOf(cluster.scaleBaseline(0, 3, noSignal))).name).equal("FencedError");
    const foreign = await playApi({
      ...answers,
      [`GET ${path}`]: { ...deployment, metadata: { annotations: {} }, spec: { ...deployment.spec, template: {} } },
    });
    expect((await errorOf(adaptersAt(foreign.url).cluster.scaleBaseline(0, 4, noSignal))).name).equal("ForeignError");
    const none = adaptersAt((await playApi({})).url).cluster;
    await none.scaleBaseline(0, 4, noSignal);
    expect(await none.readWorkload("baseline", noSignal)).equal(undefined);
  });

  it("has its pods by its own selector, which leaves the primary's out", async () => {
    const pod = (name: string, ip: string, ready: boolean) => ({
      metadata: { name, uid: name, annotations: revision },
      status: { podIP: ip, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
    });
    const items = [pod("a", "10.0.0.1", true), pod("b", "10.0.0.2", false)];
    const server = await playApi({ [`GET ${path}`]: deployment, [`GET ${podsPath}`]: { items } });
    const found = await adaptersAt(server.url).cluster.readRevisionNodes("baseline", "r1", noSignal);
    expect(found).deep.equal({ nodes: ["10.0.0.1", "10.0.0.2"], ready: 1 });
    const asked = new URL(server.seen.at(-1)?.url ?? "", server.url).searchParams.get("labelSelector");
    expect(asked).equal("app=podinfo-primary,apisix-canary.io/role=baseline");
  });
});
