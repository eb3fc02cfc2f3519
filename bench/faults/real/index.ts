import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runInside, startSandbox, stopSandbox } from "../../../sandbox/machine/index.js";
import type { RealOptions, RealResults, Series, Strikes } from "./contract.js";
import { planCases, wantsSeries } from "./plan.js";
import { realResults } from "./results.js";

export type { RealOptions, RealResults } from "./contract.js";
export { realStories } from "./plan.js";

export interface SandboxedOptions extends RealOptions {
  /** Beginning of the sandboxes' names. Default "faults". */
  readonly sandboxName?: string;
  readonly progress?: (line: string) => void;
  /** File that gives programs for image names. */
  readonly images?: string | undefined;
  /** Ends the run, and the sandbox with it. */
  readonly signal?: AbortSignal;
}

const root = path.resolve(__dirname, "../../../..");
const inside = path.resolve(__dirname, "../inside.js");

/**
 * The real half of `npm run faults`: releases under traffic, struck by every fault. Those that strike everybody have a
 * sandbox for themselves, beside the one of all others. Called outside the sandboxes; prints as it goes. Throws a
 * one-line error where a sandbox or its platform can't be had.
 */
export async function runRealFaults(options: SandboxedOptions = {}): Promise<RealResults> {
  const shares = (["one", "everybody"] as const)
    .filter((strikes) => options.strikes === undefined || options.strikes === strikes)
    .map((strikes) => ({ ...options, strikes }))
    .filter((share) => planCases(share).length > 0 || wantsSeries(share));
  return together(await Promise.all(shares.map(runInSandbox)));
}

function together(results: readonly RealResults[]): RealResults {
  const sum = (series: (result: RealResults) => Series): Series => ({
    runs: results.reduce((all, result) => all + series(result).runs, 0),
    failedRequests: results.reduce((all, result) => all + series(result).failedRequests, 0),
  });
  return {
    cases: results.reduce((all, { cases }) => all + cases, 0),
    healthyNotPromoted: results.reduce((all, each) => all + each.healthyNotPromoted, 0),
    realCases: results.flatMap(({ realCases }) => realCases),
    violations: results.flatMap(({ violations }) => violations),
    promotions: sum(({ promotions }) => promotions),
    rollbacks: sum(({ rollbacks }) => rollbacks),
  };
}

async function runInSandbox(options: SandboxedOptions & { readonly strikes: Strikes }): Promise<RealResults> {
  const { progress = console.log, images, signal } = options;
  const sandboxName = `${options.sandboxName ?? "faults"}-${options.strikes}`;
  const scratch = mkdtempSync(path.join(tmpdir(), "canary-faults-"));
  const output = path.join(scratch, "results.json");
  const name = { name: sandboxName };
  await stopSandbox(name);
  try {
    await startSandbox({ ...name, images, progress, ...(signal === undefined ? {} : { signal }) });
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
  const { seed, random, only, story, everyPoint, short, skipLong, strikes, lanes, series, seriesPerSecond } = options;
  const numbers = { seed, random, lanes, series, "series-per-second": seriesPerSecond };
  return [
    ...Object.entries(numbers).flatMap(([key, value]) => (value === undefined ? [] : [`--${key}`, String(value)])),
    ...(only === undefined ? [] : ["--only", only.join(",")]),
    ...(story === undefined ? [] : ["--story", story.join(",")]),
    ...(everyPoint === true ? ["--every-point"] : []),
    ...(short === true ? ["--short"] : []),
    ...(skipLong === true ? ["--skip-long"] : []),
    ...(strikes === undefined ? [] : ["--strikes", strikes]),
  ];
}
