import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { startTraffic } from "../../sandbox/users/index.js";
import { deployment, eventually, ownKubeconfig, releaseStatus } from "./harness/cluster.js";
import { edited, exampleText, openExample } from "./harness/examples.js";
import type { Result, UserProject } from "./harness/project.js";
import { JobRun } from "./harness/workflow.js";
import type { Trigger } from "./harness/workflow.js";

// Examples that are more than one update: a tag on its way through stacks, and a pipeline's job.

const image = (tag: string): string => `ghcr.io/stefanprodan/podinfo:${tag}`;
/** A tag whose pods answer nothing but errors, wherever it comes to. */
const broken = "6.0.3";
const shippedImage = "image: pulumi.interpolate`ghcr.io/stefanprodan/podinfo:${tag}`";

describe("promotion", () => {
  const stacks = ["dev", "staging", "production"] as const;
  type Stack = (typeof stacks)[number];
  let project: UserProject;
  const run = (stack: Stack, ...argv: readonly string[]): Promise<Result> => project.run([...argv, "--stack", stack]);
  const up = (stack: Stack): Promise<Result> => run(stack, "up", "--yes", "--skip-preview", "--non-interactive");
  const comesIn = async (tag: string): Promise<void> => {
    expect((await run("dev", "config", "set", "tag", tag)).code).to.equal(0);
    const { code, output } = await up("dev");
    expect(code, output).to.equal(0);
  };
  const served = async (stack: Stack): Promise<string> => (await deployment(`shop-${stack}`, "shop-primary")).image;
  const underUsers = async (stack: Stack, host: string) => {
    const users = startTraffic({ host, perSecond: 40 });
    const result = await up(stack);
    return { ...result, tally: await users.stop() };
  };

  before(async () => {
    project = await openExample("promotion");
    for (const stack of ["staging", "production"]) await project.run(["stack", "init", stack, "--non-interactive"]);
    const broke = `image: pulumi.output(tag).apply((each) => (each === "${broken}" ? "sandbox/faulty:" : "ghcr.io/stefanprodan/podinfo:") + each),
          env: pulumi.output(tag).apply((each) => (each === "${broken}" ? [{ name: "FAIL_PERCENT", value: "100" }] : []))`;
    project.write({
      "index.ts": edited(exampleText("promotion"), { [shippedImage]: broke, "stepWeight: 10": "stepWeight: 25" }),
      "Pulumi.staging.yaml": edited(exampleText("promotion", "Pulumi.staging.yaml"), {
        "interval: 10s": "interval: 1s",
      }),
      "Pulumi.production.yaml": edited(exampleText("promotion", "Pulumi.production.yaml"), {
        "interval: 1m": "interval: 1s",
      }),
    });
  });
  after(async () => {
    const ended = await Promise.all(stacks.map((stack) => run(stack, "destroy", "--yes", "--skip-preview")));
    for (const { code, output } of ended) expect(code, output).to.equal(0);
  });

  it("brings the first tag through all three", async () => {
    await comesIn("6.0.1");
    for (const stack of ["staging", "production"] as const) {
      const { code, output } = await up(stack);
      expect(code, output).to.equal(0);
      expect(await served(stack)).to.equal(image("6.0.1"));
    }
  });

  it("brings a good one to production as a canary of each, and no user notices", async () => {
    await comesIn("6.0.2");
    const hosts = { staging: "shop.staging.example.com", production: "shop.example.com" };
    for (const stack of ["staging", "production"] as const) {
      const { code, output, tally } = await underUsers(stack, hosts[stack]);
      expect(code, output).to.equal(0);
      expect(output).to.contain(`Promotion completed! Scaling down shop.shop-${stack}`);
      expect(tally.failed, tally.samples.join("\n")).to.equal(0);
      expect(await served(stack)).to.equal(image("6.0.2"));
    }
  });

  it("ends a broken one in staging, and production takes nothing", async () => {
    await comesIn(broken);
    const staging = await underUsers("staging", "shop.staging.example.com");
    expect(staging.code).not.to.equal(0);
    expect(staging.output).to.match(/success rate [\d.]+% < 99%/);
    expect(await served("staging")).to.equal(image("6.0.2"));
    const production = await underUsers("production", "shop.example.com");
    expect(production.code, production.output).to.equal(0);
    expect(production.output).not.to.match(/\d+ (created|updated|deleted|replaced)/);
    expect(production.tally.failed, production.tally.samples.join("\n")).to.equal(0);
    expect([...production.tally.byVersion.keys()]).to.deep.equal(["6.0.2"]);
  });

  it("refuses in production, in one line, what staging has only passed by skipping its analysis", async () => {
    const strict = edited(exampleText("promotion"), {
      "/${promotesFrom}`": '/${promotesFrom}`, { accept: ["passed"] }',
      'config.get("promotesFrom")': '"dev"',
    });
    project.write({ "index.ts": strict });
    const { code, output } = await run("production", "preview", "--non-interactive");
    expect(code).not.to.equal(0);
    expect(output).to.match(/error: .*dev.*skipped/);
    expect(await served("production")).to.equal(image("6.0.2"));
  });
});

describe("github-actions", () => {
  const host = "shop.example.com";
  let project: UserProject;
  let file: string;
  const begin = (job: string, trigger: Omit<Trigger, "secrets">) => {
    const env = { ...project.environment() };
    // The pipeline brings its own, out of a secret.
    delete env["KUBECONFIG"];
    const secrets = { KUBECONFIG: ownKubeconfig() };
    return JobRun.begin(file, job, { folder: project.folder, trigger: { ...trigger, secrets }, env });
  };
  const dispatched = (tag: string) => begin("release", { event: "workflow_dispatch", tag });

  before(async () => {
    project = await openExample("github-actions");
    file = path.join(project.folder, ".github/workflows/release.yml");
    const lock = {
      name: "shop",
      version: "1.0.0",
      lockfileVersion: 3,
      packages: { "": { name: "shop", version: "1.0.0" } },
    };
    project.write({
      // Its packages are found above it, as in any workspace: there is nothing for `npm ci` to bring.
      "package.json": JSON.stringify({ name: "shop", version: "1.0.0", private: true }),
      "package-lock.json": JSON.stringify(lock),
      "index.ts": edited(exampleText("github-actions"), {
        "image: `ghcr.io/stefanprodan/podinfo:${tag}`": `...(tag === "${broken}" ? { image: "sandbox/faulty:${broken}", env: [{ name: "FAIL_PERCENT", value: "100" }] } : { image: \`ghcr.io/stefanprodan/podinfo:\${tag}\` })`,
        "stepWeight: 10": "stepWeight: 25",
      }),
    });
    await project.run(["stack", "init", "production", "--non-interactive"]);
    await project.run(["config", "set", "interval", "2s", "--stack", "production"]);
  });
  after(async () => {
    const { code, output } = await project.run(["destroy", "--yes", "--skip-preview", "--stack", "production"]);
    expect(code, output).to.equal(0);
  });

  it("previews for a pull request, and ships the first revision on a push", async () => {
    const preview = await begin("preview", { event: "pull_request" }).ended;
    expect(preview.result, preview.output).to.equal("success");
    expect(preview.output).to.match(/\+ \d+ to create/);
    const job = await begin("release", { event: "push" }).ended;
    expect(job.result, job.output).to.equal("success");
    expect(await releaseStatus("shop", "shop")).to.include({ phase: "Initialized" });
  });

  it("ships a tag by hand under users, and keeps the run's report", async () => {
    const users = startTraffic({ host, perSecond: 40 });
    const job = await dispatched("6.0.2").ended;
    const tally = await users.stop();
    expect(job.result, job.output).to.equal("success");
    expect(job.output).to.contain("Promotion completed! Scaling down shop.shop");
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(readFileSync(path.join(project.folder, "report.html"), "utf8")).to.contain("6.0.2");
    expect(existsSync(path.join(project.folder, "report.json"))).to.equal(true);
  });

  it("fails with the check and its figures where the revision is taken back", async () => {
    const users = startTraffic({ host, perSecond: 40 });
    const job = await dispatched(broken).ended;
    await users.stop();
    expect(job.result).to.equal("failure");
    expect(job.outcomes.get("Report"), job.output).to.equal("success");
    expect(job.outcomes.get("Abort")).to.equal("skipped");
    expect(job.output).to.match(/error: .*success rate [\d.]+% < 99%/);
    expect((await deployment("shop", "shop-primary")).image).to.equal(image("6.0.2"));
  });

  it("takes back what a cancelled job has left under way", async () => {
    const users = startTraffic({ host, perSecond: 40 });
    const { job, ended } = dispatched("6.0.4");
    await job.prints("Advance shop.shop canary weight 25");
    await job.cancel();
    await ended;
    expect(job.result).to.equal("cancelled");
    expect(job.outcomes.get("Abort")).to.equal("success");
    await eventually("the traffic is back", 60, async () => {
      const { phase, canaryWeight } = await releaseStatus("shop", "shop");
      return phase === "Failed" && canaryWeight === 0;
    });
    const tally = await users.stop();
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect((await deployment("shop", "shop-primary")).image).to.equal(image("6.0.2"));
  });
});
