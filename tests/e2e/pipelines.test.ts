import { expect } from "chai";
import { readFileSync } from "node:fs";
import path from "node:path";
import { spawn } from "node:child_process";
import { parse } from "yaml";
import { z } from "zod";
import { startTraffic } from "../../sandbox/users/index.js";
import { apply, kubectl, plainService, untilAvailable } from "./harness/apps.js";
import { core, deployment } from "./harness/cluster.js";
import { edited, exampleText, openExample } from "./harness/examples.js";
import { packedRoot } from "./harness/packed.js";
import type { Env, UserProject } from "./harness/project.js";

// The examples for teams: a Deployment that is taken over, stacks that take from each other, a pipeline.

const image = (tag: string): string => `ghcr.io/stefanprodan/podinfo:${tag}`;
const hurried = { 'interval: "10s"': 'interval: "1s"', "stepWeight: 10": "stepWeight: 25" };

describe("examples for teams", () => {
  it("adopt: what runs becomes a release and is given back, and no user notices", async () => {
    const namespace = "examples-adopt";
    const host = "examples-adopt.example.com";
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    apply(running(namespace), plainService({ namespace, name: "shop" }));
    await untilAvailable(namespace, "shop");
    const project = await openExample("adopt");
    const text = edited(exampleText("adopt"), {
      ...hurried,
      'namespace: "default"': `namespace: "${namespace}"`,
      "shop.example.com": host,
    });
    const direct = startTraffic({ host, perSecond: 40, gateway: `shop.${namespace}`, keepAlive: false });
    const step = async (what: Promise<{ readonly code: number; readonly output: string }>) => {
      const { code, output } = await what;
      expect(code, output).to.equal(0);
    };
    project.write({ "index.ts": text });
    await step(project.preview());
    await step(project.up());
    project.write({ "index.ts": edited(text, { "6.0.1": "6.0.2" }) });
    const users = startTraffic({ host, perSecond: 40 });
    await step(project.up());
    const tally = await users.stop();
    expect((await deployment(namespace, "shop-primary")).image).to.equal(image("6.0.2"));
    await step(project.destroy());
    const straight = await direct.stop();
    expect([tally.failed, straight.failed], [...tally.samples, ...straight.samples].join("\n")).to.deep.equal([0, 0]);
    expect(await deployment(namespace, "shop")).to.include({ image: image("6.0.2"), replicas: 2 });
    await core.deleteNamespace({ name: namespace });
  });

  it("promotion: production gets what staging has passed, never what failed there", async () => {
    const project = await openExample("promotion");
    const text = edited(exampleText("promotion"), {
      'config.get("interval") ?? "10s"': '"1s"',
      "stepWeight: 10": "stepWeight: 25",
    });
    const stacks = ["dev", "staging", "production"] as const;
    const up = async (stack: string, program = text) => {
      project.write({ "index.ts": program });
      const users = startTraffic({ host: hostOf[stack] ?? "", perSecond: 40 });
      const update = await project.run(["up", "--yes", "--skip-preview", "--non-interactive", "--stack", stack]);
      await users.stop();
      return update;
    };
    const hostOf: Readonly<Record<string, string>> = {
      staging: "shop.staging.example.com",
      production: "shop.example.com",
      dev: "shop.dev.example.com",
    };
    const serves = async (stack: string) => (await deployment(`shop-${stack}`, "shop-primary")).image;
    for (const stack of stacks.slice(1)) await project.run(["stack", "init", "--non-interactive", stack]);
    for (const stack of stacks) {
      const { code, output } = await up(stack);
      expect(code, output).to.equal(0);
    }
    const tagged = await project.run(["config", "set", "tag", "6.0.2", "--stack", "dev"]);
    expect(tagged.code, tagged.output).to.equal(0);
    expect((await up("dev")).code).to.equal(0);
    // What staging is given there answers with errors.
    const failing = edited(text, {
      "image: pulumi.interpolate`ghcr.io/stefanprodan/podinfo:${tag}`":
        'env: [{ name: "FAIL_PERCENT", value: "100" }], image: pulumi.interpolate`sandbox/faulty:${tag}`',
    });
    const failed = await up("staging", failing);
    expect(failed.code).not.to.equal(0);
    const held = await up("production");
    expect(held.code, held.output).to.equal(0);
    expect(await Promise.all(stacks.map(serves))).to.deep.equal([image("6.0.2"), image("6.0.1"), image("6.0.1")]);
    for (const stack of ["staging", "production"]) {
      const { code, output } = await up(stack);
      expect(code, output).to.equal(0);
      expect(await serves(stack)).to.equal(image("6.0.2"));
    }
    for (const stack of stacks) {
      const { code, output } = await project.run(["destroy", "--yes", "--non-interactive", "--stack", stack]);
      expect(code, output).to.equal(0);
    }
  });

  it("github-actions: the workflow's own steps preview, release, report, and abort what is cancelled", async () => {
    const project = await openExample("github-actions");
    const job = pipeline(project);
    const env = { TAG: "6.0.1", PULUMI_STACK: "dev" };
    project.write({
      "index.ts": edited(exampleText("github-actions"), { '?? "1m"': '?? "1s"', "stepWeight: 10": "stepWeight: 25" }),
    });
    for (const step of ["Preview", "Release"]) await job.run(step, env);
    const users = startTraffic({ host: "shop.example.com", perSecond: 40 });
    await job.run("Release", { ...env, TAG: "6.0.2" });
    expect((await deployment("shop", "shop-primary")).image).to.equal(image("6.0.2"));
    await job.run("Report", env);
    expect(readFileSync(path.join(project.folder, "report.html"), "utf8")).to.contain("<html");
    await project.run(["config", "set", "interval", "20s", "--stack", "dev"]);
    const cancelled = job.run("Release", { ...env, TAG: "6.0.3" }).then(
      () => "passed",
      () => "failed",
    );
    await job.canaryHasTraffic();
    await job.run("Abort", { ...env, GITHUB_RUN_ID: "42" });
    expect(await cancelled).to.equal("failed");
    const tally = await users.stop();
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect((await deployment("shop", "shop-primary")).image).to.equal(image("6.0.2"));
    const destroyed = await project.destroy();
    expect(destroyed.code, destroyed.output).to.equal(0);
  });
});

/** As a team has made it with kubectl. */
function running(namespace: string) {
  const labels = { app: "shop" };
  const readinessProbe = { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 };
  const container = { name: "shop", image: image("6.0.1"), readinessProbe };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "shop", namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}

const workflow = z.looseObject({
  jobs: z.record(
    z.string(),
    z.looseObject({ steps: z.array(z.looseObject({ name: z.string().optional(), run: z.string().optional() })) }),
  ),
});

/** Runs the scripts of the example's workflow as a runner does, without those that only fetch packages. */
function pipeline(project: UserProject) {
  const file = path.join(project.folder, ".github/workflows/release.yml");
  const { jobs } = workflow.parse(parse(readFileSync(file, "utf8")));
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const environment = project.environment();
  return {
    async run(name: string, more: Env): Promise<void> {
      const script = steps.find((step) => step.name === name)?.run;
      if (script === undefined) throw new Error(`release.yml: no step ${name} with a script`);
      const bin = path.join(packedRoot, "node_modules/.bin");
      const env = { ...environment, ...more, PATH: `${environment["PATH"] ?? ""}:${bin}` };
      const child = spawn("bash", ["-e", "-o", "pipefail", "-c", script], { cwd: project.folder, env });
      const lines: string[] = [];
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => lines.push(String(chunk)));
      const code = await new Promise((resolve) => child.once("close", resolve));
      if (code !== 0) throw new Error(`${name}: ${lines.join("")}`);
    },
    async canaryHasTraffic(): Promise<void> {
      const weight = ["get", "canaryrelease", "shop", "-n", "shop", "-o", "jsonpath={.status.canaryWeight}"];
      while (Number(kubectl(...weight)) === 0) await new Promise((resolve) => setTimeout(resolve, 200));
    },
  };
}
