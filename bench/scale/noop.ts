import { median } from "../side-by-side/median.js";
import { BenchStack } from "../stack.js";
import type { Update } from "../stack.js";
import { fleetProgram } from "./fleet.js";
import { plainProgram } from "./plain.js";
import type { Noop, Scale } from "./report.js";
import { startWorld } from "./world-process.js";

const rounds = 5;

interface Subject {
  readonly name: "with" | "without";
  up(): Promise<Update>;
  preview(): Promise<Update>;
}

/** Updates and previews of two unchanged stacks in turn, with the dynamic resources and without them: medians. */
export async function measureNoop(releases: number, tell: (line: string) => void): Promise<Scale["noop"]> {
  const fleet = { releases, version: "1.0.0" };
  const world = await startWorld("bench-noop-with");
  try {
    const subjects: readonly Subject[] = [
      await subjectOf(
        "with",
        fleetProgram({ ...fleet, namespace: "bench-noop-with", stepSeconds: 10, autoscaled: true }),
        releases,
      ),
      await subjectOf("without", plainProgram({ ...fleet, namespace: "bench-noop-without" }), releases),
    ];
    const up = await compareInTurn(subjects, (subject) => subject.up());
    const preview = await compareInTurn(subjects, (subject) => subject.preview());
    tell(`no-op up ${up.ratio.toFixed(2)} times, preview ${preview.ratio.toFixed(2)} times`);
    return { releases, up, preview };
  } finally {
    await world.stop();
  }
}

async function subjectOf(name: Subject["name"], program: () => Promise<void>, releases: number): Promise<Subject> {
  const stack = await BenchStack.open(`bench-noop-${name}`);
  const options = { parallel: Math.max(32, releases * 4) };
  const run = async (what: string, update: Promise<Update>): Promise<Update> => {
    const done = await update;
    if (done.failed) throw new Error(`bench: ${what} ${name} failed: ${done.output.slice(-2000)}`);
    return done;
  };
  await run("first up", stack.up(program, options));
  return {
    name,
    up: () => run("no-op up", stack.up(program, options)),
    preview: () => run("preview", stack.preview(program, options)),
  };
}

async function compareInTurn(
  subjects: readonly Subject[],
  measure: (subject: Subject) => Promise<Update>,
): Promise<Noop> {
  const seconds: Record<Subject["name"], number[]> = { with: [], without: [] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? subjects : subjects.toReversed();
    for (const subject of order) seconds[subject.name].push((await measure(subject)).seconds);
  }
  const withSeconds = median(seconds.with);
  const withoutSeconds = median(seconds.without);
  return { withSeconds, withoutSeconds, ratio: withSeconds / withoutSeconds };
}
