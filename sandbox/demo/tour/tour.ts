import path from "node:path";
import { CustomObjectsApi, KubeConfig } from "@kubernetes/client-node";
import Table from "cli-table3";
import pc from "picocolors";
import { z } from "zod";
import { splitText } from "../../../release/strategy/index.js";
import { startSessions, startTraffic } from "../../users/index.js";
import { run } from "../pulumi.js";
import type { CommandResult } from "../pulumi.js";
import { countResources } from "../resources.js";
import { namespaceName, releasesOf, sessionUsers, stops } from "./strategies.js";
import type { Shipped, Stop, Visitors } from "./strategies.js";

export interface TourOptions {
  readonly root: string;
  readonly signal: AbortSignal;
  /** Names of the stops; default all. */
  readonly only?: readonly string[] | undefined;
}

const revisions = [
  { version: "1.0.1", fails: false, phase: "Succeeded" },
  { version: "1.0.2", fails: true, phase: "Failed" },
] as const;
type Revision = (typeof revisions)[number];

/** What visitors of one kind got. */
interface Met {
  readonly requests: number;
  readonly failed: number;
  /** Failures that the revision itself answered. */
  readonly itsOwn: number;
}

/** What became of one release. */
interface Journey {
  readonly name: string;
  readonly phase: string;
  readonly splits: readonly string[];
}

interface Visited {
  readonly stop: Stop;
  readonly revision: Revision;
  readonly update: CommandResult;
  readonly journeys: readonly Journey[];
  readonly met: Met;
}

/** Every strategy with a healthy and a failing revision; 0 only if each ended as it should. */
export async function takeTour(options: TourOptions): Promise<number> {
  const names = stops.flatMap(releasesOf);
  const now: Shipped = Object.fromEntries(names.map((name) => [name, { version: "1.0.0", fails: false }]));
  console.log(pc.bold(`\n── a platform, and the first revision of ${names.length} releases`));
  await pulumi(options, ["stack", "select", "--create", "tour"]);
  const resources = countResources();
  const first = await ship(options, now, (line) => (resources.takes(line) ? undefined : show(line)));
  resources.stop();
  if (first.code !== 0) throw new Error(`pulumi up exited ${first.code}: ${first.output}`);
  const visited: Visited[] = [];
  for (const stop of stops.filter(({ name }) => options.only?.includes(name) ?? true)) {
    for (const revision of revisions) {
      if (options.signal.aborted) return 130;
      const bad = releasesOf(stop).at(-1);
      for (const name of releasesOf(stop))
        now[name] = { version: revision.version, fails: revision.fails && name === bad };
      visited.push(await visit(stop, revision, options, now));
    }
    // What was taken back goes out of the program, as people do.
    for (const name of releasesOf(stop)) now[name] = { version: "1.0.1", fails: false };
  }
  console.log(closingTable(visited));
  const problems = visited.flatMap(problemsOf);
  problems.forEach((problem) => console.log(pc.red(`✘ ${problem}`)));
  console.log(problems.length === 0 ? pc.green("✔ every release ended as it should") : pc.red("✘ not as it should be"));
  return problems.length === 0 ? 0 : 1;
}

async function visit(stop: Stop, revision: Revision, options: TourOptions, now: Shipped): Promise<Visited> {
  const fails = stop.members === undefined ? "a revision that fails every request" : "one of them fails every request";
  const what = revision.fails ? fails : "a healthy revision";
  console.log(`\n${pc.bold(`── ${stop.title}: ${what}`)} (${stop.visitors.map(({ who }) => who).join(", ")})`);
  const watchers = releasesOf(stop).map(watch);
  const visitors = stop.visitors.map((each) => receive(each, revision.version));
  const update = await ship(options, now, show);
  const met = await Promise.all(visitors.map((leave) => leave()));
  const journeys = await Promise.all(watchers.map((end) => end()));
  const sum = (key: keyof Met): number => met.reduce((total, each) => total + each[key], 0);
  const total = { requests: sum("requests"), failed: sum("failed"), itsOwn: sum("itsOwn") };
  return { stop, revision, update, journeys, met: total };
}

/** They come until the returned function is called. */
function receive({ kind, host, perSecond, headers = {} }: Visitors, version: string): () => Promise<Met> {
  if (kind === "sessions") {
    const sessions = startSessions({ host, perSecond, headers, users: sessionUsers });
    return async () => {
      const { requests, failed, failedBy } = await sessions.stop();
      return { requests, failed, itsOwn: failedBy.get(version) ?? 0 };
    };
  }
  const stream = startTraffic({ host, perSecond, headers });
  return async () => {
    const { total, failed, byVersion } = await stream.stop();
    return { requests: total, failed, itsOwn: byVersion.get(version)?.failed ?? 0 };
  };
}

function ship(options: TourOptions, now: Shipped, tell: (line: string) => void): Promise<CommandResult> {
  return pulumi(options, ["config", "set", "shipped", JSON.stringify(now)]).then(() =>
    pulumi(options, ["up", "--yes", "--skip-preview", "--parallel", "64"], tell),
  );
}

async function pulumi(
  options: TourOptions,
  argv: readonly string[],
  tell?: (line: string) => void,
): Promise<CommandResult> {
  const project = { ...options, root: path.join(options.root, "sandbox/demo/tour") };
  const stack = argv[0] === "stack" ? [] : ["--stack", "tour"];
  const result = await run(["pulumi", ...argv, ...stack, "--non-interactive"], {
    ...project,
    ...(tell === undefined ? {} : { show: tell }),
  });
  if (result.code !== 0 && tell === undefined) throw new Error(`pulumi ${argv.join(" ")}: ${result.output}`);
  return result;
}

/** What the release says, without the engine's own lines about resources. */
function show(line: string): void {
  if (/\bAnalysis\b.*\bupdating\b.*\(\d+s\)\s+\S|\b(?:error|warning): (?!using pulumi-)/.test(line))
    console.log(`   ${line.trim()}`);
}

const journal = z.object({
  status: z.object({
    phase: z.string(),
    split: z
      .object({
        base: z.number(),
        matched: z.union([z.literal(0), z.literal(100)]).exactOptional(),
        preview: z.union([z.literal(0), z.literal(100)]).exactOptional(),
        mirrorPercent: z.number().exactOptional(),
        bucketsPercent: z.number().exactOptional(),
      })
      .optional(),
  }),
});

const pollMs = 200;

/** Tells each change of what the release asks of the gateway, until the returned function is called. */
function watch(name: string): () => Promise<Journey> {
  const config = new KubeConfig();
  config.loadFromDefault();
  const client = config.makeApiClient(CustomObjectsApi);
  const place = { group: "apisix-canary.io", version: "v1", namespace: namespaceName, plural: "canaryreleases", name };
  const state = { name, running: true, phase: "", splits: [] as string[] };
  const look = async (): Promise<void> => {
    const { status } = journal.parse(await client.getNamespacedCustomObject(place));
    state.phase = status.phase;
    const now = splitText(status.split ?? { base: 0 });
    if (now === (state.splits.at(-1) ?? "0%")) return;
    state.splits.push(now);
    console.log(pc.cyan(`   ${name}: ${now}   ${status.phase}`));
  };
  const loop = (async () => {
    while (state.running) {
      await look().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    await look().catch(() => undefined);
  })();
  return async () => {
    state.running = false;
    await loop;
    return state;
  };
}

function problemsOf({ stop, revision, update, journeys, met }: Visited): readonly string[] {
  const name = `${stop.title}, ${revision.version}`;
  const others = met.failed - met.itsOwn;
  return [
    ...((update.code !== 0) === revision.fails ? [] : [`${name}: pulumi up exited ${update.code}`]),
    ...journeys.flatMap((each) =>
      each.phase === revision.phase ? [] : [`${name}: ${each.name} ended ${each.phase}, not ${revision.phase}`],
    ),
    ...(journeys.some(({ splits }) => splits.length > 1) ? [] : [`${name}: the canary never had anybody`]),
    ...(met.requests > 0 ? [] : [`${name}: nobody came`]),
    ...(others === 0 ? [] : [`${name}: ${others} requests failed that the canary did not answer itself`]),
    ...(revision.fails || met.failed === 0 ? [] : [`${name}: ${met.failed} requests failed`]),
  ];
}

function closingTable(visited: readonly Visited[]): string {
  const head = ["strategy", "revision", "asked of the gateway", "ended", "pulumi up", "seconds", "requests", "failed"];
  const table = new Table({ head, style: { head: [], border: [] }, colWidths: [null, null, 36], wordWrap: true });
  for (const { stop, revision, update, journeys, met } of visited) {
    const several = journeys.length > 1;
    table.push([
      stop.title,
      revision.fails ? "fails" : "healthy",
      journeys.map(({ name, splits }) => `${several ? `${name}: ` : ""}${splits.join(" > ")}`).join("\n"),
      [...new Set(journeys.map(({ phase }) => phase))].join(" and "),
      `exit ${update.code}`,
      update.seconds.toFixed(0),
      met.requests,
      met.failed === met.itsOwn ? met.failed : `${met.failed} (its own: ${met.itsOwn})`,
    ]);
  }
  return `\n${table.toString()}`;
}
