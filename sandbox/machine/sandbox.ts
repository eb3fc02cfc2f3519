import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { imagesVariable } from "../images/index.js";
import { removeMemoryGroups } from "../node/memory-group.js";
import { exclusively } from "../tools/index.js";
import type { Progress } from "../tools/index.js";
import { startMachine, usesUserNamespace } from "./namespaces.js";
import { installPrograms } from "./programs.js";
import type { ProgramOptions } from "./programs.js";
import {
  defaultName,
  isAlive,
  makeSandboxesFolder,
  readJson,
  runningMachine,
  sandboxesFolder,
  stateFolder,
} from "./state.js";
import type { MachineRecord, StateFolder } from "./state.js";

export interface SandboxOptions {
  /** Several sandboxes may run at once under different names. Default "default". */
  readonly name?: string;
  /** File that gives programs for image names. Default: what `APISIX_CANARY_IMAGES` says; none where it says nothing. */
  readonly images?: string | undefined;
  /** Has the real Flagger ready too. Default false: only the benchmark needs it. */
  readonly flagger?: boolean;
  /** Gets a line for each tool, and one when the sandbox is ready. */
  readonly progress?: Progress;
  /** Gives the start up, and takes back what was started. */
  readonly signal?: AbortSignal;
}

const startMs = 90_000;
const puller = path.resolve(__dirname, "../images/puller.js");
const supervisor = path.resolve(__dirname, "../cluster/supervisor.js");

/**
 * Brings the machine and its cluster up; returns at once where it runs already, and waits where another process is
 * starting it. Throws a one-line error.
 */
export async function startSandbox(options: SandboxOptions): Promise<void> {
  const { name = defaultName, progress = () => undefined, signal } = options;
  const waiting = (): void => progress(`sandbox ${name}: another process starts or stops it, waiting …`);
  const given = options.images ?? process.env[imagesVariable];
  const images = given === undefined || given === "" ? undefined : path.resolve(given);
  const programs = { images, flagger: options.flagger ?? false };
  await exclusively(`sandbox-${name}`, waiting, () => start(name, programs, progress, signal));
}

async function start(name: string, programs: ProgramOptions, progress: Progress, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  requireNode();
  const state = stateFolder(name);
  if (runningMachine(name) !== undefined && isReady(state)) {
    progress(`sandbox ${name}: running`);
    return;
  }
  await stop(name);
  makeSandboxesFolder();
  mkdirSync(state.logs, { recursive: true });
  await installPrograms(state, programs, progress, signal);
  if (programs.images !== undefined) writeFileSync(state.images, programs.images);
  const started = performance.now();
  const userNamespace = await usesUserNamespace();
  const argv = [process.execPath, "--enable-source-maps", supervisor, state.root];
  const record = await startMachine(argv, userNamespace, path.join(state.logs, "supervisor.log"));
  writeFileSync(state.pid, JSON.stringify(record));
  startPuller(state, record);
  try {
    await untilReady(state, record, signal);
  } catch (error) {
    await stopMachine(record);
    throw error;
  }
  progress(`sandbox ${name}: ready after ${((performance.now() - started) / 1000).toFixed(1)}s`);
}

/** Ends with the machine. */
function startPuller({ root, logs }: StateFolder, { pid, startTicks }: MachineRecord): void {
  const log = openSync(path.join(logs, "puller.log"), "a");
  const argv = ["--enable-source-maps", puller, root, String(pid), String(startTicks)];
  spawn(process.execPath, argv, { detached: true, stdio: ["ignore", log, log] }).unref();
  closeSync(log);
}

/** The client library can't be loaded by an older one. */
function requireNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return;
  throw new Error(
    `Node ${process.versions.node} is too old: use npm's scripts (npm run sandbox), or Node 22.19 or newer`,
  );
}

function isReady(state: StateFolder): boolean {
  const outcome = readJson(state.outcome);
  return typeof outcome === "object" && outcome !== null && "kind" in outcome && outcome.kind === "ready";
}

async function untilReady(state: StateFolder, machine: MachineRecord, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + startMs;
  while (!isReady(state)) {
    signal?.throwIfAborted();
    const outcome = readJson(state.outcome);
    if (typeof outcome === "object" && outcome !== null && "message" in outcome)
      throw new Error(`sandbox: ${String(outcome.message)}`);
    const log = path.join(state.logs, "supervisor.log");
    if (!isAlive(machine)) throw new Error(`sandbox: its first process ended: ${lastLine(log)}`);
    if (performance.now() > deadline)
      throw new Error(`sandbox: not ready after ${startMs / 1000}s; see the logs in ${state.logs}`);
    await pause(50);
  }
}

/** The line of a log that says what went wrong: the last that names an error, else the last. */
function lastLine(file: string): string {
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  return lines.findLast((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? "";
}

/** Ends the machine with everything in it and removes its files; nothing to do where it does not run. */
export async function stopSandbox({ name = defaultName }: Pick<SandboxOptions, "name">): Promise<void> {
  await exclusively(
    `sandbox-${name}`,
    () => undefined,
    () => stop(name),
  );
}

async function stop(name: string): Promise<void> {
  const record = runningMachine(name);
  if (record !== undefined) await stopMachine(record);
  removeMemoryGroups(name);
  rmSync(stateFolder(name).root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  try {
    rmdirSync(sandboxesFolder());
  } catch {
    // Another sandbox is in it, or it was never made.
  }
}

/** With the first process of a process space all others end, whatever they do. */
async function stopMachine(machine: MachineRecord): Promise<void> {
  for (const [signal, waitMs] of [
    ["SIGTERM", 3_000],
    ["SIGKILL", 20_000],
  ] as const) {
    if (!isAlive(machine)) return;
    process.kill(machine.pid, signal);
    const deadline = performance.now() + waitMs;
    while (performance.now() < deadline) {
      if (!isAlive(machine)) return;
      await pause(25);
    }
  }
  throw new Error(`sandbox: process ${machine.pid} does not end, not even when killed`);
}

function statusOf(name = defaultName): "running" | "starting" | "stopped" {
  if (runningMachine(name) === undefined) return "stopped";
  return isReady(stateFolder(name)) ? "running" : "starting";
}

/** What a person wants to know about it, line by line. */
export function describeSandbox(name = defaultName): readonly string[] {
  const status = statusOf(name);
  const first = `sandbox ${name}: ${status}`;
  if (status === "stopped") return [first];
  const { kubeconfig, logs, processes } = stateFolder(name);
  const parts = readJson(processes);
  const lines = typeof parts === "object" && parts !== null ? Object.entries(parts) : [];
  return [
    first,
    ...lines.map(([part, how]) => `  ${part}: ${String(how)}`),
    `  kubeconfig (for commands inside): ${kubeconfig}`,
    `  logs: ${logs}`,
  ];
}
