import path from "node:path";
import { Project } from "../project/index.js";
import type { Update } from "../project/index.js";
import { median } from "../side-by-side/median.js";
import type { NoopSettings } from "./fleet.js";
import type { Noop, Scale } from "./report.js";
import { startWorld } from "./world-process.js";

const rounds = 7;
const program = path.join(__dirname, "noop-program.js");
const namespaceWith = "bench-noop-with";

interface Subject {
  readonly name: "with" | "without" | "empty";
  /** Seconds of one command from its start to its end. */
  readonly seconds: Readonly<Record<"up" | "preview", () => Promise<number>>>;
}

/**
 * Updates and previews of three unchanged stacks in turn, with the dynamic resources, without them, and with as many empty
 * ones: medians of what people wait for at the command line, and of their ratios.
 */
export async function measureNoop(releases: number, tell: (line: string) => void): Promise<Scale["noop"]> {
  const world = await startWorld(namespaceWith);
  try {
    const shape = { releases, version: "1.0.0" };
    const subjects = [
      await subjectOf("with", { ...shape, namespace: namespaceWith, parts: "ours" }),
      await subjectOf("without", { ...shape, namespace: "bench-noop-without", parts: "none" }),
      await subjectOf("empty", { ...shape, namespace: "bench-noop-empty", parts: "empty" }),
    ];
    const up = await compareInTurn(subjects, "up");
    const preview = await compareInTurn(subjects, "preview");
    const ratios = ({ ratio, emptyRatio }: Noop): string =>
      `${ratio.toFixed(2)} times (empty ${emptyRatio.toFixed(2)})`;
    tell(`no-op up ${ratios(up)}, preview ${ratios(preview)}`);
    return { releases, up, preview };
  } finally {
    await world.stop();
  }
}

async function subjectOf(name: Subject["name"], settings: NoopSettings): Promise<Subject> {
  const project = await Project.create(`noop-${name}`, program);
  const options = { parallel: Math.max(32, settings.releases * 4) };
  const up = (): Promise<number> => secondsOf(project.up(settings, options));
  const preview = (): Promise<number> => secondsOf(project.preview(settings, options));
  // Most of the time of a first update of this size would go into writing the state.
  await secondsOf(project.up(settings, { ...options, checkpoints: false }));
  return { name, seconds: { up, preview } };
}

async function secondsOf(command: Update): Promise<number> {
  const { code, seconds } = await command.exited;
  if (code !== 0) throw new Error(`bench: no-op ended with exit code ${code}: ${command.output.slice(-2000)}`);
  return seconds;
}

async function compareInTurn(subjects: readonly Subject[], command: "up" | "preview"): Promise<Noop> {
  const seconds: Record<Subject["name"], number[]> = { with: [], without: [], empty: [] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? subjects : subjects.toReversed();
    for (const subject of order) seconds[subject.name].push(await subject.seconds[command]());
  }
  const times = (some: Subject["name"], of: Subject["name"]): number =>
    // Round by round: the pace of a machine changes by more in minutes than what is looked for.
    median(seconds[some].map((value, round) => value / (seconds[of][round] ?? Number.NaN)));
  return {
    withSeconds: median(seconds.with),
    withoutSeconds: median(seconds.without),
    emptySeconds: median(seconds.empty),
    ratio: times("with", "without"),
    emptyRatio: times("empty", "without"),
    ownRatio: times("with", "empty"),
  };
}
