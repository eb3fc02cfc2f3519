import { createServer } from "node:http";
import type { Server } from "node:http";
import { expect } from "chai";
import { startTraffic } from "../../sandbox/users/index.js";
import { apply, plainRoute, plainService, rule, specOf, untilAvailable } from "./harness/apps.js";
import { core, deployment, eventually, releaseStatus } from "./harness/cluster.js";
import { edited, exampleText, openExample } from "./harness/examples.js";
import type { UserProject } from "./harness/project.js";

// The examples for those who have a gateway, a route, a Canary or a Prometheus already.

const old = "6.0.1";
const next = "6.0.2";
const image = (tag: string): string => `ghcr.io/stefanprodan/podinfo:${tag}`;
const host = "examples.example.com";

const watchdogOfItsOwn = 'const watchdog = new ReleaseWatchdog("watchdog", { namespace: operations.metadata.name });\n';

/** An update under users, none of whom may notice. */
async function unnoticed(project: UserProject, primary: { readonly namespace: string; readonly name: string }) {
  const users = startTraffic({ host, perSecond: 40 });
  const update = await project.up();
  const tally = await users.stop();
  expect(update.code, update.output).to.equal(0);
  expect(update.output).to.contain("Promotion completed!");
  expect(tally.failed, tally.samples.join("\n")).to.equal(0);
  expect((await deployment(primary.namespace, primary.name)).image).to.equal(image(next));
  return update;
}

async function gone(project: UserProject): Promise<void> {
  const destroyed = await project.destroy();
  expect(destroyed.code, destroyed.output).to.equal(0);
}

/** What asks who is there before the Prometheus behind it may answer. */
function guarded(token: string): Server {
  return createServer((request, response) => {
    const { authorization, "x-scope-orgid": tenant, "x-team": team } = request.headers;
    if (authorization !== `Bearer ${token}` || tenant !== "shop" || team !== "shop") {
      response.writeHead(401).end("who is there?");
      return;
    }
    const url = `http://flagger-prometheus.apisix:9090${(request.url ?? "").replace(/^\/prometheus/, "")}`;
    void fetch(url).then(
      async (answer) => response.writeHead(answer.status).end(await answer.text()),
      () => response.writeHead(502).end(),
    );
  });
}

describe("examples of what is there already", () => {
  describe("existing-route and from-flagger", () => {
    const namespace = "examples-route";
    const elsewhere = { 'namespace: "test"': `namespace: "${namespace}"` };
    const source = plainRoute(namespace, "podinfo", [
      rule("podinfo", host, [{ serviceName: "podinfo", servicePort: 80 }]),
    ]);
    before(() => core.createNamespace({ body: { metadata: { name: namespace } } }));
    after(() => core.deleteNamespace({ name: namespace }));

    it("existing-route: fails while the route is missing, releases behind it, and leaves it as it was", async () => {
      const project = await openExample("existing-route");
      const text = edited(exampleText("existing-route"), {
        ...elsewhere,
        'interval: "10s"': 'interval: "1s"',
        "stepWeight: 10": "stepWeight: 25",
      });
      project.write({ "index.ts": text });
      const missing = await project.up();
      expect(missing.code).not.to.equal(0);
      expect(missing.output).to.match(
        /error: routeRef\.name: there is no ApisixRoute podinfo in namespace examples-route/,
      );
      apply(source);
      const before = await specOf(namespace, "podinfo");
      const first = await project.up();
      expect(first.code, first.output).to.equal(0);
      project.write({ "index.ts": edited(text, { [old]: next }) });
      await unnoticed(project, { namespace, name: "podinfo-primary" });
      await gone(project);
      expect(await specOf(namespace, "podinfo")).to.equal(before);
    });

    it("from-flagger: the Canary as it is, and gives the Deployment back where it says so", async () => {
      apply(source);
      const project = await openExample("from-flagger");
      const canary = edited(exampleText("from-flagger", "podinfo-canary.yaml"), {
        "namespace: test": `namespace: ${namespace}`,
        "interval: 10s": "interval: 1s",
        "stepWeight: 10": "stepWeight: 25",
      });
      project.write({ "podinfo-canary.yaml": canary });
      const first = await project.up();
      expect(first.code, first.output).to.equal(0);
      project.write({ "index.ts": edited(exampleText("from-flagger"), { [old]: next }) });
      await unnoticed(project, { namespace, name: "podinfo-primary" });
      // As Flagger restores the target of a Canary that is deleted.
      const reverting = edited(canary, { "  provider: apisix": "  provider: apisix\n  revertOnDeletion: true" });
      project.write({ "podinfo-canary.yaml": reverting });
      const told = await project.up();
      expect(told.code, told.output).to.equal(0);
      const users = startTraffic({ host, perSecond: 40 });
      await gone(project);
      const tally = await users.stop();
      expect(tally.failed, tally.samples.join("\n")).to.equal(0);
      expect((await deployment(namespace, "podinfo")).image).to.equal(image(next));
      expect((await deployment(namespace, "podinfo")).replicas).to.be.greaterThan(0);
    });
  });

  it("own-prometheus: refused with a wrong token before any user moves, and none of its secrets is told", async () => {
    const token = "sesame-9c1f";
    const server = guarded(token);
    await new Promise<void>((resolve) => server.listen(0, "10.244.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const project = await openExample("own-prometheus");
      const text = edited(exampleText("own-prometheus"), {
        "scrapeIntervalSeconds: 15": "scrapeIntervalSeconds: 2",
        'interval: "30s"': 'interval: "1s"',
        "stepWeight: 10": "stepWeight: 25",
        '"shop", { metadata: { name: "shop" } }': '"shop", { metadata: { name: "examples-prometheus" } }',
        '"app.example.com"': `"${host}"`,
      });
      project.write({ "index.ts": text });
      await project.configure({ prometheusUrl: `http://10.244.0.1:${port}/prometheus` });
      const secret = (value: string) =>
        project.run(["config", "set", "--secret", "prometheusToken", value, "--stack", "dev"]);
      await secret("wrong-token");
      const first = await project.up();
      expect(first.code, first.output).to.equal(0);
      project.write({ "index.ts": edited(text, { [old]: next }) });
      const refused = await project.up();
      expect(refused.code).not.to.equal(0);
      expect(refused.output).to.match(/prometheusUrl: .*401/);
      expect(await releaseStatus("examples-prometheus", "podinfo")).to.include({ canaryWeight: 0 });
      await secret(token);
      const { output } = await unnoticed(project, { namespace: "examples-prometheus", name: "podinfo-primary" });
      for (const each of [first.output, refused.output, output]) expect(each).not.to.match(/wrong-token|sesame/);
      const state = await project.run(["stack", "export", "--stack", "dev"]);
      expect(state.output).not.to.match(/wrong-token|sesame/);
      await gone(project);
      await eventually("its namespace is gone", 60, async () =>
        core.readNamespace({ name: "examples-prometheus" }).then(
          () => false,
          () => true,
        ),
      );
    } finally {
      server.close();
    }
  });

  it("existing-gateway: what others have installed serves a release, and stays as it is", async () => {
    const namespace = "examples-gateway";
    const project = await openExample("existing-gateway");
    const text = edited(exampleText("existing-gateway"), {
      "http://prometheus.monitoring:9090": "http://flagger-prometheus.apisix:9090",
      "scrapeIntervalSeconds: 15": "scrapeIntervalSeconds: 2",
      'interval: "30s"': 'interval: "1s"',
      "stepWeight: 10": "stepWeight: 25",
      '"shop", { metadata: { name: "shop" } }': `"shop", { metadata: { name: "${namespace}" } }`,
      '"app.example.com"': `"${host}"`,
      // This cluster has one, and then it is left out, as its README says.
      [watchdogOfItsOwn]: "",
      "  watchdog,\n": "",
    });
    project.write({ "index.ts": text });
    const before = await deployment("apisix", "apisix");
    const first = await project.up();
    expect(first.code, first.output).to.equal(0);
    project.write({ "index.ts": edited(text, { [old]: next }) });
    await unnoticed(project, { namespace, name: "podinfo-primary" });
    await gone(project);
    expect(await deployment("apisix", "apisix")).to.deep.equal(before);
  });

  it("adopt: a running Deployment becomes a release, ships a revision, and is given back; nobody fails", async () => {
    const namespace = "examples-adopt";
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    const text = edited(exampleText("adopt"), {
      'namespace: "default"': `namespace: "${namespace}"`,
      'interval: "10s"': 'interval: "1s"',
      "stepWeight: 10": "stepWeight: 25",
      '"shop.example.com"': `"${host}"`,
    });
    const labels = { app: "shop" };
    const readinessProbe = { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 };
    apply(
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "shop", namespace },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: "shop", image: image(old), readinessProbe }] },
          },
        },
      },
      plainService({ namespace, name: "shop" }),
    );
    await untilAvailable(namespace, "shop");
    const straight = startTraffic({ host, gateway: `shop.${namespace}`, perSecond: 40, keepAlive: false });
    try {
      const project = await openExample("adopt");
      project.write({ "index.ts": text });
      const taken = await project.up();
      expect(taken.code, taken.output).to.equal(0);
      expect(await deployment(namespace, "shop")).to.include({ replicas: 0 });
      project.write({ "index.ts": edited(text, { [old]: next }) });
      await unnoticed(project, { namespace, name: "shop-primary" });
      await gone(project);
      expect(await deployment(namespace, "shop")).to.include({ replicas: 2, image: image(next) });
    } finally {
      const tally = await straight.stop();
      await core.deleteNamespace({ name: namespace });
      expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    }
  });
});
