import { writeFileSync } from "node:fs";
import Table from "cli-table3";
import { Command, Option } from "commander";
import { imagesHelp, imagesVariable } from "../../sandbox/images/index.js";
import { withRealOptions } from "./options.js";
import { realStories, runRealFaults } from "./real/index.js";
import type { SandboxedOptions } from "./real/index.js";
import type { RealOptions, RealResults } from "./real/contract.js";
import { refuseUnknownStories } from "./story-names.js";
import { pointChoices, runVirtualFaults, virtualStories } from "./virtual/index.js";
import type { Points, VirtualResult } from "./virtual/index.js";

interface Options extends RealOptions {
  readonly json?: string;
  readonly name: string;
  readonly images?: string;
  readonly points: Points;
  readonly fault?: readonly string[];
  readonly part: string;
}

const command = withRealOptions(
  new Command("faults")
    .description("What remains when anything dies at any point of a release: in virtual time, then in a sandbox.")
    .option("--json <file>", "write cases and violations there")
    .addOption(new Option("--images <file>", imagesHelp).env(imagesVariable))
    .option("--name <name>", "real: beginning of the sandboxes' names", "faults")
    .option("--part <which>", "both, virtual or real", "both")
    .addOption(
      new Option(
        "--points <which>",
        "virtual: every port call, only those that write or lock (journal), or the ones here and the others there (usual); real: strategies at each of their points (all)",
      )
        .choices(pointChoices)
        .default("usual"),
    )
    .option("--fault <name...>", "virtual: only these faults"),
);

async function main(): Promise<void> {
  const { json, name, part, points, fault, ...real } = command.parse().opts<Options>();
  const { story } = real;
  if (story !== undefined) refuseUnknownStories(story, [...new Set([...virtualStories, ...realStories])]);
  if (!["both", "virtual", "real"].includes(part)) throw new Error(`--part is both, virtual or real, not ${part}`);
  const virtual = part === "real" ? undefined : await virtually(points, fault, story);
  const inSandbox =
    part === "virtual" ? undefined : await really({ ...real, sandboxName: name, everyPoint: points === "all" });
  const violations = [...(virtual?.violations ?? []), ...(inSandbox?.violations ?? [])];
  const results = {
    ...(virtual === undefined ? {} : { virtualCases: virtual.virtualCases }),
    ...inSandbox,
    healthyNotPromoted: (virtual?.healthyNotPromoted ?? 0) + (inSandbox?.healthyNotPromoted ?? 0),
    violations,
  };
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`);
  const lost = (inSandbox?.promotions.failedRequests ?? 0) + (inSandbox?.rollbacks.failedRequests ?? 0);
  process.exitCode = violations.length === 0 && lost === 0 ? 0 : 1;
}

async function virtually(
  points: Points,
  faults: readonly string[] | undefined,
  stories: readonly string[] | undefined,
): Promise<VirtualResult> {
  const started = performance.now();
  const result = await runVirtualFaults({
    points,
    ...(faults === undefined ? {} : { faults }),
    ...(stories === undefined ? {} : { stories }),
    progress: showProgress,
  });
  print(result, (performance.now() - started) / 1000);
  return result;
}

function really(options: SandboxedOptions): Promise<RealResults> {
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => abort.abort(new Error(name)));
  return runRealFaults({ ...options, signal: abort.signal });
}

function showProgress(done: number, all: number): void {
  if (process.stderr.isTTY && (done % 50 === 0 || done === all)) process.stderr.write(`\r${done} of ${all} cases`);
}

function print({ virtualCases, healthyNotPromoted, violations, matrix }: VirtualResult, seconds: number): void {
  const table = new Table({ head: ["fault", "story", "cases", "violations"], style: { head: [], border: [] } });
  matrix.forEach(({ fault, story, cases, violations: found }) => table.push([fault, story, cases, found]));
  console.log(table.toString());
  violations
    .slice(0, 20)
    .forEach(({ fault, point, invariant, detail }) => console.log(`${fault} at ${point}: ${invariant}: ${detail}`));
  if (violations.length > 20) console.log(`… and ${violations.length - 20} more`);
  console.log(
    `${virtualCases} cases in virtual time, ${violations.length} violations, ${healthyNotPromoted} healthy releases not promoted in mere weather, ${seconds.toFixed(0)} s of real time`,
  );
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
