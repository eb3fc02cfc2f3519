import { expect } from "chai";
import {
  apply,
  createNamespace,
  plainDeployment,
  plainRoute,
  plainService,
  rule,
  specOf,
  untilAvailable,
} from "./harness/apps.js";
import { apps, core, custom, deployment, eventually, releaseStatus } from "./harness/cluster.js";
import { UserProject } from "./harness/project.js";
import type { Env } from "./harness/project.js";
import { program, releaseText } from "./harness/programs.js";
import { expectNobodyFailed, underUsers } from "./harness/users.js";

// A Deployment that users are on becomes a release, and a plain Deployment again: nobody loses an answer on the way.

const namespace = "e2e-adopt";
const host = "adopt.example.com";
const routes = { group: "apisix.apache.org", version: "v2", plural: "apisixroutes" } as const;
const labels = { app: "web", tier: "front" };
const adopting = { adopt: { deployment: "web" }, routeRef: { name: "shop" }, replicas: 2 };

const users = { host, service: `web.${namespace}` };

async function podNames(): Promise<readonly string[]> {
  const { items } = await core.listNamespacedPod({ namespace });
  return items.map(({ metadata }) => metadata?.name ?? "");
}

describe("a running Deployment", () => {
  let project: UserProject;
  let routeBefore: string;
  let selectorBefore: unknown;
  const up = (env: Env) => underUsers(users, () => project.up(env));

  before(async () => {
    await createNamespace(namespace);
    const web = { namespace, name: "web", version: "1.0.0", labels, env: { FAIL_PERCENT: "0" } };
    const backends = [{ serviceName: "web", servicePort: 80 }];
    apply(plainDeployment(web), plainService({ ...web, labels: { app: "web" } }));
    apply(plainRoute(namespace, "shop", [rule("app", host, backends)]));
    await untilAvailable(namespace, "web");
    routeBefore = await specOf(namespace, "shop");
    selectorBefore = (await core.readNamespacedService({ namespace, name: "web" })).spec?.selector;
    project = await UserProject.create("adoption", { "index.js": "" });
  });
  after(async () => {
    await core.deleteNamespace({ name: namespace });
  });

  const write = (args: object): void =>
    project.write({ "index.js": program(releaseText("web", namespace, { ...adopting, ...args }, { labels })) });

  it("is refused in preview where the release could not serve its users, and nothing is touched", async () => {
    const before = await podNames();
    write({ service: { port: 80, targetPort: 8080 } });
    const wrongPort = await project.preview({ TAG: "1.0.0" });
    expect(wrongPort.code).not.to.equal(0);
    expect(wrongPort.output).to.contain(
      "service.targetPort: Service web sends port 80 to 9898, and the release to 8080",
    );
    write({ service: { name: "shopfront", port: 80, targetPort: 9898 } });
    const noService = await project.preview({ TAG: "1.0.0" });
    expect(noService.code).not.to.equal(0);
    expect(noService.output).to.contain(`adopt: there is no Service shopfront in namespace ${namespace}`);
    expect(await podNames()).to.deep.equal(before);
  });

  it("is taken over without a failed request, by the gateway and straight at its Service", async () => {
    write({});
    const preview = await project.preview({ TAG: "1.0.0" });
    expect(preview.code, preview.output).to.equal(0);
    const served = await up({ TAG: "1.0.0" });
    expectNobodyFailed(served);
    expect([...served.gateway.byVersion.keys()]).to.deep.equal(["1.0.0"]);
    expect(await deployment(namespace, "web")).to.include({ replicas: 0 });
    expect(await deployment(namespace, "web-primary")).to.include({ replicas: 2, image: "sandbox/faulty:1.0.0" });
    // It is what ran already: there is nothing to be judged.
    expect(served.result.output).not.to.contain("Starting canary analysis");
    expect(await releaseStatus(namespace, "web")).to.include({ phase: "Initialized" });
  });

  it("has nothing to do in the next update", async () => {
    const update = await project.up({ TAG: "1.0.0" });
    expect(update.code, update.output).to.equal(0);
    expect(update.output).not.to.match(/\d+ (created|updated|deleted|replaced)/);
  });

  it("promotes its first revision as a release", async () => {
    const served = await up({ TAG: "1.0.1" });
    expectNobodyFailed(served);
    expect(served.gateway.byVersion.get("1.0.1")?.total ?? 0).to.be.greaterThan(0);
    expect(await deployment(namespace, "web-primary")).to.include({ replicas: 2, image: "sandbox/faulty:1.0.1" });
  });

  it("takes a failing one back", async () => {
    const { result, gateway, straight } = await up({ TAG: "1.0.2", FAIL: "100" });
    expect(result.code).not.to.equal(0);
    expect(result.output).to.match(/success rate [\d.]+% < 99%/);
    expect(gateway.byVersion.get("1.0.1")?.failed).to.equal(0);
    expect(gateway.failed).to.equal(gateway.byVersion.get("1.0.2")?.failed ?? 0);
    expect(straight.failed, straight.samples.join()).to.equal(0);
  });

  it("is a plain Deployment again after a destroy, with what was promoted, and again nobody has noticed", async () => {
    const served = await underUsers(users, () => project.destroy());
    expectNobodyFailed(served);
    expect([...served.straight.byVersion.keys()]).to.deep.equal(["1.0.1"]);
    const { metadata, spec } = await apps.readNamespacedDeployment({ namespace, name: "web" });
    expect(spec?.replicas).to.equal(2);
    expect(spec?.selector.matchLabels).to.deep.equal(labels);
    expect(spec?.template.metadata?.labels).to.include(labels);
    expect(JSON.stringify([metadata?.annotations ?? {}, spec?.template])).not.to.contain("apisix-canary");
    expect((await core.readNamespacedService({ namespace, name: "web" })).spec?.selector).to.deep.equal(selectorBefore);
    expect(await specOf(namespace, "shop")).to.equal(routeBefore);
    await eventually("nothing else is left", 30, async () => {
      const [deployments, services, found] = await Promise.all([
        apps.listNamespacedDeployment({ namespace }),
        core.listNamespacedService({ namespace }),
        custom.listNamespacedCustomObject({ ...routes, namespace }) as Promise<{ items: unknown[] }>,
      ]);
      return deployments.items.length === 1 && services.items.length === 1 && found.items.length === 1;
    });
  });
});
