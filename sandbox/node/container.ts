// Stand-in for a container runtime: a container is a process with its own mounts and process ids, in the pod's network.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chownSync, closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { V1Container, V1Volume } from "@kubernetes/client-node";
import type { Image } from "../images/index.js";
import { expand } from "./environment.js";
import { userIds } from "../machine/user-ids.js";
import { confined, located } from "./launcher.js";
import type { MemoryGroup } from "./memory-group.js";
import { childrenOf, isAlive, processRecordOf } from "./record.js";
import type { ProcessRecord } from "./record.js";
import { rootScript } from "./root-file-system.js";
import type { Confinement } from "./security.js";

export interface ContainerOptions {
  readonly container: V1Container;
  readonly image: Image;
  readonly env: Readonly<Record<string, string>>;
  readonly confinement: Confinement;
  readonly networkPid: number;
  readonly root: string;
  readonly podVolumes: readonly V1Volume[];
  readonly volumes: string;
  readonly files: string;
  readonly log: string;
  /** Holds it to its memory limit; undefined where there is no limit, or no such group can be made. */
  readonly memory: MemoryGroup | undefined;
}

export interface Ended {
  readonly exitCode: number;
  readonly signal: number;
}

const signals: Readonly<Record<string, number>> = {
  SIGTERM: 15,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGINT: 2,
  SIGABRT: 6,
  SIGSEGV: 11,
};

/** How a process ended that was not ours to wait for: as a kubelet has it that finds a container gone. */
const unknownEnd: Ended = { exitCode: 137, signal: 9 };
const adoptedPollMs = 100;

/**
 * Stays outside of the new process space, whose first process its child is, and ends as that one ends. (Some versions of
 * `unshare --fork` end with 1 where their child was killed.)
 */
const parent = '"$@" & wait "$!"';

/** One start of a container's program. */
export class RunningContainer {
  private over = false;

  private constructor(
    /** The one that waits for the program, which is its child. */
    private readonly pid: number | undefined,
    readonly ended: Promise<Ended>,
    private readonly stopSignal: NodeJS.Signals,
    private readonly confinement: Confinement,
    private readonly memory: MemoryGroup | undefined,
  ) {
    void ended.then(() => (this.over = true));
  }

  /** A container that an earlier agent started. */
  static adopt(
    process: ProcessRecord,
    image: Image,
    confinement: Confinement,
    memory: MemoryGroup | undefined,
  ): RunningContainer {
    return new RunningContainer(process.pid, untilGone(process), image.stopSignal, confinement, memory);
  }

  /** What a later agent needs to adopt it. */
  get record(): ProcessRecord {
    return processRecordOf(this.pid ?? 0);
  }

  static start(options: ContainerOptions): RunningContainer {
    const { container, image, env, confinement, memory } = options;
    const workingDirectory = container.workingDir ?? (image.workingDirectory || "/");
    const ids = userIds();
    const script = rootScript({ ...options, workingDirectory, userIds: ids, joinFile: memory?.joinFile });
    const argv = argumentsOf(container, image, env);
    const log = openSync(options.log, "a");
    // A program may open its output once more by its name.
    if (ids === "all") chownSync(options.log, confinement.user, confinement.group);
    const child = spawn(
      located("nsenter"),
      [
        ...["--target", String(options.networkPid), "--net", "--uts", "--", located("unshare"), "--mount", "--pid"],
        ...["--", located("sh"), "-c", parent, "sh", located("sh"), "-c", script, "sh", ...argv],
      ],
      { stdio: ["ignore", log, log], env: withoutLoaders(env) },
    );
    closeSync(log);
    return new RunningContainer(child.pid, endOf(child), image.stopSignal, confinement, memory);
  }

  /** The container's first process, as this machine sees it; undefined while it starts or when it has ended. */
  get firstProcess(): number | undefined {
    return this.pid === undefined || this.over ? undefined : childrenOf(this.pid)[0];
  }

  askToStop(): void {
    this.signal(this.stopSignal);
  }

  kill(): void {
    this.signal("SIGKILL");
  }

  private signal(signal: NodeJS.Signals): void {
    const target = this.firstProcess ?? this.pid;
    try {
      if (target !== undefined && !this.over) process.kill(target, signal);
    } catch {
      // It has ended in this very moment.
    }
  }

  /** Whether the kernel has killed it for want of memory. */
  get outOfMemory(): boolean {
    return (this.memory?.kills ?? 0) > 0;
  }

  /** Whether something else than the kernel has to look at its memory. */
  get needsWatching(): boolean {
    return this.memory === undefined;
  }

  /** What the machine kept for it, once it has ended. */
  forget(): void {
    this.memory?.remove();
  }

  /** Resident memory of all its processes, bytes. */
  get memoryBytes(): number {
    const first = this.firstProcess;
    return first === undefined ? 0 : familyOf(first).reduce((sum, pid) => sum + residentBytes(pid), 0);
  }

  /** Runs a command within the container, as confined as its program; resolves with its exit code. */
  async execute(argv: readonly string[], timeoutMs: number): Promise<number> {
    const first = this.firstProcess;
    if (first === undefined) return 1;
    const ids = userIds();
    const user = ids === "one" && this.confinement.user !== 0 ? ["--user", "--preserve-credentials"] : [];
    const spaces = ["--target", String(first), ...user, "--mount", "--net", "--uts", "--pid"];
    const flags = [...spaces, `--root=/proc/${first}/root`, "--", ...confined(this.confinement, ids)];
    return new Promise((resolve) => {
      const child = spawn("nsenter", [...flags, ...argv], {
        stdio: "ignore",
        timeout: timeoutMs,
        killSignal: "SIGKILL",
      });
      child.once("error", () => resolve(1));
      child.once("exit", (code) => resolve(code ?? 1));
    });
  }
}

/** Variables that change how programs are loaded are the container's own, not those of the tools that start it. */
function withoutLoaders(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("LD_")));
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once("error", () => resolve({ exitCode: 128, signal: 0 }));
    child.once("exit", (code, signal) => {
      const number = signal === null ? 0 : (signals[signal] ?? 9);
      resolve({ exitCode: code ?? 128 + number, signal: number });
    });
  });
}

async function untilGone(process: ProcessRecord): Promise<Ended> {
  while (isAlive(process)) await pause(adoptedPollMs);
  return unknownEnd;
}

/** `command` replaces the image's entrypoint and its command; `args` replaces the command alone. */
function argumentsOf(container: V1Container, image: Image, env: Readonly<Record<string, string>>): readonly string[] {
  const entrypoint = container.command ?? image.entrypoint;
  const rest = container.args ?? (container.command === undefined ? image.command : []);
  return [...entrypoint, ...rest].map((word) => expand(word, env));
}

function familyOf(pid: number): readonly number[] {
  const threads = safeList(`/proc/${pid}/task`);
  const children = threads.flatMap((thread) =>
    readText(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean),
  );
  return [pid, ...children.flatMap((child) => familyOf(Number(child)))];
}

function residentBytes(pid: number): number {
  const kibibytes = /VmRSS:\s+(\d+)/.exec(readText(`/proc/${pid}/status`))?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

function safeList(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
