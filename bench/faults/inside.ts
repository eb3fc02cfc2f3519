import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { withRealOptions } from "./options.js";
import type { RealOptions } from "./real/contract.js";
import { runReal } from "./real/run.js";

// Runs inside the sandbox: `real/index.ts` starts it there.

interface Options extends RealOptions {
  readonly output?: string;
}

const command = withRealOptions(
  new Command("faults-inside")
    .option("--output <file>", "where the results go, as JSON")
    .option("--every-point", "the strategies at each of their points"),
).parse();

async function main({ output, ...options }: Options): Promise<void> {
  const started = performance.now();
  const tell = (line: string): void => console.log(`${elapsed(started)} ${line}`);
  const results = await runReal(options, tell);
  if (output !== undefined) writeFileSync(output, `${JSON.stringify(results, undefined, 2)}\n`);
  tell(
    `${results.cases} cases, ${results.violations.length} violations, ${results.healthyNotPromoted} healthy releases not promoted in mere weather`,
  );
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
