import path from "node:path";
import { Command } from "commander";
import { runInside, startSandbox, stopSandbox } from "../machine/index.js";
import { tellStory } from "./story.js";

const sandboxName = "demo";
const root = path.resolve(__dirname, "../../..");

interface Options {
  readonly context?: string;
  readonly interval: string;
  readonly inside?: boolean;
  readonly keep?: boolean;
}

async function main(options: Options): Promise<number> {
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => abort.abort(new Error(name)));
  if (options.inside === true || options.context !== undefined) {
    return tellStory({ root, interval: options.interval, context: options.context, signal: abort.signal });
  }
  await stopSandbox({ name: sandboxName });
  await startSandbox({ name: sandboxName, progress: (line) => console.log(line), signal: abort.signal });
  try {
    const argv = [process.execPath, "--enable-source-maps", __filename, "--inside", "--interval", options.interval];
    return await runInside(argv, { name: sandboxName, cwd: root });
  } finally {
    if (options.keep !== true) await stopSandbox({ name: sandboxName });
  }
}

const program = new Command("demo")
  .description("The article's story: five releases of podinfo behind APISIX, with users on the way")
  .option(
    "--context <name>",
    "run against this kubeconfig context, a real cluster with real APISIX, not in the sandbox",
  )
  .option("--interval <duration>", "length of one step (the article's is 10s)", "5s")
  .option("--keep", "leave the sandbox running")
  .option("--inside", "used by the demo itself: we are inside the sandbox already")
  .parse();

main(program.opts<Options>()).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
