import Table from "cli-table3";
import pc from "picocolors";
import { startTraffic } from "../users/index.js";
import type { Tally, TrafficOptions } from "../users/index.js";
import { run } from "./pulumi.js";
import type { CommandResult } from "./pulumi.js";
import { countResources } from "./resources.js";
import { watchRelease } from "./watcher.js";

export interface DemoOptions {
  readonly root: string;
  readonly interval: string;
  readonly signal: AbortSignal;
  /** Shows every resource of the first release too. */
  readonly verbose: boolean;
  /** Where users reach the gateway. Default: by its Service's name. */
  readonly gateway?: Pick<TrafficOptions, "gateway" | "port">;
}

/** One release of the demo: what is shipped, what users do meanwhile, and what must come of it. */
interface Release {
  readonly tag: string;
  readonly title: string;
  readonly phase: "Initialized" | "Succeeded" | "Failed";
  /** Requests that the release makes fail (or slow) on purpose, as the article does. */
  readonly onPurpose?: { readonly path: string; readonly perSecond: number; readonly command: string };
  /** What the failing update must say. */
  readonly says?: RegExp;
}

const host = "app.example.com";

const releases: readonly Release[] = [
  { tag: "6.0.0", title: "the first revision", phase: "Initialized" },
  { tag: "6.0.1", title: "a healthy revision", phase: "Succeeded" },
  {
    tag: "6.0.2",
    title: "HTTP 500s while 6.0.2 is in analysis",
    phase: "Failed",
    onPurpose: {
      path: "/status/500",
      perSecond: 25,
      command: `hey -z 1m -c 5 -q 5 -host ${host} http://apisix-gateway.apisix/status/500`,
    },
    says: /success rate [\d.]+% < 99%/,
  },
  {
    tag: "6.0.3",
    title: "slow answers while 6.0.3 is in analysis",
    phase: "Failed",
    onPurpose: {
      path: "/delay/1",
      perSecond: 10,
      command: `hey -z 1m -c 10 -q 1 -host ${host} http://apisix-gateway.apisix/delay/1`,
    },
    says: /request duration [\d.]+m?s > 500ms/,
  },
  { tag: "6.0.4", title: "a healthy revision again", phase: "Succeeded" },
];

interface Outcome {
  readonly release: Release;
  readonly update: CommandResult;
  readonly phase: string;
  readonly highest: number;
  readonly users: Tally;
  readonly problems: readonly string[];
}

/** Ships them one after the other; 0 only if each outcome was right. */
export async function runDemo(options: DemoOptions): Promise<number> {
  await pulumi(options, ["stack", "select", "--create", "demo"]);
  await pulumi(options, ["config", "set", "interval", options.interval, "--stack", "demo"]);
  const outcomes: Outcome[] = [];
  for (const release of releases) {
    if (options.signal.aborted) return 130;
    outcomes.push(await ship(release, options));
  }
  console.log(closingTable(outcomes));
  const problems = outcomes.flatMap(({ release, problems: found }) => found.map((each) => `${release.tag}: ${each}`));
  problems.forEach((problem) => console.log(pc.red(`✘ ${problem}`)));
  console.log(problems.length === 0 ? pc.green("✔ every release ended as it should") : pc.red("✘ not as it should be"));
  return problems.length === 0 ? 0 : 1;
}

async function ship(release: Release, options: DemoOptions): Promise<Outcome> {
  console.log(`\n${pc.bold(`── ${release.tag}: ${release.title}`)}`);
  await pulumi(options, ["config", "set", "tag", release.tag, "--stack", "demo"]);
  const watcher = watchRelease((line) => console.log(pc.cyan(`   ${line}`)));
  const first = release.phase === "Initialized";
  const users = startTraffic({ host, perSecond: first ? 0.1 : 20, ...options.gateway });
  const onPurpose = release.onPurpose === undefined ? undefined : startOnPurpose(release.onPurpose, options);
  const resources = first && !options.verbose ? countResources() : undefined;
  const show = (line: string): void => (resources?.takes(line) === true ? undefined : interesting(line));
  const update = await pulumi(options, ["up", "--yes", "--skip-preview", "--stack", "demo"], show);
  resources?.stop();
  await onPurpose?.stop();
  const tally = await users.stop();
  await watcher.stop();
  await run(["kubectl", "get", "canaryreleases", "--all-namespaces"], {
    ...options,
    show: (line) => console.log(`   ${line}`),
  });
  const seen = { release, update, phase: watcher.last()?.phase ?? "", highest: watcher.highest(), users: tally };
  return { ...seen, problems: first ? problemsOfFirst(seen) : problemsOf(seen) };
}

function startOnPurpose(
  purpose: NonNullable<Release["onPurpose"]>,
  { gateway }: DemoOptions,
): { stop(): Promise<unknown> } {
  console.log(pc.yellow(`   $ ${purpose.command}`));
  return startTraffic({ host, perSecond: purpose.perSecond, path: purpose.path, ...gateway });
}

async function pulumi(
  options: DemoOptions,
  argv: readonly string[],
  show?: (line: string) => void,
): Promise<CommandResult> {
  if (show !== undefined) console.log(pc.bold(`   $ pulumi ${argv.join(" ")}`));
  const result = await run(["pulumi", ...argv, "--non-interactive"], {
    ...options,
    ...(show === undefined ? {} : { show }),
  });
  if (result.code !== 0 && show === undefined) throw new Error(`pulumi ${argv.join(" ")}: ${result.output}`);
  return result;
}

/** The engine's lines about the release, without its heartbeat and where it found its plugins. */
function interesting(line: string): void {
  if (line.trim() === "" || /^@ updating|warning: using pulumi-\S+ from \$PATH/.test(line.trim())) return;
  console.log(`   ${line}`);
}

type Seen = Omit<Outcome, "problems">;

function problemsOfFirst({ update, phase }: Seen): readonly string[] {
  return [
    ...(update.code === 0 ? [] : [`pulumi up exited ${update.code}`]),
    ...(phase === "Initialized" ? [] : [`ended ${phase || "without a status"}, not Initialized`]),
  ];
}

function problemsOf({ release, update, phase, users, highest }: Seen): readonly string[] {
  const mustFail = release.phase === "Failed";
  const canaryFailures = users.byVersion.get(release.tag)?.failed ?? 0;
  return [
    ...((update.code !== 0) === mustFail ? [] : [`pulumi up exited ${update.code}`]),
    ...(phase === release.phase ? [] : [`ended ${phase}, not ${release.phase}`]),
    ...(release.says === undefined || release.says.test(update.output)
      ? []
      : ["the error does not say which check failed"]),
    ...(users.failed - (mustFail ? canaryFailures : 0) === 0
      ? []
      : [`${users.failed} good requests failed: ${users.samples.join(" | ")}`]),
    ...(highest > 0 ? [] : ["the canary never had traffic"]),
    ...(users.total > 0 ? [] : ["no users"]),
  ];
}

function closingTable(outcomes: readonly Outcome[]): string {
  const table = new Table({
    head: ["release", "what happened", "ended", "pulumi up", "seconds", "highest weight", "users' requests", "failed"],
    style: { head: [], border: [] },
  });
  for (const { release, update, phase, highest, users } of outcomes) {
    table.push([
      `podinfo ${release.tag}`,
      release.title,
      phase,
      `exit ${update.code}`,
      update.seconds.toFixed(0),
      `${highest}%`,
      users.total,
      users.failed,
    ]);
  }
  return `\n${table.toString()}`;
}
