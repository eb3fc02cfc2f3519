import { expect } from "chai";
import { startTraffic } from "../../sandbox/users/index.js";
import {
  apply,
  createNamespace,
  plainDeployment,
  plainRoute,
  plainService,
  readRoute,
  rule,
  specOf,
  untilAvailable,
} from "./harness/apps.js";
import { at, core, custom, deployment, eventually, releaseStatus } from "./harness/cluster.js";
import { UserProject } from "./harness/project.js";
import { program, releaseText } from "./harness/programs.js";

// A team's own ApisixRoute: one rule leads to the release, one to somebody else, one to both.

const namespace = "e2e-route-ref";
const host = "route-ref.example.com";
const upstreams = { group: "apisix.apache.org", version: "v2", plural: "apisixupstreams" } as const;

const source = (rules: readonly object[]) => plainRoute(namespace, "shop", rules);
const rules = [
  rule("app", host, [{ serviceName: "web", servicePort: 80 }], {
    plugins: [{ name: "response-rewrite", enable: true, config: { headers: { set: { "X-Shop": "yes" } } } }],
    websocket: true,
    timeout: { connect: "2s", send: "5s", read: "5s" },
  }),
  rule("search", host, [{ serviceName: "search", servicePort: 80 }], {
    match: { hosts: [host], paths: ["/search"] },
  }),
  rule(
    "mixed",
    host,
    [
      { serviceName: "web", servicePort: 80, weight: 90 },
      { serviceName: "search", servicePort: 80, weight: 10 },
    ],
    { match: { hosts: [host], paths: ["/mixed"] } },
  ),
];

async function weightsOf(name: string): Promise<readonly unknown[]> {
  const http = at(await readRoute(namespace, name), "spec", "http");
  const list: readonly unknown[] = Array.isArray(http) ? http : [];
  return list.map((each) => {
    const backends = at(each, "backends");
    return (Array.isArray(backends) ? backends : []).map((one) => [at(one, "serviceName"), at(one, "weight")]);
  });
}

const atRest = [
  [
    ["web-primary", 100],
    ["web-canary", 0],
  ],
  [
    ["web-primary", 900],
    ["web-canary", 0],
    ["search", 100],
  ],
];

describe("a release behind a route that exists already", () => {
  let project: UserProject;
  let sourceBefore: string;

  before(async () => {
    await createNamespace(namespace);
    const search = { namespace, name: "search", version: "search", replicas: 1 };
    apply(plainDeployment(search), plainService(search));
    project = await UserProject.create("route-ref", {
      "index.js": program(releaseText("web", namespace, { routeRef: { name: "shop" } })),
    });
  });
  after(async () => {
    await core.deleteNamespace({ name: namespace });
  });

  it("warns in preview and fails in the update while there is no route", async () => {
    const preview = await project.preview({ TAG: "1.0.0" });
    expect(preview.code, preview.output).to.equal(0);
    expect(preview.output).to.match(
      /warning: \[runtime\] routeRef.name: there is no ApisixRoute shop in namespace e2e-route-ref/,
    );
    const update = await project.up({ TAG: "1.0.0" });
    expect(update.code).not.to.equal(0);
    expect(update.output).to.match(
      /error: routeRef.name: there is no ApisixRoute shop in namespace e2e-route-ref: create it first/,
    );
  });

  it("refuses a route that does not lead to it, in preview, by the names", async () => {
    apply(source([rules[1] ?? {}]));
    const preview = await project.preview({ TAG: "1.0.0" });
    expect(preview.code).not.to.equal(0);
    expect(preview.output).to.contain(
      "routeRef: ApisixRoute shop: no rule leads to Service web in namespace e2e-route-ref (its rules lead to search)",
    );
  });

  it("shows the rules that it takes, and takes them", async () => {
    apply(source(rules), {
      apiVersion: "apisix.apache.org/v2",
      kind: "ApisixUpstream",
      metadata: { name: "web", namespace },
      spec: { ingressClassName: "apisix", retries: 1, timeout: { connect: "2s", send: "9s", read: "9s" } },
    });
    await untilAvailable(namespace, "search");
    sourceBefore = await specOf(namespace, "shop");
    const preview = await project.run(["preview", "--diff", "--non-interactive", "--stack", "dev"], { TAG: "1.0.0" });
    expect(preview.code, preview.output).to.equal(0);
    expect(preview.output).to.match(/serviceName: "web-primary"/);
    const update = await project.up({ TAG: "1.0.0" });
    expect(update.code, update.output).to.equal(0);
    expect(await weightsOf("shop-web-canary")).to.deep.equal(atRest);
    const rule = at(await readRoute(namespace, "shop-web-canary"), "spec", "http", 0);
    expect(rule).to.deep.include({
      name: "app",
      priority: 1,
      websocket: true,
      timeout: { connect: "2s", send: "5s", read: "5s" },
    });
    const upstream: unknown = await custom.getNamespacedCustomObject({ ...upstreams, namespace, name: "web-canary" });
    expect(at(upstream, "spec")).to.deep.equal({
      ingressClassName: "apisix",
      retries: 1,
      timeout: { connect: "2s", send: "9s", read: "9s" },
    });
  });

  it("has nothing to do in the next update", async () => {
    const update = await project.up({ TAG: "1.0.0" });
    expect(update.code, update.output).to.equal(0);
    expect(update.output).to.match(/\d+ unchanged/);
    expect(update.output).not.to.match(/\d+ (created|updated|deleted)/);
  });

  it("promotes under users of every rule, each of which keeps its share", async () => {
    const users = startTraffic({ host, perSecond: 80 });
    const both = startTraffic({ host, path: "/mixed", perSecond: 160 });
    const others = startTraffic({ host, path: "/search", perSecond: 10 });
    const update = await project.up({ TAG: "1.0.1" });
    const [tally, mixed, search] = await Promise.all([users.stop(), both.stop(), others.stop()]);
    expect(update.code, update.output).to.equal(0);
    expect([tally.failed, mixed.failed, search.failed], tally.samples.join()).to.deep.equal([0, 0, 0]);
    expect([...search.byVersion.keys()]).to.deep.equal(["search"]);
    expect(tally.byVersion.get("search")).to.equal(undefined);
    const share = (mixed.byVersion.get("search")?.total ?? 0) / mixed.total;
    // So many that chance alone, 0.03 being four standard deviations of a tenth of them, is no reason to be outside.
    expect(mixed.total).to.be.greaterThan(1600);
    expect(share).to.be.within(0.07, 0.13);
    expect(mixed.byVersion.get("1.0.1")?.total ?? 0).to.be.greaterThan(0);
    expect(await weightsOf("shop-web-canary")).to.deep.equal(atRest);
    expect(await releaseStatus(namespace, "web")).to.include({ phase: "Succeeded" });
  });

  it("takes a failing revision back", async () => {
    const users = startTraffic({ host, perSecond: 80 });
    const update = await project.up({ TAG: "1.0.2", FAIL: "100" });
    const tally = await users.stop();
    expect(update.code).not.to.equal(0);
    expect(update.output).to.match(/success rate [\d.]+% < 99%/);
    expect(tally.byVersion.get("1.0.1")?.failed).to.equal(0);
    expect(tally.failed).to.equal(tally.byVersion.get("1.0.2")?.failed ?? 0);
    expect((await deployment(namespace, "web-primary")).image).to.equal("sandbox/faulty:1.0.1");
    expect(await weightsOf("shop-web-canary")).to.deep.equal(atRest);
  });

  it("follows a change of the source at the next update", async () => {
    const [app = {}, search = {}, mixed = {}] = rules;
    apply(source([{ ...app, timeout: { connect: "3s", send: "6s", read: "6s" } }, search, mixed]));
    sourceBefore = await specOf(namespace, "shop");
    const update = await project.up({ TAG: "1.0.1" });
    expect(update.code, update.output).to.equal(0);
    const rule = at(await readRoute(namespace, "shop-web-canary"), "spec", "http", 0);
    expect(at(rule, "timeout")).to.deep.equal({ connect: "3s", send: "6s", read: "6s" });
    expect(update.output).not.to.contain("Advance");
  });

  it("leaves the source as it was when it is destroyed", async () => {
    const destroyed = await project.destroy();
    expect(destroyed.code, destroyed.output).to.equal(0);
    expect(await specOf(namespace, "shop")).to.equal(sourceBefore);
    await eventually("the copy is gone", 20, async () => {
      const { items } = (await custom.listNamespacedCustomObject({ ...upstreams, namespace })) as { items: unknown[] };
      return items.length === 1;
    });
  });
});
