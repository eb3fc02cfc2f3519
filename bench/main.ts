import path from "node:path";
import { Command } from "commander";
import { runInside, startSandbox, stopSandbox } from "../sandbox/machine/index.js";

const root = path.resolve(__dirname, "../..");
const sandboxName = "bench";

interface Options {
  readonly json?: string;
  readonly repeats: string;
  readonly only?: string;
  readonly skipScale?: boolean;
}

async function main(options: Options): Promise<number> {
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => abort.abort(new Error(name)));
  await stopSandbox({ name: sandboxName });
  await startSandbox({ name: sandboxName, progress: (line) => console.log(line), signal: abort.signal });
  try {
    const inside = { name: sandboxName, cwd: root };
    const node = [process.execPath, "--enable-source-maps"];
    const deploy = path.join(root, "dist/tests/e2e/harness/deploy-platform.js");
    if ((await runInside([...node, deploy], inside)) !== 0) throw new Error("the platform could not be deployed");
    const passed = [
      "--repeats",
      options.repeats,
      ...(options.json === undefined ? [] : ["--json", path.resolve(options.json)]),
      ...(options.only === undefined ? [] : ["--only", options.only]),
      ...(options.skipScale === true ? ["--skip-scale"] : []),
    ];
    return await runInside([...node, path.join(__dirname, "inside.js"), ...passed], inside);
  } finally {
    await stopSandbox({ name: sandboxName });
  }
}

const program = new Command("bench")
  .description("Ours and the real Flagger in the same sandbox; then ours at scale")
  .option("--json <file>", "write the medians as JSON")
  .option("--repeats <n>", "runs of each scenario and contender", "3")
  .option("--only <names>", "comma-separated scenarios")
  .option("--skip-scale", "leave the scale part out")
  .parse();

main(program.opts<Options>()).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
