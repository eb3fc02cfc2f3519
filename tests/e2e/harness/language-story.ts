import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { expect } from "chai";
import { core, deployment, eventually, releaseStatus, routeWeights } from "./cluster.js";
import { pathFor } from "./languages.js";
import { startTraffic } from "../../../sandbox/users/index.js";
import type { Tally } from "../../../sandbox/users/index.js";

const examples = path.resolve(__dirname, "../../../../examples");
const name = "podinfo";
const atRest = { primary: 100, canary: 0 };

export interface Language {
  readonly name: "yaml" | "python";
  readonly program: string;
  /** Whether the program makes its namespace; else it is there already. */
  readonly makesNamespace: boolean;
}

/** The example of a language as a user would run it: a folder with a program, and the engine's command. */
class Project {
  private constructor(
    private readonly stack: Stack,
    private readonly folder: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async open(language: Language["name"], searchPath: string): Promise<Project> {
    const sandbox = process.env["APISIX_CANARY_SANDBOX_DIR"];
    if (sandbox === undefined) throw new Error("end-to-end tests run inside a sandbox: npm run test:e2e");
    const folder = path.join(sandbox, "languages", language);
    const state = path.join(folder, "state");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(state, { recursive: true });
    cpSync(path.join(examples, language), path.join(folder, "program"), { recursive: true });
    const environment = {
      PATH: searchPath,
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "1",
    };
    const workDir = path.join(folder, "program");
    const stack = await LocalWorkspace.createOrSelectStack({ stackName: "dev", workDir }, { envVars: environment });
    return new Project(stack, workDir, environment);
  }

  /** Changes the program, as its author would. */
  edit(program: string, changes: Readonly<Record<string, string>>): void {
    const file = path.join(this.folder, program);
    const text = readFileSync(file, "utf8");
    const changed = Object.entries(changes).reduce((all, [from, to]) => all.replaceAll(from, to), text);
    if (changed === text) throw new Error(`${program}: nothing to change`);
    writeFileSync(file, changed);
  }

  async configure(values: Readonly<Record<string, string>>): Promise<void> {
    for (const [key, value] of Object.entries(values)) await this.stack.setConfig(key, { value });
  }

  /** Runs the update; resolves with what it printed, whether it failed or not. */
  async up(values: Readonly<Record<string, string>>): Promise<{ readonly failed: boolean; readonly output: string }> {
    await this.configure(values);
    const lines: string[] = [];
    return this.stack.up({ onOutput: (line) => lines.push(line), parallel: 32 }).then(
      () => ({ failed: false, output: lines.join("") }),
      (error: unknown) => ({ failed: true, output: [...lines, String(error)].join("") }),
    );
  }

  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    const outputs = await this.stack.outputs();
    return Object.fromEntries(
      Object.entries(outputs).map(([key, { value }]: [string, { value: unknown }]) => [key, value]),
    );
  }

  /** The update from a terminal, until `when` has come about; then Ctrl-C, once. */
  async upInterrupted(when: () => Promise<void>): Promise<{ readonly code: number | null; readonly output: string }> {
    const env = { ...process.env, ...this.environment };
    const child = spawn("pulumi", ["up", "--yes", "--skip-preview", "--stack", "dev", "--non-interactive"], {
      cwd: this.folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    try {
      await Promise.race([when(), ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${output}`)))]);
    } finally {
      child.kill("SIGINT");
    }
    return { code: await ended, output };
  }

  async destroy(): Promise<void> {
    await this.stack.destroy({ onOutput: () => undefined });
  }
}

/** Users are there while it runs, and gone afterwards however it ends. */
async function withUsers<T>(
  host: string,
  run: () => Promise<T>,
): Promise<{ readonly update: T; readonly tally: Tally }> {
  const users = startTraffic({ host, perSecond: 60 });
  const update = await run().catch(async (error: unknown) => {
    await users.stop();
    throw error;
  });
  return { update, tally: await users.stop() };
}

const good = { FAIL_PERCENT: "PODINFO_UI_COLOR", '"100"': '"#34577c"' };
const bad = { PODINFO_UI_COLOR: "FAIL_PERCENT", '"#34577c"': '"100"' };

/** A release in another language: first revision, promotion, rollback, Ctrl-C. */
export function tellStory({ name: language, program, makesNamespace }: Language): void {
  const namespace = `e2e-${language}`;
  const host = `${language}.example.com`;

  describe(`a release in ${language}`, function () {
    let opened: Project | undefined;
    const project = (): Project => {
      if (opened === undefined) throw new Error(`${language}: no project`);
      return opened;
    };
    before(async function () {
      const found = pathFor(language);
      if ("missing" in found) {
        console.log(`      ${language}: ${found.missing}`);
        this.skip();
      }
      if (!makesNamespace) await core.createNamespace({ body: { metadata: { name: namespace } } });
      opened = await Project.open(language, found.path);
      await opened.configure({ namespace, host, image: "sandbox/faulty", interval: "1s" });
    });
    after(async () => {
      if (opened === undefined) return;
      await opened.destroy();
      if (!makesNamespace) await core.deleteNamespace({ name: namespace });
    });

    it("initializes its first revision", async () => {
      const update = await project().up({ tag: "1.0.0" });
      expect(update.failed, update.output).to.equal(false);
      expect(update.output).to.contain(`Initialization done! ${name}.${namespace}`);
      expect(await releaseStatus(namespace, name)).to.include({ phase: "Initialized", canaryWeight: 0 });
      expect(await project().outputs()).to.include({ route: `${name}-${name}-canary`, outcome: "initialized" });
    });

    it("promotes a healthy revision, and no user notices", async () => {
      const { update, tally } = await withUsers(host, () => project().up({ tag: "1.0.1" }));
      expect(update.failed, update.output).to.equal(false);
      expect(tally.failed, tally.samples.join("\n")).to.equal(0);
      expect(update.output).to.contain(`Advance ${name}.${namespace} canary weight 50`);
      expect(update.output).to.contain(`Promotion completed! Scaling down ${name}.${namespace}`);
      expect((await deployment(namespace, `${name}-primary`)).image).to.equal("sandbox/faulty:1.0.1");
      expect(await project().outputs()).to.include({ outcome: "passed" });
    });

    it("rolls a failing revision back, and fails the update with the figures", async () => {
      project().edit(program, bad);
      const { update } = await withUsers(host, () => project().up({ tag: "1.0.2" }));
      expect(update.failed).to.equal(true);
      expect(update.output).to.match(/success rate [\d.]+% < 99%/);
      expect(update.output).not.to.match(/\bat .*\.[jt]s:\d+/);
      expect(await routeWeights(namespace, name)).to.deep.equal(atRest);
      expect((await deployment(namespace, `${name}-primary`)).image).to.equal("sandbox/faulty:1.0.1");
    });

    it("rolls a revision back on the first Ctrl-C", async () => {
      project().edit(program, good);
      const hasTraffic = (): Promise<void> =>
        eventually("the canary has traffic", 60, async () => (await routeWeights(namespace, name)).canary !== 0);
      await project().configure({ tag: "1.0.3", interval: "20s" });
      const { update, tally } = await withUsers(host, () => project().upInterrupted(hasTraffic));
      expect(update.code, update.output).not.to.equal(0);
      expect(tally.failed, tally.samples.join("\n")).to.equal(0);
      expect(update.output).to.contain("cancelled");
      expect(await releaseStatus(namespace, name)).to.include({ phase: "Failed", canaryWeight: 0 });
      expect(await routeWeights(namespace, name)).to.deep.equal(atRest);
    });
  });
}
