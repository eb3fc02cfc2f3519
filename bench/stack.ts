import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import type { Stack } from "@pulumi/pulumi/automation/index.js";

/** Below this package, so that a program's stubs find it by its own name. */
const workRoot = path.resolve(__dirname, "../../.sandbox/bench");

export type Program = () => Promise<void>;

export interface Update {
  readonly failed: boolean;
  readonly seconds: number;
  /** What the engine said; of a failed one with the error at its end. */
  readonly output: string;
}

export interface StackOptions {
  /** False: the engine writes its state at the end only, not at each step (PULUMI_SKIP_CHECKPOINTS). Default true. */
  readonly checkpoints?: boolean;
}

export interface UpdateOptions {
  /** Slots of the engine. Default 32. */
  readonly parallel?: number;
}

/** A Pulumi stack with an inline program; its state goes with the sandbox. */
export class BenchStack {
  private static readonly opened = new Map<string, BenchStack>();

  private constructor(
    private readonly name: string,
    private readonly stack: Stack,
    private readonly workDir: string,
  ) {}

  /** The same stack for the same name: what it takes to make one is no part of any update. */
  static async open(name: string, { checkpoints = true }: StackOptions = {}): Promise<BenchStack> {
    const known = BenchStack.opened.get(name);
    if (known !== undefined) return known;
    const sandbox = process.env["APISIX_CANARY_SANDBOX_DIR"];
    if (sandbox === undefined) throw new Error("bench: runs inside a sandbox: npm run bench");
    const state = path.join(sandbox, "bench", name);
    const workDir = path.join(workRoot, path.basename(sandbox), name);
    rmSync(workDir, { recursive: true, force: true });
    mkdirSync(workDir, { recursive: true });
    mkdirSync(state, { recursive: true });
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: "canary-bench", program: () => Promise.resolve() },
      {
        workDir,
        envVars: {
          PULUMI_BACKEND_URL: `file://${state}`,
          PULUMI_CONFIG_PASSPHRASE: "bench",
          PULUMI_SKIP_UPDATE_CHECK: "1",
          ...(checkpoints ? {} : { PULUMI_SKIP_CHECKPOINTS: "true" }),
        },
      },
    );
    const made = new BenchStack(name, stack, workDir);
    BenchStack.opened.set(name, made);
    return made;
  }

  /** `pulumi up`, from the call to its end; a failed one is an answer, not an error. */
  up(program: Program, { parallel = 32 }: UpdateOptions = {}): Promise<Update> {
    return timed(async (tell) => {
      await this.stack.up({ program, parallel, onOutput: tell });
    });
  }

  preview(program: Program, { parallel = 32 }: UpdateOptions = {}): Promise<Update> {
    return timed(async (tell) => {
      await this.stack.preview({ program, parallel, onOutput: tell });
    });
  }

  /** Destroys what it made and forgets it. */
  async remove(): Promise<void> {
    await this.stack.destroy({ onOutput: () => undefined, parallel: 32 });
    rmSync(this.workDir, { recursive: true, force: true });
    BenchStack.opened.delete(this.name);
  }
}

async function timed(run: (tell: (text: string) => void) => Promise<void>): Promise<Update> {
  const lines: string[] = [];
  const started = performance.now();
  const end = (failed: boolean): Update => ({
    failed,
    seconds: (performance.now() - started) / 1000,
    output: lines.join(""),
  });
  try {
    await run((text) => lines.push(text));
    return end(false);
  } catch (error) {
    lines.push(error instanceof Error ? error.message : String(error));
    return end(true);
  }
}
