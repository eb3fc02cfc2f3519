import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runInside, startSandbox, stopSandbox } from "../../../sandbox/machine/index.js";
import type { RealOptions, RealResults } from "./contract.js";
import { realResults } from "./results.js";

export type { RealOptions, RealResults, Violation } from "./contract.js";

export interface SandboxedOptions extends RealOptions {
  /** Name of the sandbox. Default "faults". */
  readonly sandboxName?: string;
  readonly progress?: (line: string) => void;
  /** Ends the run, and the sandbox with it. */
  readonly signal?: AbortSignal;
}

const root = path.resolve(__dirname, "../../../..");
const inside = path.resolve(__dirname, "../inside.js");

/**
 * The real half of `npm run faults`: releases under traffic in a sandbox of its own, struck by every fault. Called
 * outside the sandbox; prints as it goes. Throws a one-line error where the sandbox or the platform can't be had.
 */
export async function runRealFaults(options: SandboxedOptions = {}): Promise<RealResults> {
  const { sandboxName = "faults", progress = console.log, signal } = options;
  const scratch = mkdtempSync(path.join(tmpdir(), "canary-faults-"));
  const output = path.join(scratch, "results.json");
  const name = { name: sandboxName };
  await stopSandbox(name);
  try {
    await startSandbox({ ...name, progress, ...(signal === undefined ? {} : { signal }) });
    signal?.addEventListener("abort", () => void stopSandbox(name), { once: true });
    const argv = [process.execPath, "--enable-source-maps", inside, ...argumentsOf(options), "--output", output];
    const code = await runInside(argv, { ...name, cwd: root });
    if (code !== 0) throw new Error(`faults: the run in the sandbox ended with exit code ${code}`);
    return realResults.parse(JSON.parse(readFileSync(output, "utf8")));
  } finally {
    await stopSandbox(name);
    rmSync(scratch, { recursive: true, force: true });
  }
}

function argumentsOf(options: RealOptions): readonly string[] {
  const { seed, random, only, short, long, lanes, series, seriesPerSecond } = options;
  const numbers = { seed, random, lanes, series, "series-per-second": seriesPerSecond };
  return [
    ...Object.entries(numbers).flatMap(([key, value]) => (value === undefined ? [] : [`--${key}`, String(value)])),
    ...(only === undefined ? [] : ["--only", only.join(",")]),
    ...(short === true ? ["--short"] : []),
    ...(long === true ? ["--long"] : []),
  ];
}
