import path from "node:path";
import { Command, Option } from "commander";
import { imagesHelp, imagesVariable } from "../images/index.js";
import { runInside, startSandbox, stopSandbox } from "../machine/index.js";
import { workFromOutside } from "./outside.js";
import { runDemo } from "./releases.js";
import { takeTour } from "./tour/tour.js";

const sandboxName = "demo";
const root = path.resolve(__dirname, "../../..");

interface Options {
  readonly context?: string;
  readonly images?: string;
  readonly interval: string;
  readonly verbose?: boolean;
  readonly inside?: boolean;
  readonly keep?: boolean;
  readonly tour?: true | string;
}

async function main(options: Options): Promise<number> {
  const { context, images, interval, verbose = false } = options;
  const abort = new AbortController();
  const progress = (line: string): void => console.log(line);
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => abort.abort(new Error(name)));
  const demo = { root, interval, verbose, signal: abort.signal };
  if (options.tour !== undefined && context !== undefined)
    throw new Error("--tour: is for the sandbox: leave --context out");
  if (options.inside === true)
    return options.tour === undefined ? runDemo(demo) : takeTour({ ...demo, only: namesIn(options.tour) });
  if (context !== undefined) {
    const outside = await workFromOutside(context, progress, abort.signal);
    const gateway = { gateway: "127.0.0.1", port: outside.gateway.port };
    return runDemo({ ...demo, gateway }).finally(() => outside.stop());
  }
  await stopSandbox({ name: sandboxName });
  await startSandbox({ name: sandboxName, images, progress, signal: abort.signal });
  try {
    const flags = [
      "--inside",
      "--interval",
      interval,
      ...(verbose ? ["--verbose"] : []),
      ...(options.tour === undefined ? [] : ["--tour", ...(options.tour === true ? [] : [options.tour])]),
    ];
    const argv = [process.execPath, "--enable-source-maps", __filename, ...flags];
    return await runInside(argv, { name: sandboxName, cwd: root });
  } finally {
    if (options.keep !== true) await stopSandbox({ name: sandboxName });
  }
}

function namesIn(tour: true | string): readonly string[] | undefined {
  return tour === true ? undefined : tour.split(",");
}

const program = new Command("demo")
  .description("The article's story: five releases of podinfo behind APISIX, with users on the way")
  .option(
    "--context <name>",
    "run against this kubeconfig context, a real cluster with real APISIX, not in the sandbox",
  )
  .option("--interval <duration>", "length of one step (the article's is 10s)", "5s")
  .addOption(new Option("--images <file>", imagesHelp).env(imagesVariable))
  .option("--tour [names]", "every strategy in turn, or these, with a healthy and a failing revision (in the sandbox)")
  .option("--verbose", "show every resource of the first release")
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
