import type { PortCall } from "../../../fakes/index.js";
import { isStoryOf } from "../story-names.js";
import { playCase } from "./case.js";
import type { Case } from "./case.js";
import { healthyPromoted } from "./invariants.js";
import type { Violation } from "./invariants.js";
import { faultKinds } from "./kinds.js";
import type { FaultKind } from "./kinds.js";
import { Fixture } from "./fixture.js";
import { stories } from "./stories.js";
import type { Story } from "./stories.js";

export type { Violation } from "./invariants.js";

/** Names of all stories. */
export const virtualStories: readonly string[] = stories.map(({ name }) => name);

/**
 * Where the faults strike. `all`: at every call of every port. `journal`: only at those that write or lock. `usual`: at
 * every call of the stories that move users by weights, and at those that write or lock of the others, which walk the
 * same code in between.
 */
export const pointChoices = ["usual", "all", "journal"] as const;
export type Points = (typeof pointChoices)[number];

export interface VirtualOptions {
  /** Default usual. */
  readonly points?: Points;
  /** Names of the faults; default all. */
  readonly faults?: readonly string[];
  /** Names of the stories, or of what they tell of (`ab`); default all. */
  readonly stories?: readonly string[];
  /** Told after each case. */
  readonly progress?: (done: number, all: number) => void;
}

export interface MatrixRow {
  readonly story: string;
  readonly fault: string;
  readonly cases: number;
  readonly violations: number;
}

export interface VirtualResult {
  readonly virtualCases: number;
  /** Healthy releases that were not promoted although nothing but weather was in their way; each is a violation too. */
  readonly healthyNotPromoted: number;
  readonly violations: readonly Violation[];
  readonly matrix: readonly MatrixRow[];
}

/** Every fault at every point of whole runs, in virtual time against the real state machine and the real watchdog. */
export async function runVirtualFaults(options: VirtualOptions = {}): Promise<VirtualResult> {
  const kinds = faultKinds.filter(({ name }) => options.faults?.includes(name) ?? true);
  const told = stories.filter(({ name }) => options.stories === undefined || isStoryOf(options.stories, name));
  const planned = await Promise.all(told.map((story) => casesOf(story, kinds, options.points ?? "usual")));
  const all = planned.flat();
  const violations: Violation[] = [];
  const walked = new Set<string>();
  const matrix = new Map<string, MatrixRow>();
  for (const [index, { given, call }] of all.entries()) {
    const found = await playCase(given, walked);
    const { story, kind, when, helper } = given;
    const point = `${story.name} #${call.index} ${when} ${call.name}, then ${helper}`;
    violations.push(...found.map((each) => ({ fault: kind.name, point, ...each })));
    count(matrix, story.name, kind.name, found.length);
    options.progress?.(index + 1, all.length);
  }
  const healthyNotPromoted = violations.filter(({ invariant }) => invariant === healthyPromoted).length;
  return { virtualCases: all.length, healthyNotPromoted, violations, matrix: [...matrix.values()] };
}

interface Planned {
  readonly given: Case;
  readonly call: PortCall;
}

async function casesOf(story: Story, kinds: readonly FaultKind[], points: Points): Promise<readonly Planned[]> {
  const calls = await undisturbed(story);
  const all = points === "all" || (points === "usual" && story.isClassic === true);
  const chosen = all ? calls : calls.filter(({ name }) => isJournalPoint(name));
  return kinds.flatMap((kind) =>
    chosen
      .filter((call) => matters(kind, call, calls))
      .flatMap((call) =>
        momentsOf(kind, call).flatMap((when) =>
          helpersOf(kind).map((helper) => ({ given: { story, kind, index: call.index, when, helper }, call })),
        ),
      ),
  );
}

/** Nothing is changed by a look: a process that dies after it dies as it does before the next call. */
function momentsOf({ moments, leavesNothing }: FaultKind, { name }: PortCall): FaultKind["moments"] {
  return leavesNothing === true && isLook(name) ? [] : moments;
}

function isLook(name: string): boolean {
  return /^(read|metrics\.|lock\.read|rehearse)/.test(name);
}

/** Where the run lives, nobody has to help it: one afterlife is enough. */
function helpersOf({ endsTheRun }: FaultKind): readonly Case["helper"][] {
  return endsTheRun ? ["watchdog", "next-run"] : ["watchdog"];
}

/** Weights written by hand when the run has gone are nobody's to put right. */
function matters({ name }: FaultKind, call: PortCall, calls: readonly PortCall[]): boolean {
  const lastLook = calls.findLast((each) => each.name === "scaleCanary 0")?.index ?? Infinity;
  return name !== "route-edited" || call.index <= lastLook;
}

function isJournalPoint(name: string): boolean {
  return /^(writeStatus|setSplit|scaleCanary|scaleBaseline|claimRoute|lock\.(take|release))/.test(name);
}

/** All port calls of the story when nothing happens. */
async function undisturbed(story: Story): Promise<readonly PortCall[]> {
  const fixture = new Fixture(story);
  const play = async (): Promise<void> => {
    await fixture.comeToRest();
    fixture.behave();
    await fixture.up(story.revision, fixture.run, fixture.registry);
  };
  await fixture.clock.until(play());
  return fixture.world.calls.filter(({ process }) => process === "run");
}

function count(matrix: Map<string, MatrixRow>, story: string, fault: string, violations: number): void {
  const key = `${story} ${fault}`;
  const before = matrix.get(key) ?? { story, fault, cases: 0, violations: 0 };
  matrix.set(key, { ...before, cases: before.cases + 1, violations: before.violations + violations });
}
