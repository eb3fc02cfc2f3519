import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

export interface CommandResult {
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

export interface CommandOptions {
  readonly root: string;
  readonly signal: AbortSignal;
  /** Lines worth showing; none: silent. */
  readonly show?: (line: string) => void;
  readonly env?: Readonly<Record<string, string>>;
}

/** A local backend in a folder that goes with the sandbox. */
function backend(): Readonly<Record<string, string>> {
  const folder = path.join(process.env["APISIX_CANARY_SANDBOX_DIR"] ?? tmpdir(), "demo-state");
  mkdirSync(folder, { recursive: true });
  return {
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "demo",
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
}

/** Runs a command to its end; what it prints goes line by line to `show` while it runs. */
export function run(argv: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const [program = "", ...rest] = argv;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      cwd: options.root,
      env: { ...process.env, ...backend(), ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        options.show?.(line);
      });
    }
    // Ctrl-C reaches the whole process group by itself; a second one makes the engine let go.
    options.signal.addEventListener("abort", () => child.kill("SIGINT"), { once: true });
    child.once("error", reject);
    child.once("close", (code) =>
      resolve({ code: code ?? 1, output: lines.join("\n"), seconds: (performance.now() - started) / 1000 }),
    );
  });
}
