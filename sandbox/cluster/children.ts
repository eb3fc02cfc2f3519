import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

interface Child {
  readonly process: ChildProcess;
  readonly argv: readonly string[];
}

const restartMs = 500;

/** The supervisor's own processes; each writes its log under its name and is started again when it dies. */
export class Children {
  private readonly running = new Map<string, Child>();
  private readonly report = new Map<string, string>();

  /** `onUnexpectedEnd` gets the name of a process that ended by itself, and how. */
  constructor(
    private readonly files: { readonly logs: string; readonly processes: string },
    private readonly env: NodeJS.ProcessEnv,
    private readonly onUnexpectedEnd: (name: string, how: string) => void,
  ) {}

  start(name: string, argv: readonly string[]): void {
    const [program = "", ...rest] = argv;
    const log = openSync(path.join(this.files.logs, `${name}.log`), "a");
    const child = spawn(program, rest, { stdio: ["ignore", log, log], env: this.env });
    closeSync(log);
    this.running.set(name, { process: child, argv });
    child.once("error", (error) => this.ended(name, child, error.message));
    child.once("exit", (code, signal) => this.ended(name, child, signal ?? `exit code ${code ?? "unknown"}`));
    this.tell(name, `running, process ${child.pid ?? "unknown"} inside`);
  }

  private ended(name: string, process: ChildProcess, how: string): void {
    const child = this.running.get(name);
    if (child?.process !== process) return;
    this.running.delete(name);
    this.tell(name, `ended (${how})`);
    this.onUnexpectedEnd(name, how);
    setTimeout(() => this.start(name, child.argv), restartMs);
  }

  private tell(name: string, how: string): void {
    this.report.set(name, how);
    const draft = `${this.files.processes}.new`;
    writeFileSync(draft, JSON.stringify(Object.fromEntries(this.report)));
    renameSync(draft, this.files.processes);
  }

  /** Asks all to end; the process space's end does the rest. */
  stopAll(): void {
    const all = [...this.running.values()];
    this.running.clear();
    all.forEach(({ process }) => process.kill("SIGTERM"));
  }
}
