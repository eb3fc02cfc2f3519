import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { CanaryRelease, ExistingPlatform } from "../../components/index.js";
import type { CanaryReleaseArgs } from "../../components/index.js";
import { startTraffic } from "../../sandbox/users/index.js";
import { apps, at, core, deployment, releaseStatus } from "./harness/cluster.js";
import { GeneratedKey } from "../../components/credentials/index.js";
import { hostOf, prometheusUrl, releaseArgs, TestStack } from "./harness/stacks.js";
import type { Program } from "./harness/stacks.js";
import { program as programText, releaseText } from "./harness/programs.js";
import { UserProject } from "./harness/project.js";

// Arguments that other resources of the program say, secrets among them, and a configuration that only the cluster has.

const namespace = "e2e-outputs";
const name = "computed";
const hidden = "hush-hush";

/** A release that knows its host and a password from another resource, and its faults from a ConfigMap of somebody else. */
const program =
  (version: string): Program =>
  () => {
    const password = new GeneratedKey("password", {}).value;
    const base = releaseArgs({ name, namespace, image: "sandbox/faulty:1.0.0" });
    const template = pulumi.output(base.template).apply((plain) => plain);
    const release = new CanaryRelease("computed-in-eu", {
      ...base,
      name,
      template: template.apply(({ spec }) => ({
        spec: {
          ...spec,
          containers: (spec?.containers ?? []).map((each) => ({
            ...each,
            envFrom: [{ secretRef: { name: "keys" } }, { configMapRef: { name: "faults" } }],
          })),
        },
      })),
      route: { hosts: [password.apply(() => hostOf(name))] },
      secrets: { keys: { PASSWORD: password, VERSION: pulumi.secret(`${hidden}-${version}`) } },
    });
    return Promise.resolve({ outcome: release.outcome, primary: release.primary.metadata.name });
  };

/** What somebody with the state file sees. */
function stateText(backend: string): string {
  const folder = path.join(backend.replace("file://", ""), ".pulumi/stacks/canary-e2e");
  return readdirSync(folder)
    .map((file) => readFileSync(path.join(folder, file), "utf8"))
    .join();
}

describe("a release whose arguments are outputs", () => {
  let stack: TestStack;
  const faults = (percent: string) => ({ metadata: { name: "faults" }, data: { FAIL_PERCENT: percent } });
  before(async () => {
    stack = await TestStack.create("outputs");
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await core.createNamespacedConfigMap({ namespace, body: faults("0") });
  });
  after(async () => {
    await stack.destroy();
    await core.deleteNamespace({ name: namespace });
  });

  it("is shown in preview, made, and not made again", async () => {
    const { changeSummary } = await stack.preview(program("1"));
    expect(changeSummary.create).to.be.at.least(12);
    const first = await stack.up(program("1"));
    expect(first.failed, first.output).to.equal(false);
    expect(await stack.outputs()).to.deep.include({ outcome: "initialized", primary: `${name}-primary` });
    const again = await stack.up(program("1"));
    expect(again.failed, again.output).to.equal(false);
    expect(Object.keys(again.changes)).to.deep.equal(["same"]);
    expect(stateText(stack.backend), "secrets in the state").not.to.contain(hidden);
    expect(first.output + again.output).not.to.contain(hidden);
  });

  it("ships another secret as a revision", async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 40 });
    const update = await stack.up(program("2"));
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(false);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(update.output).to.contain("Promotion completed!").and.not.contain(hidden);
    expect(await stack.outputs()).to.deep.include({ outcome: "passed" });
    expect(stateText(stack.backend)).not.to.contain(hidden);
  });

  it("judges a change of a ConfigMap that it only refers to, and takes it back before the primary has it", async () => {
    await core.replaceNamespacedConfigMap({ namespace, name: "faults", body: faults("100") });
    const users = startTraffic({ host: hostOf(name), perSecond: 40 });
    const update = await stack.up(program("2"));
    const tally = await users.stop();
    expect(update.failed, update.output).to.equal(true);
    expect(tally.failed, "requests that the canary failed").to.be.within(1, 80);
    expect(await releaseStatus(namespace, name)).to.include({ phase: "Failed" });
    const { spec } = await core.readNamespacedPod({
      namespace,
      name: await primaryPod(),
    });
    const copy = String(at(spec, "containers", 0, "envFrom", 1, "configMapRef", "name"));
    expect(copy).to.match(/^faults-primary-[0-9a-f]{10}$/);
    const { data } = await core.readNamespacedConfigMap({ namespace, name: copy });
    expect(data).to.deep.equal({ FAIL_PERCENT: "0" });
    expect((await deployment(namespace, `${name}-primary`)).replicas).to.equal(1);
  });

  async function primaryPod(): Promise<string> {
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: `app=${name}-primary` });
    return items[0]?.metadata?.name ?? "";
  }
});

describe("what is wrong in an output", () => {
  const home = "e2e-outputs-wrong";
  const problems: Readonly<Record<string, (key: pulumi.Output<string>) => Partial<CanaryReleaseArgs>>> = {
    "replicas: must be at least 1": (key) => ({ replicas: key.apply(() => 0) }),
    "template.spec.containers: needs a container": (key) => ({
      template: key.apply(() => ({ spec: { containers: [] } })),
    }),
  };
  /** Told by the platform, whose Prometheus nobody may ask then. */
  const wrongToken = "prometheus.bearerToken: must be one line without control characters";
  const platformOf = (key: pulumi.Output<string>) =>
    new ExistingPlatform("edge", {
      ingressClassName: "apisix",
      gateway: { namespace: "apisix" },
      prometheus: { url: prometheusUrl, bearerToken: key.apply((text) => `${text}\n`) },
      definitions: false,
    });
  const thrown = (key: pulumi.Output<string>): Partial<CanaryReleaseArgs> => ({
    replicas: key.apply((): number => {
      throw new Error("the program's own mistake");
    }),
  });
  /** All of it waits for the release: an output, a resource, and one that waits for that. */
  const wrong =
    (problem: string): Program =>
    () => {
      const { value } = new GeneratedKey("key", {});
      const base = releaseArgs({ name: "wrong", namespace: home, image: "sandbox/faulty:1.0.0" });
      const { prometheusUrl: _own, ...bare } = base;
      const args =
        problem === wrongToken
          ? { ...bare, platform: platformOf(value) }
          : { ...base, ...(problems[problem] ?? thrown)(value) };
      const release = new CanaryRelease("wrong", args);
      const data = { primary: release.primary.metadata.name };
      const own = new k8s.core.v1.ConfigMap("own", { metadata: { namespace: home }, data });
      new k8s.core.v1.ConfigMap("next", { metadata: { namespace: home } }, { dependsOn: [own, release] });
      return Promise.resolve({ outcome: release.outcome, ...data });
    };
  const errorsIn = (output: string): readonly string[] =>
    output.split("\n").filter((line) => /^ +error: /.test(line) && !/update failed|preview failed/.test(line));

  before(() => core.createNamespace({ body: { metadata: { name: home } } }));
  after(() => core.deleteNamespace({ name: home }));
  afterEach("nothing was touched", async () => {
    const { items } = await apps.listNamespacedDeployment({ namespace: home });
    expect(items).to.deep.equal([]);
  });

  for (const problem of [...Object.keys(problems), wrongToken])
    it(`ends an inline program with its one line: ${problem}`, async () => {
      const stack = await TestStack.create("outputs-wrong");
      const { failed, output } = await stack.up(wrong(problem));
      expect(failed).to.equal(true);
      const said = errorsIn(output.split(/code: -?\d+\n stdout: /)[0] ?? "");
      expect(said, output).to.have.length(1);
      expect(said[0]).to.contain(problem);
      expect(output).not.to.match(/\bat .*\.[jt]s:\d+/);
    });

  it("ends an inline program whose own output throws", async () => {
    const stack = await TestStack.create("outputs-wrong");
    const { failed, output } = await stack.up(wrong("thrown"));
    expect(failed).to.equal(true);
    expect(output).to.contain("has a problem: the program's own mistake");
  });

  it("ends `pulumi up` with its one line", async () => {
    const release = releaseText("wrong", home, {}, { lines: ["  replicas: new Other().id.apply(() => 0),"] });
    const project = await UserProject.create("outputs-wrong", {
      "index.js": programText(
        'const pulumi = require("@pulumi/pulumi");',
        'class Other extends pulumi.dynamic.Resource { constructor() { super({ create: async () => ({ id: "1" }) }, "other", {}); } }',
        release,
      ),
    });
    const { code, output } = await project.up();
    expect(code).not.to.equal(0);
    expect(errorsIn(output), output).to.have.length(1);
    expect(errorsIn(output)[0]).to.contain("replicas: must be at least 1");
    await project.destroy();
  });
});
