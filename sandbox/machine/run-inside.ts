import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { insideEnvironment } from "./environment.js";
import { childrenOf, insideCommand } from "./namespaces.js";
import { defaultName, runningMachine, stateFolder } from "./state.js";

export interface InsideOptions {
  /** Of the sandbox. Default "default". */
  readonly name?: string;
  /** Default: the current folder. */
  readonly cwd?: string;
  /** On top of the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs a command inside, with our own input and output; resolves with its exit code (128 + number for one ended by a
 * signal). Signals to this process reach the command. Rejects when the sandbox does not run.
 */
export function runInside(argv: readonly string[], options: InsideOptions = {}): Promise<number> {
  const name = options.name ?? defaultName;
  const record = runningMachine(name);
  if (record === undefined) return Promise.reject(new Error(`sandbox ${name} is not running: npm run sandbox -- up`));
  const [program = "", ...rest] = insideCommand(record, argv, options.cwd ?? process.cwd());
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: "inherit", env: insideEnvironment(stateFolder(name), options.env) });
    const pass = (signal: NodeJS.Signals): void => {
      // The terminal sends its Ctrl-C to the command too; a second one would mean "at once" to it.
      if (signal === "SIGINT" && ownsTerminal()) return;
      for (const inner of childrenOf(child.pid ?? 0)) process.kill(inner, signal);
    };
    forwarded.forEach((signal) => process.on(signal, pass));
    const settled = (): void => forwarded.forEach((signal) => process.off(signal, pass));
    child.once("error", (error) => {
      settled();
      reject(error);
    });
    child.once("exit", (code, signal) => {
      settled();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** Whether this process is in the terminal's foreground, where a Ctrl-C reaches all of the group. */
function ownsTerminal(): boolean {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return group !== undefined && group === foreground;
}
