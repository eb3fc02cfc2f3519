import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Readable } from "node:stream";
import { Update } from "../../../bench/project/index.js";
import { ensurePackage, packedRoot } from "./packed.js";

const stack = "dev";
const plain = ["--non-interactive", "--stack", stack];

export interface Result {
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

export type Env = Readonly<Record<string, string>>;

/** A user's own Pulumi project with the packed package, run by the real command line. */
export class UserProject {
  private constructor(
    readonly folder: string,
    private readonly state = path.join(folder, "state"),
  ) {}

  /** A fresh one with these files; `index.js` or `index.ts` is the program. */
  static async create(name: string, files: Readonly<Record<string, string>>): Promise<UserProject> {
    const project = UserProject.empty(name);
    const isTyped = Object.hasOwn(files, "index.ts");
    project.write({ "package.json": packageJson(name), "Pulumi.yaml": pulumiYaml(name, isTyped), ...files });
    return project.initialized();
  }

  /** A copy of a folder that is a project already, on a fresh stack; without the stacks' configuration where asked. */
  static async copy(name: string, folder: string, { configured = true } = {}): Promise<UserProject> {
    const project = UserProject.empty(name);
    const isWanted = (file: string): boolean => configured || !/^Pulumi\..+\.yaml$/.test(path.basename(file));
    cpSync(folder, project.folder, { recursive: true, filter: isWanted });
    project.write({ "package.json": packageJson(name) });
    return project.initialized();
  }

  /** What its author makes by these commands, which end in its folder with a stack of their own. */
  static async madeBy(name: string, commands: string): Promise<UserProject> {
    const above = UserProject.empty(name);
    const { code, output } = await above.shell(`${commands}\npwd`);
    if (code !== 0) throw new Error(`${commands}: ${output}`);
    return new UserProject(output.trim().split("\n").at(-1) ?? "", above.state);
  }

  private static empty(name: string): UserProject {
    ensurePackage();
    const sandbox = path.basename(process.env["APISIX_CANARY_SANDBOX_DIR"] ?? "outside");
    const project = new UserProject(path.join(packedRoot, sandbox, name));
    rmSync(project.folder, { recursive: true, force: true });
    mkdirSync(project.state, { recursive: true });
    return project;
  }

  private async initialized(): Promise<UserProject> {
    const { code, output } = await this.run(["stack", "init", ...plain]);
    if (code !== 0) throw new Error(`pulumi stack init: ${output}`);
    return this;
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(this.folder, name)), { recursive: true });
      writeFileSync(path.join(this.folder, name), text);
    }
  }

  preview(env: Env = {}): Promise<Result> {
    return this.run(["preview", ...plain], env);
  }

  up(env: Env = {}): Promise<Result> {
    return this.run(["up", "--yes", "--skip-preview", ...plain], env);
  }

  /** `pulumi up`, under way. */
  begin(env: Env = {}): Update {
    return this.start(["up", "--yes", "--skip-preview", ...plain], env);
  }

  destroy(env: Env = {}): Promise<Result> {
    return this.run(["destroy", "--yes", "--skip-preview", ...plain], env);
  }

  /** Number of resources whose live state is not what the state file says. */
  refresh(env: Env = {}): Promise<Result> {
    return this.run(["refresh", "--yes", "--skip-preview", ...plain], env);
  }

  cancel(): Promise<Result> {
    return this.run(["cancel", "--yes", ...plain]);
  }

  /** Of the stack, as `pulumi config set` writes it. */
  configure(values: Env): Promise<Result> {
    const pairs = Object.entries(values).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
    return this.run(["config", "set-all", ...pairs, ...plain]);
  }

  async run(argv: readonly string[], env: Env = {}): Promise<Result> {
    const command = this.start(argv, env);
    const { code, seconds } = await command.exited;
    return { code, seconds, output: command.output };
  }

  /** The package's own program for people. */
  cli(argv: readonly string[]): Promise<Pick<Result, "code" | "output">> {
    const program = path.join(packedRoot, "node_modules/pulumi-apisix-canary/dist/cli/main.js");
    return ended(spawn(process.execPath, [program, ...argv], { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] }));
  }

  /** What a person types there; what Pulumi asks is answered with yes. */
  shell(commands: string): Promise<Pick<Result, "code" | "output">> {
    return ended(this.typed(commands));
  }

  /** The same in a terminal that stays open; what ends it is returned. */
  terminal(commands: string): () => Promise<void> {
    const child = this.typed(commands);
    const end = ended(child);
    return async () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
      await end;
    };
  }

  private typed(commands: string): ChildProcessByStdio<null, Readable, Readable> {
    return spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", commands], {
      cwd: this.folder,
      env: { ...this.environment(), PULUMI_SKIP_CONFIRMATIONS: "true" },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Of the commands that are run in it. */
  environment(): Readonly<NodeJS.ProcessEnv> {
    return {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${this.state}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      // Types are checked with all others; here it would only take its time.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    };
  }

  private start(argv: readonly string[], more: Env): Update {
    return new Update(argv, { folder: this.folder, env: { ...this.environment(), ...more } });
  }
}

/** All that it printed, when it has ended. */
function ended(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Pick<Result, "code" | "output">> {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, output: lines.join("") }));
  });
}

function packageJson(name: string): string {
  return JSON.stringify({ name, version: "1.0.0", private: true, dependencies: { "pulumi-apisix-canary": "*" } });
}

function pulumiYaml(name: string, isTyped: boolean): string {
  return `name: ${name}\nruntime:\n  name: nodejs\n  options:\n    typescript: ${isTyped}\nmain: index.${isTyped ? "ts" : "js"}\n`;
}
