/** Runs the jobs of a GitHub workflow as far as they are `run:` lines: stands in for GitHub's runner. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { eventually } from "./cluster.js";

const texts = z.record(z.string(), z.coerce.string()).default({});
const step = z.union([
  z.object({ uses: z.string() }),
  z.object({
    name: z.string(),
    run: z.string(),
    if: z.string().default("success()"),
    env: texts,
    "continue-on-error": z.boolean().default(false),
  }),
]);
const workflow = z.object({
  env: texts,
  jobs: z.record(z.string(), z.object({ if: z.string(), steps: z.array(step) })),
});
type Workflow = z.output<typeof workflow>;
type Run = Extract<Workflow["jobs"][string]["steps"][number], { readonly run: string }>;

/** What expressions of a workflow may ask for. */
export interface Trigger {
  readonly event: "pull_request" | "push" | "workflow_dispatch";
  readonly tag?: string;
  readonly secrets: Readonly<Record<string, string>>;
}

type Values = Readonly<Record<string, string>>;
type Outcome = "success" | "failure" | "cancelled" | "skipped";

export class JobRun {
  /** By the name of the step. */
  readonly outcomes = new Map<string, Outcome>();
  private readonly lines: string[] = [];
  private readonly scratch = mkdtempSync(path.join(tmpdir(), "canary-runner-"));
  private running: ChildProcess | undefined;
  private status: Exclude<Outcome, "skipped"> = "success";

  private constructor(
    private readonly folder: string,
    private readonly trigger: Trigger,
    private readonly surroundings: NodeJS.ProcessEnv,
  ) {}

  /** Begins the job of that name, which its own condition must let run. */
  static begin(
    file: string,
    name: string,
    place: { readonly folder: string; readonly trigger: Trigger; readonly env: NodeJS.ProcessEnv },
  ): { readonly job: JobRun; readonly ended: Promise<JobRun> } {
    const { env, jobs } = workflow.parse(parse(readFileSync(file, "utf8")));
    const job = jobs[name];
    const run = new JobRun(place.folder, place.trigger, place.env);
    if (job === undefined || !run.holds(job.if)) throw new Error(`${name} is no job of ${place.trigger.event}`);
    return { job: run, ended: run.all(job.steps, run.filled(env)).then(() => run) };
  }

  get output(): string {
    return this.lines.join("");
  }

  get result(): Outcome {
    return this.status;
  }

  async prints(text: string, seconds = 60): Promise<void> {
    await eventually(`the job prints: ${text}`, seconds, () => Promise.resolve(this.output.includes(text)));
  }

  /** As GitHub does it: an interrupt, and soon afterwards the end of all that the step has started. */
  async cancel(): Promise<void> {
    this.status = "cancelled";
    const { running } = this;
    if (running?.pid === undefined) return;
    process.kill(-running.pid, "SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    if (running.exitCode === null && running.signalCode === null) process.kill(-running.pid, "SIGKILL");
  }

  private async all(steps: Workflow["jobs"][string]["steps"], env: Values): Promise<void> {
    try {
      for (const each of steps) if ("run" in each) await this.one(each, env);
    } finally {
      rmSync(this.scratch, { recursive: true, force: true });
    }
  }

  private async one(each: Run, env: Values): Promise<void> {
    if (!this.holds(each.if)) {
      this.outcomes.set(each.name, "skipped");
      return;
    }
    const code = await this.shell(each.run, { ...env, ...this.filled(each.env) });
    const isWell = code === 0;
    this.outcomes.set(each.name, isWell ? "success" : "failure");
    if (!isWell && !each["continue-on-error"] && this.status === "success") this.status = "failure";
  }

  private shell(script: string, env: Values): Promise<number> {
    const github = { GITHUB_ENV: path.join(this.scratch, "env"), GITHUB_RUN_ID: "1", RUNNER_TEMP: this.scratch };
    const given = existsSync(github.GITHUB_ENV) ? readFileSync(github.GITHUB_ENV, "utf8") : "";
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
      cwd: this.folder,
      env: { ...this.surroundings, ...github, ...env, ...assignments(given) },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.running = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => this.lines.push(chunk.toString()));
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => {
        this.running = undefined;
        resolve(code ?? -1);
      });
    });
  }

  private filled(env: Values): Values {
    return Object.fromEntries(
      Object.entries(env).map(([key, text]) => [
        key,
        text.replaceAll(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => this.value(expression)),
      ]),
    );
  }

  /** `a.b || 'c'`. */
  private value(expression: string): string {
    const values = expression.split(" || ").map((each) => {
      const [, literal] = /^'(.*)'$/.exec(each) ?? [];
      if (literal !== undefined) return literal;
      if (each === "inputs.tag") return this.trigger.tag ?? "";
      const [, secret] = /^secrets\.(\w+)$/.exec(each) ?? [];
      if (secret !== undefined) return this.trigger.secrets[secret] ?? "";
      throw new Error(`this runner does not know ${each}`);
    });
    return values.find((each) => each !== "") ?? "";
  }

  private holds(condition: string): boolean {
    switch (condition) {
      case "always()":
        return true;
      case "success()":
        return this.status === "success";
      case "cancelled()":
        return this.status === "cancelled";
      case "github.event_name == 'pull_request'":
        return this.trigger.event === "pull_request";
      case "github.event_name != 'pull_request'":
        return this.trigger.event !== "pull_request";
      default:
        throw new Error(`this runner does not know the condition ${condition}`);
    }
  }
}

function assignments(text: string): Values {
  return Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = "", value = ""]) => [key, value]));
}
