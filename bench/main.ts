import path from "node:path";
import { Command, Option } from "commander";
import { imagesHelp, imagesVariable } from "../sandbox/images/index.js";
import { runInside, startSandbox, stopSandbox } from "../sandbox/machine/index.js";

const root = path.resolve(__dirname, "../..");
const resultsFolder = path.join(root, "bench/results");

interface Options {
  readonly json?: string;
  readonly images?: string;
  readonly name: string;
  readonly repeats: string;
  readonly only?: string;
  readonly releases: string;
  readonly skipScale?: boolean;
  readonly skipSideBySide?: boolean;
  readonly onlyNoop?: boolean;
}

const allReleases = "1,10,50,200";

async function main(options: Options): Promise<number> {
  const { name, images } = options;
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => abort.abort(new Error(`given up (${signal})`)));
  await stopSandbox({ name });
  const progress = (line: string): void => console.log(line);
  await startSandbox({ name, images, flagger: true, progress, signal: abort.signal });
  try {
    const inside = { name, cwd: root };
    const node = [process.execPath, "--enable-source-maps"];
    return await runInside([...node, path.join(__dirname, "inside.js"), ...argumentsInside(options)], inside);
  } finally {
    await stopSandbox({ name });
  }
}

function argumentsInside(options: Options): readonly string[] {
  return [
    ...["--repeats", options.repeats, "--releases", options.releases, "--results", resultsFolder],
    ...["--command", commandOf(options)],
    ...(options.json === undefined ? [] : ["--json", path.resolve(options.json)]),
    ...(options.only === undefined ? [] : ["--only", options.only]),
    ...(options.skipScale === true ? ["--skip-scale"] : []),
    ...(options.skipSideBySide === true ? ["--skip-side-by-side"] : []),
    ...(options.onlyNoop === true ? ["--only-noop"] : []),
  ];
}

/** What makes the same figures again: options that change no figure are left out. */
function commandOf({ repeats, only, releases, skipScale, skipSideBySide }: Options): string {
  const parts = [
    `--repeats ${repeats}`,
    ...(only === undefined ? [] : [`--only ${only}`]),
    ...(releases === allReleases ? [] : [`--releases ${releases}`]),
    ...(skipScale === true ? ["--skip-scale"] : []),
    ...(skipSideBySide === true ? ["--skip-side-by-side"] : []),
  ];
  return `npm run bench -- ${parts.join(" ")}`;
}

const program = new Command("bench")
  .description(
    "Ours and the real Flagger in the same sandbox; then ours at scale. Exit code 1: a required figure missed",
  )
  .option("--json <file>", "write the medians as JSON")
  .addOption(new Option("--images <file>", imagesHelp).env(imagesVariable))
  .option("--name <name>", "of the sandbox", "bench")
  .option("--repeats <n>", "runs of each scenario and contender", "3")
  .option("--only <names>", "comma-separated scenarios")
  .option("--releases <counts>", "comma-separated numbers of releases of the scale part", allReleases)
  .option("--skip-scale", "leave the scale part out")
  .option("--skip-side-by-side", "leave the comparison with Flagger out")
  .option("--only-noop", "only updates and previews that change nothing, with and without the dynamic parts")
  .parse();

main(program.opts<Options>()).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
