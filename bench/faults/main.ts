import { writeFileSync } from "node:fs";
import Table from "cli-table3";
import { Command } from "commander";
import { runVirtualFaults } from "./virtual/index.js";
import type { VirtualResult } from "./virtual/index.js";

interface Options {
  readonly json?: string;
  readonly points: string;
  readonly fault?: readonly string[];
}

async function main(): Promise<void> {
  const program = new Command("faults")
    .description("What remains when anything dies at any point of a release.")
    .option("--json <file>", "write cases and violations there")
    .option("--points <which>", "all: every port call; journal: only those that write or lock", "all")
    .option("--fault <name...>", "only these faults");
  program.parse();
  const { json, points, fault } = program.opts<Options>();
  if (points !== "all" && points !== "journal") throw new Error(`--points is all or journal, not ${points}`);
  const started = performance.now();
  const virtual = await runVirtualFaults({
    points,
    ...(fault === undefined ? {} : { faults: fault }),
    progress: showProgress,
  });
  print(virtual, (performance.now() - started) / 1000);
  // The same faults against a real cluster (`bench/faults/real`) add `cases`, `promotions` and `rollbacks` here.
  const { virtualCases, violations } = virtual;
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ virtualCases, violations }, undefined, 2)}\n`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

function showProgress(done: number, all: number): void {
  if (process.stderr.isTTY && (done % 50 === 0 || done === all)) process.stderr.write(`\r${done} of ${all} cases`);
}

function print({ virtualCases, violations, matrix }: VirtualResult, seconds: number): void {
  const table = new Table({ head: ["fault", "story", "cases", "violations"], style: { head: [] } });
  matrix.forEach(({ fault, story, cases, violations: found }) => table.push([fault, story, cases, found]));
  console.log(table.toString());
  violations
    .slice(0, 20)
    .forEach(({ fault, point, invariant, detail }) => console.log(`${fault} at ${point}: ${invariant}: ${detail}`));
  if (violations.length > 20) console.log(`… and ${violations.length - 20} more`);
  console.log(
    `${virtualCases} cases in virtual time, ${violations.length} violations, ${seconds.toFixed(0)} s of real time`,
  );
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
