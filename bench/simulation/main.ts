import { writeFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { plotOf } from "./plot.js";
import { simulateAll } from "./pool.js";
import { requirementsOf } from "./required.js";
import { scenarioNames } from "./scenarios.js";
import type { ScenarioName } from "./scenarios.js";
import { requirementLines, tableOf } from "./table.js";

interface Options {
  readonly json?: string;
  readonly plot: string;
  readonly releases: number;
  readonly seed: number;
  readonly workers?: number;
  readonly only?: readonly ScenarioName[];
}

async function main(options: Options): Promise<number> {
  const started = Date.now();
  const rows = await simulateAll({
    releases: options.releases,
    seed: options.seed,
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(options.only === undefined ? {} : { scenarios: options.only }),
    progress: (done, all) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${Math.floor((100 * done) / all)}% `);
    },
  });
  if (process.stderr.isTTY) process.stderr.write("\r");
  const requirements = requirementsOf(rows);
  const missed = requirements.filter(({ met }) => !met);
  console.log(tableOf(rows));
  console.log(requirementLines(requirements));
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify({ rows, requirements }, undefined, 2)}\n`);
  writeFileSync(options.plot, plotOf(rows));
  console.log(
    `seed ${options.seed}, ${((Date.now() - started) / 1000).toFixed(0)} s; plot in ${path.relative("", options.plot)}`,
  );
  if (missed.length > 0) console.error(`missed: ${missed.map(({ text }) => text).join("; ")}`);
  return missed.length > 0 ? 1 : 0;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`not a whole number from 1: ${text}`);
  return value;
}

function scenarios(text: string): readonly ScenarioName[] {
  return text.split(",").map((name) => {
    const found = scenarioNames.find((each) => each === name);
    if (found === undefined) throw new Error(`no scenario ${name}: there are ${scenarioNames.join(", ")}`);
    return found;
  });
}

new Command("simulate")
  .description("Simulated releases, judged by our analysis and by Flagger's rule on the same requests")
  .option("--json <file>", "write the figures as JSON")
  .option("--plot <file>", "where the plot goes", path.join(__dirname, "simulation.svg"))
  .option("--releases <n>", "healthy releases; the other scenarios take a part of that", positive, 6000)
  .option("--seed <n>", "start of all random numbers", positive, 20_240_601)
  .option("--workers <n>", "threads (default: one per core)", positive)
  .option("--only <scenarios>", "some scenarios, separated by commas", scenarios)
  .action(async (options: Options) => {
    process.exitCode = await main(options);
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
