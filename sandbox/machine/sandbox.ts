import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Progress } from "../tools/index.js";
import { insideEnvironment } from "./environment.js";
import { insideCommand, startMachine, usesUserNamespace } from "./namespaces.js";
import { installPrograms } from "./programs.js";
import { readJson, runningMachine, stateFolder } from "./state.js";
import type { MachineRecord, StateFolder } from "./state.js";

export interface SandboxOptions {
  /** Several sandboxes may run at once under different names. Default "default". */
  readonly name?: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

const defaultName = "default";
const startMs = 90_000;
const supervisor = path.resolve(__dirname, "../cluster/supervisor.js");

/** Brings the machine and its cluster up; returns at once where it runs already. Throws a one-line error. */
export async function startSandbox({
  name = defaultName,
  progress = () => undefined,
  signal,
}: SandboxOptions): Promise<void> {
  const state = stateFolder(name);
  if (runningMachine(name) !== undefined && isReady(state)) {
    progress(`sandbox ${name}: running`);
    return;
  }
  await stopSandbox({ name });
  mkdirSync(state.logs, { recursive: true });
  await installPrograms(state, progress, signal);
  const started = performance.now();
  const userNamespace = await usesUserNamespace();
  const argv = [process.execPath, "--enable-source-maps", supervisor, state.root];
  const record = await startMachine(argv, userNamespace, path.join(state.logs, "supervisor.log"));
  writeFileSync(state.pid, JSON.stringify(record));
  try {
    await untilReady(state, record, signal);
  } catch (error) {
    await stopMachine(record);
    throw error;
  }
  progress(`sandbox ${name}: ready after ${((performance.now() - started) / 1000).toFixed(1)}s`);
}

function isReady(state: StateFolder): boolean {
  const outcome = readJson(state.outcome);
  return typeof outcome === "object" && outcome !== null && "kind" in outcome && outcome.kind === "ready";
}

async function untilReady(state: StateFolder, { pid }: MachineRecord, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + startMs;
  while (!isReady(state)) {
    signal?.throwIfAborted();
    const outcome = readJson(state.outcome);
    if (typeof outcome === "object" && outcome !== null && "message" in outcome)
      throw new Error(`sandbox: ${String(outcome.message)}`);
    const log = path.join(state.logs, "supervisor.log");
    if (!existsSync(`/proc/${pid}`)) throw new Error(`sandbox: its first process ended: ${lastLine(log)}`);
    if (performance.now() > deadline)
      throw new Error(`sandbox: not ready after ${startMs / 1000}s; see the logs in ${state.logs}`);
    await pause(50);
  }
}

function lastLine(file: string): string {
  return existsSync(file) ? (readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "") : "";
}

/** Ends the machine with everything in it and removes its files. */
export async function stopSandbox({ name = defaultName }: Pick<SandboxOptions, "name">): Promise<void> {
  const record = runningMachine(name);
  if (record !== undefined) await stopMachine(record);
  rmSync(stateFolder(name).root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** With the first process of a process space all others end, whatever they do. */
async function stopMachine({ pid }: MachineRecord): Promise<void> {
  for (const [signal, waitMs] of [
    ["SIGTERM", 3_000],
    ["SIGKILL", 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const deadline = performance.now() + waitMs;
    while (performance.now() < deadline) {
      if (!existsSync(`/proc/${pid}`)) return;
      await pause(50);
    }
  }
}

export function statusOf(name = defaultName): "running" | "starting" | "stopped" {
  if (runningMachine(name) === undefined) return "stopped";
  return isReady(stateFolder(name)) ? "running" : "starting";
}

export interface InsideOptions {
  readonly name?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command inside, with our own input and output; resolves with its exit code. */
export function runInside(argv: readonly string[], options: InsideOptions = {}): Promise<number> {
  const name = options.name ?? defaultName;
  const record = runningMachine(name);
  if (record === undefined) return Promise.reject(new Error(`sandbox ${name} is not running: npm run sandbox -- up`));
  const [program = "", ...rest] = insideCommand(record, argv, options.cwd ?? process.cwd());
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: "inherit", env: insideEnvironment(stateFolder(name), options.env) });
    // The terminal sends Ctrl-C to the command itself: we only wait for its end.
    const ignore = (): void => undefined;
    process.on("SIGINT", ignore);
    child.once("error", reject);
    child.once("exit", (code) => {
      process.off("SIGINT", ignore);
      resolve(code ?? 1);
    });
  });
}
