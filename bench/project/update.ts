import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { processesOfSession, signalAll, signalOne } from "./processes.js";
import type { ProcessView } from "./processes.js";

/** How the command ended; a code below 0: by a signal. */
export interface Exit {
  readonly code: number;
  readonly seconds: number;
}

export interface Place {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Last words of paths of Pulumi's own: its language host, its dynamic provider and that one's launcher, and its plugin
 * for Kubernetes (as a shell finds it, or out of the folder of a version).
 */
const pulumisOwn =
  /pulumi-language-nodejs$|cmd\/dynamic-provider\/index\.js$|pulumi-resource-(pulumi-nodejs|kubernetes)(-v[\d.]+)?$/;

/** Whether a process is one that Pulumi itself leaves behind for minutes where its engine is killed; pure. */
export function isPulumisOwn({ argv }: Pick<ProcessView, "argv">): boolean {
  return argv.some((word) => pulumisOwn.test(word));
}

/** A `pulumi` command with its whole process tree, in a session of its own as from a terminal. */
export class Update {
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  private readonly lines: string[] = [];
  private readonly child: ChildProcess;

  constructor(argv: readonly string[], { folder, env }: Place) {
    const started = performance.now();
    this.child = spawn("pulumi", [...argv], { cwd: folder, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on("data", (chunk: Buffer) => this.lines.push(chunk.toString()));
    this.exited = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("exit", (code) => {
        this.exit = { code: code ?? -1, seconds: (performance.now() - started) / 1000 };
        resolve(this.exit);
      });
    });
  }

  get output(): string {
    return this.lines.join("");
  }

  /** The engine's own process, which leads session and group. */
  get engine(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error("`pulumi` could not be started: is it on PATH?");
    return pid;
  }

  /** Everything that the command started and that still runs. */
  get processes(): readonly ProcessView[] {
    return processesOfSession(this.engine);
  }

  /** The processes in which our analysis runs. */
  get providers(): readonly ProcessView[] {
    return this.processes.filter(({ argv }) => argv.some((word) => word.includes("cmd/dynamic-provider")));
  }

  /**
   * What should have ended. Pulumi's own processes may live on: its language host and its plugin for Kubernetes find out
   * by themselves, some five minutes later, that their engine was killed; its dynamic provider never does, where that happened before the engine
   * first asked it for something of ours (from then on it bears our title).
   */
  get orphans(): readonly ProcessView[] {
    return this.processes.filter((each) => !isPulumisOwn(each));
  }

  /** As the terminal does it: to the command's process group. */
  signalGroup(signal: NodeJS.Signals): void {
    if (this.exit === undefined) signalOne(-this.engine, signal);
  }

  signalEngine(signal: NodeJS.Signals): void {
    if (this.exit === undefined) signalOne(this.engine, signal);
  }

  signalProviders(signal: NodeJS.Signals): void {
    signalAll(this.providers, signal);
  }

  /** To everything at once. */
  signalEverything(signal: NodeJS.Signals): void {
    signalAll(this.processes, signal);
  }

  /** Nobody reads what it prints any more. */
  closeTerminal(): void {
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
  }

  /** Resolves when it has ended; false after `milliseconds`. */
  async endsWithin(milliseconds: number): Promise<boolean> {
    const timer = new AbortController();
    const late = pause(milliseconds, false, { signal: timer.signal }).catch(() => false);
    const ended = await Promise.race([this.exited.then(() => true), late]);
    timer.abort();
    return ended;
  }
}
