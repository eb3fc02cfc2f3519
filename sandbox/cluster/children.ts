import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { openSync } from "node:fs";
import path from "node:path";

/** The supervisor's own processes; each writes its log under its name. */
export class Children {
  private readonly running = new Map<string, ChildProcess>();

  constructor(
    private readonly logs: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly onUnexpectedEnd: (name: string, code: number | null) => void,
  ) {}

  start(name: string, argv: readonly string[]): void {
    const [program = "", ...rest] = argv;
    const log = openSync(path.join(this.logs, `${name}.log`), "a");
    const child = spawn(program, rest, { stdio: ["ignore", log, log], env: this.env });
    this.running.set(name, child);
    child.once("error", (error) => this.ended(name, child, error.message));
    child.once("exit", (code, signal) => this.ended(name, child, signal ?? code));
  }

  private ended(name: string, child: ChildProcess, how: string | number | null): void {
    if (this.running.get(name) !== child) return;
    this.running.delete(name);
    this.onUnexpectedEnd(name, typeof how === "number" ? how : null);
  }

  /** Asks all to end; the process space's end does the rest. */
  stopAll(): void {
    const all = [...this.running.values()];
    this.running.clear();
    all.forEach((child) => child.kill("SIGTERM"));
  }
}
