import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { installFlagger } from "../../../bench/side-by-side/index.js";
import { apply, createNamespace, kubectl, plainDeployment, plainRoute, plainService, rule } from "../harness/apps.js";
import { apps, at, core, custom, deployment, eventually, releaseStatus } from "../harness/cluster.js";
import { packedRoot } from "../harness/packed.js";
import { UserProject } from "../harness/project.js";
import { prometheusUrl } from "../harness/stacks.js";
import { expectNobodyFailed, underUsers } from "../harness/users.js";

// An application of the real Flagger becomes a release by the program that `import` writes, under users all the time.

const namespace = "e2e-migrate";
const host = "migrate.example.com";
const users = { host, service: `shop.${namespace}` };
const flagger = { group: "flagger.app", version: "v1beta1", namespace } as const;

const canary = {
  apiVersion: "flagger.app/v1beta1",
  kind: "Canary",
  metadata: { name: "storefront", namespace },
  spec: {
    provider: "apisix",
    targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "shop" },
    autoscalerRef: { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", name: "shop" },
    routeRef: { apiVersion: "apisix.apache.org/v2", kind: "ApisixRoute", name: "shop" },
    progressDeadlineSeconds: 60,
    service: { port: 80, targetPort: 9898 },
    analysis: {
      interval: "2s",
      threshold: 5,
      maxWeight: 50,
      stepWeight: 25,
      metrics: [
        { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "10s" },
        { name: "server-errors", templateRef: { name: "server-errors" }, thresholdRange: { max: 5 }, interval: "10s" },
      ],
      alerts: [{ name: "on-call", severity: "error", providerRef: { name: "on-call" } }],
    },
  },
};
const template = {
  apiVersion: "flagger.app/v1beta1",
  kind: "MetricTemplate",
  metadata: { name: "server-errors", namespace },
  spec: {
    provider: { type: "prometheus", address: prometheusUrl },
    query:
      'sum(rate(apisix_http_status{route=~"{{ namespace }}_{{ route }}.*",code=~"5.."}[{{ interval }}])) or vector(0)',
  },
};
const alertProvider = {
  apiVersion: "flagger.app/v1beta1",
  kind: "AlertProvider",
  metadata: { name: "on-call", namespace },
  spec: { type: "slack", channel: "shop", address: "http://hooks.invalid/secret-path" },
};
const autoscaler = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "shop", namespace },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "shop" },
    minReplicas: 2,
    maxReplicas: 3,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 90 } } }],
  },
};

async function phaseOf(name: string): Promise<unknown> {
  const found: unknown = await custom
    .getNamespacedCustomObject({ ...flagger, plural: "canaries", name })
    .catch(() => undefined);
  return found === undefined ? "gone" : at(found, "status", "phase");
}

describe("an application that Flagger manages", () => {
  let project: UserProject;

  before(async function () {
    this.timeout(180_000);
    await createNamespace("flagger-system", "baseline");
    await installFlagger("flagger-system");
    await createNamespace(namespace);
    const app = { namespace, name: "shop", version: "1.0.0" };
    apply(plainDeployment(app), plainService(app), autoscaler);
    apply(plainRoute(namespace, "shop", [rule("app", host, [{ serviceName: "shop", servicePort: 80 }])]));
    apply(template, alertProvider, canary);
    await eventually("Flagger has initialized it", 90, async () => (await phaseOf("storefront")) === "Initialized");
    await eventually("its primary has its pods", 60, async () => {
      const { status } = await apps.readNamespacedDeployment({ namespace, name: "shop-primary" });
      return status?.availableReplicas === 2;
    });
  });
  after(async () => {
    for (const each of [namespace, "flagger-system"]) await core.deleteNamespace({ name: each });
    kubectl("annotate", "ingressclass", "apisix", "ingressclass.kubernetes.io/is-default-class-");
  });

  it("is written as a project by `import`, which changes nothing and prints no secret", async () => {
    const seat = await UserProject.create("migration-seat", { "index.js": "" });
    const folder = path.join(packedRoot, "imported");
    rmSync(folder, { recursive: true, force: true });
    const missing = await seat.cli(["import", "nobody", "-n", namespace]);
    expect(missing.code).to.equal(1);
    expect(missing.output.trim()).to.equal(`apisix-canary: there is no Canary nobody in namespace ${namespace}`);
    const imported = await seat.cli(["import", "storefront", "-n", namespace, "-o", folder]);
    expect(imported.code, imported.output).to.equal(0);
    expect(await phaseOf("storefront")).to.equal("Initialized");
    const program = readFileSync(path.join(folder, "index.ts"), "utf8");
    expect(program)
      .to.match(/new CanaryRelease\("shop", \{/)
      .and.to.match(/flaggerCanary: "storefront"/);
    expect(program)
      .to.match(/minReplicas: 2,\s+maxReplicas: 3/)
      .and.to.match(/sandbox\/faulty:1\.0\.0/);
    expect(program).not.to.contain("secret-path");
    project = await UserProject.copy("migration", folder);
    const set = await project.configure({ prometheusUrl, onCallAddress: "http://hooks.invalid/secret-path" });
    expect(set.code, set.output).to.equal(0);
  });

  it("is shown in preview and taken over while Flagger runs, without a failed request", async () => {
    const preview = await project.preview();
    expect(preview.code, preview.output).to.equal(0);
    const served = await underUsers(users, () => project.up());
    expectNobodyFailed(served);
    expect([...served.gateway.byVersion.keys()]).to.deep.equal(["1.0.0"]);
    expect(await phaseOf("storefront")).to.equal("gone");
    expect(await deployment(namespace, "shop")).to.include({ replicas: 0 });
    expect(await deployment(namespace, "shop-primary")).to.include({ replicas: 2 });
    expect(await releaseStatus(namespace, "shop")).to.include({ phase: "Initialized" });
    const { items } = await apps.listNamespacedDeployment({ namespace });
    const owners = items.flatMap(({ metadata }) => metadata?.ownerReferences ?? []).map(({ kind }) => kind);
    expect(owners).not.to.include("Canary");
  });

  it("has nothing to do in the next update", async () => {
    const update = await project.up();
    expect(update.code, update.output).to.equal(0);
    expect(update.output).not.to.match(/\d+ (created|updated|deleted|replaced)/);
  });

  it("promotes its next revision by ours", async () => {
    const text = readFileSync(path.join(project.folder, "index.ts"), "utf8");
    project.write({ "index.ts": text.replaceAll("sandbox/faulty:1.0.0", "sandbox/faulty:1.0.1") });
    const served = await underUsers(users, () => project.up());
    expectNobodyFailed(served);
    expect(served.gateway.byVersion.get("1.0.1")?.total ?? 0).to.be.greaterThan(0);
    expect(await deployment(namespace, "shop-primary")).to.include({ image: "sandbox/faulty:1.0.1" });
  });

  it("is a plain Deployment after a destroy, and again nobody has noticed", async () => {
    const served = await underUsers(users, () => project.destroy());
    expectNobodyFailed(served);
    expect(await deployment(namespace, "shop")).to.include({ image: "sandbox/faulty:1.0.1" });
    const { items } = await apps.listNamespacedDeployment({ namespace });
    expect(items.map(({ metadata }) => metadata?.name)).to.deep.equal(["shop"]);
  });
});
