import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { generate } from "selfsigned";
import { CanaryRelease, releaseRole } from "../../components/index.js";
import type { PermissionRule } from "../../components/index.js";
import { startTraffic } from "../../sandbox/users/index.js";
import { ApiRecorder } from "./harness/api-recorder.js";
import type { Ask } from "./harness/api-recorder.js";
import {
  apply,
  createNamespace,
  plainDeployment,
  plainRoute,
  plainService,
  podSpec,
  rule,
  untilAvailable,
} from "./harness/apps.js";
import { core, deployment, releaseStatus, tokenKubeconfig } from "./harness/cluster.js";
import { hostOf, releaseArgs, TestStack } from "./harness/stacks.js";
import type { Behaviour, Program } from "./harness/stacks.js";

// The least Role: what a service account with exactly `releaseRole()` does, and what it says without a part of it.

const home = "e2e-least";
const account = "deployer";
const has = { autoscaler: true, configs: true, secrets: true, scheme: true, tls: true } as const;
const { rules } = releaseRole(has);

/** Pulumi's own provider lists and watches what it made until it is there or gone; the sandbox's stand-in asks again. */
const ofTheRealProvider = ["list", "watch"];

function asksOf(rule: PermissionRule): readonly Ask[] {
  const [group = ""] = rule.apiGroups;
  return rule.verbs.map((verb): Ask => `${verb} ${group}/${rule.resources.join()}`);
}

/** In a namespace where everything is that a release refers to; the account is one, wherever it may do something. */
function allow(namespace: string, given: readonly PermissionRule[], accountsHome = home): void {
  const metadata = { name: account, namespace };
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: account };
  const subjects = [{ kind: "ServiceAccount", name: account, namespace: accountsHome }];
  apply(
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules: [...given] },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", metadata, roleRef, subjects },
  );
}

async function createCertificate(namespace: string): Promise<void> {
  const { cert, private: key } = await generate([{ name: "commonName", value: "example.com" }]);
  const metadata = { name: "certificate", namespace };
  apply({
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    type: "kubernetes.io/tls",
    stringData: { "tls.crt": cert, "tls.key": key },
  });
}

interface Asked {
  readonly name: string;
  readonly namespace: string;
  readonly tag?: string;
  readonly env?: Behaviour;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Everything that the options of the role name. */
function everything({ name, namespace, tag = "1.0.0", env = {}, labels = {} }: Asked) {
  const args = releaseArgs({ name, namespace, image: `sandbox/faulty:${tag}`, env });
  return {
    ...args,
    metadata: { labels },
    service: { ...args.service, scheme: "http" },
    route: { hosts: [hostOf(name)], tls: { secretName: "certificate" } },
    autoscaler: { minReplicas: 1, maxReplicas: 2 },
    configs: { settings: { currency: "EUR" } },
    secrets: { credentials: { token: "a token" } },
  } as const;
}

/** Said of one resource in one namespace: by our runtime, or by the API server through Pulumi's own provider. */
function isToldOf({ resource, namespace }: Lack, output: string): boolean {
  const [kind = "", subresource] = resource.split("/");
  const ours = new RegExp(
    `not allowed to \\w+ ${kind}\\b[^ ]*${subresource === undefined ? "" : `/${subresource}`} .*in namespace ${namespace}\\b`,
  );
  const pulumis = `cannot create resource "${resource}" in API group`;
  return output
    .split("\n")
    .some((line) => ours.test(line) || (line.includes(pulumis) && line.includes(`in the namespace "${namespace}"`)));
}

interface Lack {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** Asked for while a canary is looked at: what is lacking shows in the second update. */
const ofAnAnalysis = ["endpointslices", "pods"];
const lacks = rules.map(({ resources: [resource = ""] }, index): Lack => {
  return { resource, namespace: `e2e-lacks-${index}`, name: `lacks-${index}` };
});
const late = lacks.filter(({ resource }) => ofAnAnalysis.includes(resource));
const early = lacks.filter((lack) => !late.includes(lack));

function allowAllBut({ resource, namespace }: Lack): void {
  allow(
    namespace,
    rules.filter(({ resources }) => !resources.includes(resource)),
  );
}

describe("releaseRole", () => {
  const name = "least";
  const scratch = mkdtempSync(path.join(tmpdir(), "canary-least-"));
  const forbidden = /not allowed|cannot|forbidden/i;
  let recorder: ApiRecorder;
  let env: Readonly<Record<string, string>>;
  let stack: TestStack;
  /** The others are there to be without something when the second update comes. */
  const program =
    (more: Partial<Asked>, others: Partial<Asked> = {}): Program =>
    () => {
      new CanaryRelease(name, everything({ name, namespace: home, ...more }));
      for (const lack of late) new CanaryRelease(lack.name, everything({ ...lack, ...others }));
      return Promise.resolve();
    };

  before(async () => {
    for (const namespace of [home, ...lacks.map((lack) => lack.namespace)]) {
      await createNamespace(namespace);
      await createCertificate(namespace);
    }
    await core.createNamespacedServiceAccount({ namespace: home, body: { metadata: { name: account } } });
    for (const namespace of [home, ...late.map((lack) => lack.namespace)]) allow(namespace, rules);
    early.forEach(allowAllBut);
    recorder = await ApiRecorder.start(await tokenKubeconfig(home, account));
    const file = path.join(scratch, "kubeconfig");
    writeFileSync(file, recorder.kubeconfig);
    env = { KUBECONFIG: file };
    stack = await TestStack.create(home, env);
  });
  after(async () => {
    await recorder.stop();
    rmSync(scratch, { recursive: true });
    for (const namespace of [home, ...lacks.map((lack) => lack.namespace)])
      await core.deleteNamespace({ name: namespace });
  });

  it("is enough to create a release", async () => {
    const created = await stack.up(program({}));
    expect(created.failed, created.output).to.equal(false);
    expect(created.output).not.to.match(forbidden);
  });

  it("is enough to promote; without what an analysis reads the update fails and says what it is", async () => {
    late.forEach(allowAllBut);
    const users = [name, ...late.map((lack) => lack.name)].map((each) =>
      startTraffic({ host: hostOf(each), perSecond: 30 }),
    );
    const update = await stack.up(program({ tag: "1.0.1", labels: { team: "shop" } }, { tag: "1.0.1" }), {
      continueOnError: true,
    });
    for (const each of users) await each.stop();
    expect(update.failed).to.equal(true);
    expect((await deployment(home, `${name}-primary`)).image).to.equal("sandbox/faulty:1.0.1");
    const wrong = update.output.split("\n").filter((line) => forbidden.test(line));
    expect(wrong.filter((line) => !late.some(({ namespace }) => line.includes(namespace)))).to.deep.equal([]);
    expect(late.filter((lack) => !isToldOf(lack, update.output))).to.deep.equal([]);
    for (const lack of late)
      expect((await deployment(lack.namespace, `${lack.name}-primary`)).image).to.equal("sandbox/faulty:1.0.0");
  });

  it("is enough to take a release back, to refresh and to destroy", async () => {
    for (const { namespace } of late) allow(namespace, rules);
    const users = startTraffic({ host: hostOf(name), perSecond: 40 });
    const labels = { team: "shop" };
    const failing = await stack.up(program({ tag: "1.0.2", labels, env: { FAIL_PERCENT: "100" } }));
    await users.stop();
    expect(failing.failed).to.equal(true);
    expect(failing.output)
      .to.match(/success rate [\d.]+% < 99%/)
      .and.not.match(forbidden);
    expect(await releaseStatus(home, name)).to.include({ phase: "Failed", canaryWeight: 0 });
    await stack.drift();
    expect(await stack.destroy()).not.to.match(forbidden);
  });

  it("is no more than that: every verb of every rule was used, but what Pulumi's own provider asks", () => {
    const unused = rules.flatMap(asksOf).filter((ask) => !recorder.recorded.includes(ask));
    const unexplained = unused.filter((ask) => !ofTheRealProvider.includes(ask.split(" ")[0] ?? ""));
    expect(unexplained).to.deep.equal([]);
  });

  it("is needed: without any other resource the first update says which it is", async () => {
    const others = await TestStack.create("e2e-lacks", env);
    const update = await others.up(
      () => {
        for (const lack of early) new CanaryRelease(lack.name, everything(lack));
        return Promise.resolve();
      },
      { continueOnError: true },
    );
    expect(update.failed).to.equal(true);
    expect(early.filter((lack) => !isToldOf(lack, update.output))).to.deep.equal([]);
    // Nobody is at risk for lack of an Event: the release goes on.
    for (const { resource, namespace, name: each } of early)
      if (resource === "events") expect(await releaseStatus(namespace, each)).to.include({ phase: "Initialized" });
  });
});

describe("releaseRole for a Deployment that is taken over", () => {
  const namespace = "e2e-least-adopt";
  const name = "web";
  const granted = releaseRole({ adopt: "deployment", routeRef: true });
  /** Only where there is something of the kind, which the release would have had to make. */
  const notHere: readonly Ask[] = [
    "get apisix.apache.org/apisixpluginconfigs",
    "delete apisix.apache.org/apisixtlses",
    "patch autoscaling/horizontalpodautoscalers",
    "delete autoscaling/horizontalpodautoscalers",
  ];

  it("is enough to take it over and to give it back, and no more than that", async () => {
    await createNamespace(namespace);
    apply(plainDeployment({ namespace, name, version: "1.0.0" }), plainService({ namespace, name }));
    const backends = [{ serviceName: name, servicePort: 80 }];
    apply(plainRoute(namespace, "shop", [rule("app", hostOf(namespace), backends)]));
    await untilAvailable(namespace, name);
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: account } } });
    allow(namespace, granted.rules, namespace);
    const recorder = await ApiRecorder.start(await tokenKubeconfig(namespace, account));
    const scratch = mkdtempSync(path.join(tmpdir(), "canary-least-"));
    writeFileSync(path.join(scratch, "kubeconfig"), recorder.kubeconfig);
    const stack = await TestStack.create(namespace, { KUBECONFIG: path.join(scratch, "kubeconfig") });
    const { route: _route, ...args } = releaseArgs({ name, namespace, image: "" });
    const labels = { app: name };
    const update = await stack.up(() => {
      new CanaryRelease(name, {
        ...args,
        template: { metadata: { labels }, spec: podSpec("1.0.0") },
        adopt: { deployment: name },
        routeRef: { name: "shop" },
        replicas: 2,
      });
      return Promise.resolve();
    });
    expect(update.failed, update.output).to.equal(false);
    expect(await deployment(namespace, `${name}-primary`)).to.include({ replicas: 2, image: "sandbox/faulty:1.0.0" });
    await stack.destroy();
    expect(await deployment(namespace, name)).to.include({ replicas: 2, image: "sandbox/faulty:1.0.0" });
    await recorder.stop();
    rmSync(scratch, { recursive: true });
    await core.deleteNamespace({ name: namespace });
    // What every release needs is shown above.
    const usual = releaseRole({ scheme: true }).rules.flatMap(asksOf);
    const own = granted.rules.flatMap(asksOf).filter((ask) => !usual.includes(ask));
    const unused = own.filter((ask) => !recorder.recorded.includes(ask));
    expect(unused.filter((ask) => !notHere.includes(ask))).to.deep.equal([]);
  });
});
