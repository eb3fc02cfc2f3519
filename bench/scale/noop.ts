import path from "node:path";
import { Project } from "../project/index.js";
import type { Update } from "../project/index.js";
import { median } from "../side-by-side/median.js";
import type { NoopSettings } from "./fleet.js";
import type { Noop, Scale } from "./report.js";
import { startWorld } from "./world-process.js";

const rounds = 5;
const program = path.join(__dirname, "noop-program.js");
const namespaceWith = "bench-noop-with";

interface Subject {
  readonly name: "with" | "without";
  /** Seconds of one command from its start to its end. */
  readonly seconds: Readonly<Record<"up" | "preview", () => Promise<number>>>;
}

/**
 * Updates and previews of two unchanged stacks in turn, with the dynamic resources and without them: medians of what
 * people wait for at the command line.
 */
export async function measureNoop(releases: number, tell: (line: string) => void): Promise<Scale["noop"]> {
  const world = await startWorld(namespaceWith);
  try {
    const shape = { releases, version: "1.0.0" };
    const subjects = [
      await subjectOf("with", { ...shape, namespace: namespaceWith, dynamic: true }),
      await subjectOf("without", { ...shape, namespace: "bench-noop-without", dynamic: false }),
    ];
    const up = await compareInTurn(subjects, "up");
    const preview = await compareInTurn(subjects, "preview");
    tell(`no-op up ${up.ratio.toFixed(2)} times, preview ${preview.ratio.toFixed(2)} times`);
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
  const seconds: Record<Subject["name"], number[]> = { with: [], without: [] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? subjects : subjects.toReversed();
    for (const subject of order) seconds[subject.name].push(await subject.seconds[command]());
  }
  const withSeconds = median(seconds.with);
  const withoutSeconds = median(seconds.without);
  return { withSeconds, withoutSeconds, ratio: withSeconds / withoutSeconds };
}
