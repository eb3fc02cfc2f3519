import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { runReal } from "./real/run.js";

// Runs inside the sandbox: `real/index.ts` starts it there.

interface Options {
  readonly seed?: number;
  readonly random?: number;
  readonly only?: readonly string[];
  readonly short?: boolean;
  readonly long?: boolean;
  readonly lanes?: number;
  readonly series?: number;
  readonly seriesPerSecond?: number;
  readonly output?: string;
}

const command = new Command("faults-inside")
  .option("--seed <n>", "of the random cases", Number)
  .option("--random <n>", "number of random cases", Number)
  .option("--only <names>", "comma-separated faults, fault@point, or series", (text) => text.split(","))
  .option("--short", "a handful of the most dangerous cases")
  .option("--long", "five minutes without an API server too")
  .option("--lanes <n>", "releases at the same time", Number)
  .option("--series <n>", "promotions, and as many rollbacks", Number)
  .option("--series-per-second <n>", "requests per second of the series", Number)
  .option("--output <file>", "where the results go, as JSON")
  .parse();

async function main({ output, ...options }: Options): Promise<void> {
  const started = performance.now();
  const tell = (line: string): void => console.log(`${elapsed(started)} ${line}`);
  const results = await runReal(options, tell);
  if (output !== undefined) writeFileSync(output, `${JSON.stringify(results, undefined, 2)}\n`);
  tell(`${results.cases} cases, ${results.violations.length} violations`);
}

function elapsed(startedMs: number): string {
  return `[${((performance.now() - startedMs) / 1000).toFixed(0).padStart(5)}s]`;
}

main(command.opts<Options>()).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`faults: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
