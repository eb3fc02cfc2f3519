import { expect } from "chai";
import { ClusterCache } from "../../../sandbox/gateway/controller/cluster-cache.js";
import { FakeCluster } from "./fake-cluster.js";
import { ROUTES, Scene, until, UPSTREAMS } from "./scene.js";

describe("controller stand-in", () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = new Scene();
    await until(() => scene.adc.tasks.length > 0);
  });

  it("pushes to gateways that are not ready, with the token of the Secret and the global plugins", () => {
    const [task] = scene.adc.tasks;
    expect(task?.servers).to.deep.equal(["http://10.244.0.9:9180"]);
    expect(task?.token).to.equal("token");
    expect(scene.last().global_rules.map(({ id }) => id)).to.deep.equal(["prometheus"]);
  });

  it("translates two backends to weights per Service, over their ready endpoints", async () => {
    await scene.push(() => scene.route(90, 10));
    const { routes, services, upstreams } = scene.last();
    expect(routes[0]?.name).to.equal("test_podinfo_app");
    expect(services[0]?.name).to.equal("test_podinfo_0");
    expect(services[0]?.upstream.nodes.map(({ host, port }) => `${host}:${String(port)}`)).to.deep.equal([
      "10.244.0.1:9898",
      "10.244.0.2:9898",
    ]);
    expect(upstreams[0]?.nodes.map(({ host }) => host)).to.deep.equal(["10.244.0.4"]);
    expect(scene.weights()).to.deep.equal([90, 10]);
  });

  it("pushes a change of weights soon, but not at once, and sets Accepted with the new generation", async () => {
    await scene.push(() => scene.route(100, 0));
    const started = performance.now();
    await scene.push(() => scene.route(90, 10));
    expect(performance.now() - started).to.be.within(20, 500);
    expect(scene.weights()).to.deep.equal([90, 10]);
    await until(() => scene.condition()?.observedGeneration === 2);
    expect(scene.condition()).to.include({ status: "True", reason: "Accepted" });
  });

  it("does not push again for its own status updates", async () => {
    await scene.push(() => scene.route(90, 10));
    const count = scene.adc.tasks.length;
    await until(() => scene.condition() !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(scene.adc.tasks).to.have.length(count);
  });

  it("drops a missing Service in silence and gives the rest everything, whatever its weight", async () => {
    const backends = [
      { serviceName: "gone", servicePort: 80, weight: 100 },
      { serviceName: "podinfo-canary", servicePort: 80, weight: 0 },
    ];
    await scene.push(() => scene.route(0, 0, { backends }));
    expect(scene.weights()).to.equal(undefined);
    expect(scene.last().services[0]?.upstream.nodes.map(({ host }) => host)).to.deep.equal(["10.244.0.4"]);
    await until(() => scene.condition()?.status === "True");
  });

  it("keeps an empty canary in the split, and uses the ClusterIP with granularity service", async () => {
    await scene.push(() => scene.service("test", "podinfo-canary", 80, []) ?? scene.route(50, 50));
    expect(scene.weights()).to.deep.equal([50, 50]);
    expect(scene.last().upstreams[0]?.nodes).to.deep.equal([]);
    const backends = [{ serviceName: "podinfo-primary", servicePort: 80, resolveGranularity: "service" }];
    await scene.push(() => scene.route(0, 0, { backends }));
    expect(scene.last().services[0]?.upstream.nodes.map(({ host, port }) => [host, port])).to.deep.equal([
      ["10.96.1.1", 80],
    ]);
  });

  it("refuses the same Service twice and keeps what was in force", async () => {
    await scene.push(() => scene.route(90, 10));
    const backends = [1, 2].map((weight) => ({ serviceName: "podinfo-canary", servicePort: 80, weight }));
    scene.route(0, 0, { backends });
    await until(() => scene.condition()?.reason === "InvalidSpec");
    expect(scene.weights()).to.deep.equal([90, 10]);
  });

  it("ignores a route of another class without a word", async () => {
    scene.route(100, 0, { name: "other", ingressClassName: "nginx" });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(scene.condition("other")).to.equal(undefined);
    expect(scene.last().routes).to.deep.equal([]);
  });

  it("turns every route to SyncFailed when the push is refused, and back when it goes through again", async () => {
    await scene.push(() => scene.route(100, 0));
    scene.adc.outcome = { kind: "failed", reason: "unknown plugin [nope]" };
    await scene.push(() => scene.route(100, 0, { name: "bad", rule: { plugins: [{ name: "nope", enable: true }] } }));
    await until(() => scene.condition()?.reason === "SyncFailed" && scene.condition("bad")?.reason === "SyncFailed");
    scene.adc.outcome = { kind: "accepted" };
    await scene.push(() => scene.cluster.remove(ROUTES, "test", "bad"));
    await until(() => scene.condition()?.reason === "Accepted");
  });

  it("follows endpoints, and takes retries and timeouts of the ApisixUpstream named like the Service", async () => {
    await scene.push(() => scene.route(90, 10));
    await scene.push(() => scene.service("test", "podinfo-canary", 80, [{ ip: "10.244.0.5" }]));
    expect(scene.last().upstreams[0]?.nodes.map(({ host }) => host)).to.deep.equal(["10.244.0.5"]);
    await scene.push(() =>
      scene.cluster.put(UPSTREAMS, {
        metadata: { name: "podinfo-canary", namespace: "test" },
        spec: { ingressClassName: "apisix", retries: 0, timeout: { connect: "1s", send: "5s", read: "5s" } },
      }),
    );
    expect(scene.last().upstreams[0]).to.deep.include({ retries: 0, timeout: { connect: 1, send: 5, read: 5 } });
  });

  it("translates header and cookie conditions", async () => {
    const exprs = [
      { subject: { scope: "Header", name: "X-Canary" }, op: "Equal", value: "always" },
      { subject: { scope: "Cookie", name: "canary" }, op: "NotIn", set: ["a"] },
    ];
    await scene.push(() => scene.route(1, 1, { rule: { match: { paths: ["/*"], exprs } } }));
    expect(scene.last().routes[0]?.vars).to.deep.equal([
      ["http_x_canary", "==", "always"],
      ["cookie_canary", "!", "in", ["a"]],
    ]);
  });

  it("pushes again when a gateway's endpoint changes", async () => {
    await scene.push(() => scene.service("apisix", "admin", 9180, [{ ip: "10.244.0.9", ready: true }]));
    expect(scene.adc.tasks.at(-1)?.servers).to.have.length(1);
  });
});

describe("controller stand-in without permissions", () => {
  it("is not ready and says what is missing", async () => {
    const cluster = new FakeCluster();
    cluster.forbidden.add("/api/v1/secrets");
    const cache = new ClusterCache(cluster, () => undefined);
    const silenced = console.error;
    console.error = () => undefined;
    cache.start();
    await until(() => cache.problem()?.includes("forbidden") === true);
    console.error = silenced;
    expect(cache.problem()).to.contain("/api/v1/secrets is forbidden");
  });
});
