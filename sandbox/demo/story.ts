import Table from "cli-table3";
import pc from "picocolors";
import { startTraffic } from "../users/index.js";
import type { Tally, TrafficOptions } from "../users/index.js";
import { run } from "./pulumi.js";
import type { CommandResult } from "./pulumi.js";
import { countResources } from "./resources.js";
import { watchRelease } from "./watcher.js";

export interface StoryOptions {
  readonly root: string;
  readonly interval: string;
  readonly signal: AbortSignal;
  /** Shows every resource of the first release too. */
  readonly verbose: boolean;
  /** Where users reach the gateway. Default: by its Service's name. */
  readonly gateway?: Pick<TrafficOptions, "gateway" | "port">;
}

/** One release of the story: what is shipped, what users do meanwhile, and what must come of it. */
interface Chapter {
  readonly tag: string;
  readonly title: string;
  readonly phase: "Initialized" | "Succeeded" | "Failed";
  /** Requests that the chapter makes fail (or slow) on purpose, as the article does. */
  readonly onPurpose?: { readonly path: string; readonly perSecond: number; readonly command: string };
  /** What the failing update must say. */
  readonly says?: RegExp;
}

const host = "app.example.com";

const chapters: readonly Chapter[] = [
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

interface Happened {
  readonly chapter: Chapter;
  readonly update: CommandResult;
  readonly phase: string;
  readonly highest: number;
  readonly users: Tally;
  readonly problems: readonly string[];
}

/** Tells the whole story; 0 only if each outcome was right. */
export async function tellStory(options: StoryOptions): Promise<number> {
  await pulumi(options, ["stack", "select", "--create", "demo"]);
  await pulumi(options, ["config", "set", "interval", options.interval, "--stack", "demo"]);
  const happened: Happened[] = [];
  for (const chapter of chapters) {
    if (options.signal.aborted) return 130;
    happened.push(await tell(chapter, options));
  }
  console.log(closingTable(happened));
  const problems = happened.flatMap(({ chapter, problems: found }) => found.map((each) => `${chapter.tag}: ${each}`));
  problems.forEach((problem) => console.log(pc.red(`✘ ${problem}`)));
  console.log(problems.length === 0 ? pc.green("✔ every release ended as it should") : pc.red("✘ not as it should be"));
  return problems.length === 0 ? 0 : 1;
}

async function tell(chapter: Chapter, options: StoryOptions): Promise<Happened> {
  console.log(`\n${pc.bold(`── ${chapter.tag}: ${chapter.title}`)}`);
  await pulumi(options, ["config", "set", "tag", chapter.tag, "--stack", "demo"]);
  const watcher = watchRelease((line) => console.log(pc.cyan(`   ${line}`)));
  const first = chapter.phase === "Initialized";
  const users = startTraffic({ host, perSecond: first ? 0.1 : 20, ...options.gateway });
  const mischief = chapter.onPurpose === undefined ? undefined : startMischief(chapter.onPurpose, options);
  const resources = first && !options.verbose ? countResources() : undefined;
  const show = (line: string): void => (resources?.takes(line) === true ? undefined : interesting(line));
  const update = await pulumi(options, ["up", "--yes", "--skip-preview", "--stack", "demo"], show);
  resources?.stop();
  await mischief?.stop();
  const tally = await users.stop();
  await watcher.stop();
  await run(["kubectl", "get", "canaryreleases", "--all-namespaces"], {
    ...options,
    show: (line) => console.log(`   ${line}`),
  });
  const seen = { chapter, update, phase: watcher.last()?.phase ?? "", highest: watcher.highest(), users: tally };
  return { ...seen, problems: first ? problemsOfFirst(seen) : problemsOf(seen) };
}

function startMischief(
  purpose: NonNullable<Chapter["onPurpose"]>,
  { gateway }: StoryOptions,
): { stop(): Promise<unknown> } {
  console.log(pc.yellow(`   $ ${purpose.command}`));
  return startTraffic({ host, perSecond: purpose.perSecond, path: purpose.path, ...gateway });
}

async function pulumi(
  options: StoryOptions,
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

type Seen = Omit<Happened, "problems">;

function problemsOfFirst({ update, phase }: Seen): readonly string[] {
  return [
    ...(update.code === 0 ? [] : [`pulumi up exited ${update.code}`]),
    ...(phase === "Initialized" ? [] : [`ended ${phase || "without a status"}, not Initialized`]),
  ];
}

function problemsOf({ chapter, update, phase, users, highest }: Seen): readonly string[] {
  const mustFail = chapter.phase === "Failed";
  const canaryFailures = users.byVersion.get(chapter.tag)?.failed ?? 0;
  return [
    ...((update.code !== 0) === mustFail ? [] : [`pulumi up exited ${update.code}`]),
    ...(phase === chapter.phase ? [] : [`ended ${phase}, not ${chapter.phase}`]),
    ...(chapter.says === undefined || chapter.says.test(update.output)
      ? []
      : ["the error does not say which check failed"]),
    ...(users.failed - (mustFail ? canaryFailures : 0) === 0
      ? []
      : [`${users.failed} good requests failed: ${users.samples.join(" | ")}`]),
    ...(highest > 0 ? [] : ["the canary never had traffic"]),
    ...(users.total > 0 ? [] : ["no users"]),
  ];
}

function closingTable(happened: readonly Happened[]): string {
  const table = new Table({
    head: ["release", "what happened", "ended", "pulumi up", "seconds", "highest weight", "users' requests", "failed"],
    style: { head: [], border: [] },
  });
  for (const { chapter, update, phase, highest, users } of happened) {
    table.push([
      `podinfo ${chapter.tag}`,
      chapter.title,
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
