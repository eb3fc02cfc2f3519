import { Command } from "commander";
import { compareAll, scenarios } from "./side-by-side/index.js";
import type { Comparison } from "./side-by-side/index.js";
import { measureNoopAlone, measureScale } from "./scale/index.js";
import { deployPlatform } from "./platform.js";
import { publish, writeJson } from "./publish.js";

// Runs inside the sandbox, where `bench/main.ts` starts it.

interface Options {
  readonly json?: string;
  readonly results?: string;
  readonly repeats: number;
  readonly only?: readonly string[];
  readonly releases: readonly number[];
  readonly skipScale?: boolean;
  readonly skipSideBySide?: boolean;
  readonly onlyNoop?: boolean;
  readonly command: string;
}

function tell(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}

async function main(options: Options): Promise<number> {
  await deployPlatform(tell);
  if (options.onlyNoop === true) return measureNoopAlone(tell);
  const comparisons = options.skipSideBySide === true ? [] : await compareScenarios(options);
  const scale = options.skipScale === true ? undefined : await measureScale(options.releases, tell);
  if (options.json !== undefined) writeJson(options.json, comparisons, scale);
  return publish(comparisons, scale, { folder: options.results, command: options.command });
}

function compareScenarios({ only, repeats }: Options): Promise<readonly Comparison[]> {
  const unknown = (only ?? []).filter((name) => scenarios.every((scenario) => scenario.name !== name));
  if (unknown.length > 0)
    throw new Error(
      `--only: no scenario ${unknown.join(", ")}: there are ${scenarios.map(({ name }) => name).join(", ")}`,
    );
  const chosen = scenarios.filter(({ name }) => only === undefined || only.includes(name));
  return compareAll(chosen, repeats, tell);
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`not a whole number from 1: ${text}`);
  return value;
}

const list = (text: string): readonly string[] => text.split(",");

new Command("bench-inside")
  .option("--json <file>", "write the medians as JSON")
  .option("--results <folder>", "write the Markdown table and the SVG there")
  .option("--repeats <n>", "runs of each scenario and contender", positive, 3)
  .option("--only <names>", "comma-separated scenarios", list)
  .option(
    "--releases <counts>",
    "comma-separated numbers of releases",
    (text) => list(text).map(positive),
    [1, 10, 50, 200],
  )
  .option("--skip-scale", "leave the scale part out")
  .option("--skip-side-by-side", "leave the comparison with Flagger out")
  .option("--only-noop", "only updates and previews that change nothing")
  .option("--command <text>", "the command to quote in the results", "npm run bench")
  .action(async (options: Options) => process.exit(await main(options)))
  .parseAsync()
  .catch((error: unknown) => {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  });
