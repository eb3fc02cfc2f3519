import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Update } from "./update.js";
import type { Exit } from "./update.js";

/** Below this package, so that a program's stubs find it by its own name. */
const workRoot = path.resolve(__dirname, "../../../.sandbox/projects");
const stack = "bench";
const plain = ["--non-interactive", "--stack", stack];

/** What a program is told travels through the environment of `pulumi`. */
const settingsVariable = "BENCH_SETTINGS";

/** What `Project` gave the program that asks; null where it was started otherwise. */
export function programSettings(): unknown {
  return JSON.parse(process.env[settingsVariable] ?? "null");
}

export interface UpdateOptions {
  /** Slots of the engine. Default 32. */
  readonly parallel?: number;
  /** False: the engine writes its state at the end only, not at each step. Default true. */
  readonly checkpoints?: boolean;
}

/** A Pulumi project in a folder of its own, run by the real command line. */
export class Project {
  private constructor(
    readonly name: string,
    private readonly program: string,
  ) {}

  private get folder(): string {
    const sandbox = path.basename(process.env["APISIX_CANARY_SANDBOX_DIR"] ?? "outside");
    return path.join(workRoot, sandbox, this.name);
  }

  private get state(): string {
    return path.join(this.folder, "state");
  }

  /**
   * A fresh one; what had its name is gone.
   * @param program path of the compiled program
   */
  static async create(name: string, program: string): Promise<Project> {
    const project = new Project(name, program);
    project.writeFiles();
    const { code, output } = await project.run(["stack", "init", ...plain]);
    if (code !== 0) throw new Error(`pulumi stack init: ${output}`);
    return project;
  }

  /** The same program and state in another place, as on a second machine. */
  fork(name: string): Project {
    const twin = new Project(name, this.program);
    twin.writeFiles();
    const withoutLocks = (source: string): boolean => path.basename(source) !== "locks";
    cpSync(this.state, twin.state, { recursive: true, filter: withoutLocks });
    return twin;
  }

  private writeFiles(): void {
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.state, { recursive: true });
    // Without `main` the language host would take the one of this package's own package.json.
    const runtime = "runtime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.js\n";
    writeFileSync(path.join(this.folder, "Pulumi.yaml"), `name: canary-bench\n${runtime}`);
    const program = path.relative(this.folder, this.program);
    writeFileSync(path.join(this.folder, "index.js"), `module.exports = require(${JSON.stringify(program)});\n`);
  }

  /** `pulumi up`, under way. `settings` is what the program reads. */
  up(settings: object, { parallel = 32, checkpoints = true }: UpdateOptions = {}): Update {
    const argv = ["up", "--yes", "--skip-preview", "--parallel", String(parallel), ...plain];
    return this.start(argv, settings, checkpoints ? {} : { PULUMI_SKIP_CHECKPOINTS: "true" });
  }

  preview(settings: object, { parallel = 32 }: Pick<UpdateOptions, "parallel"> = {}): Update {
    return this.start(["preview", "--parallel", String(parallel), ...plain], settings);
  }

  /** Lets go of a state that a killed engine holds. */
  cancel(): Promise<Exit & { readonly output: string }> {
    return this.run(["cancel", "--yes", ...plain]);
  }

  destroy(settings: object): Promise<Exit & { readonly output: string }> {
    return this.run(["destroy", "--yes", "--skip-preview", ...plain], settings);
  }

  private async run(argv: readonly string[], settings: object = {}): Promise<Exit & { readonly output: string }> {
    const command = this.start(argv, settings);
    const exit = await command.exited;
    return { ...exit, output: command.output };
  }

  private start(argv: readonly string[], settings: object, more: NodeJS.ProcessEnv = {}): Update {
    const env = {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${this.state}`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      [settingsVariable]: JSON.stringify(settings),
      ...more,
    };
    return new Update(argv, { folder: this.folder, env });
  }
}
