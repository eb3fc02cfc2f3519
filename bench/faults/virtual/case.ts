import { Process } from "../../../fakes/index.js";
import type { UpResult } from "../../../fakes/index.js";
import { finding, isAtRest, onlyJudgedPromoted, restOf, usersAnswered, weightWithinPlan } from "./invariants.js";
import type { Finding } from "./invariants.js";
import type { FaultKind } from "./kinds.js";
import { Stage } from "./stage.js";
import { handoverSeconds, settingsOf } from "./stories.js";
import type { Story } from "./stories.js";

export interface Case {
  readonly story: Story;
  readonly kind: FaultKind;
  /** Number of the run's port call at which it strikes. */
  readonly index: number;
  readonly when: "before" | "after";
  /** Who goes on where the run does not: the watchdog, or the next run alone. */
  readonly helper: "watchdog" | "next-run";
}

const backWithinMs = 90_000;
const pollMs = 500;
/** Longer than any run with any fault. */
const longestMs = 30 * 60_000;
/** What the watchdog waits beyond the handover. */
const handoverGraceMs = 10_000;

/** Plays one case in virtual time; what it finds against the invariants. */
export async function playCase(given: Case): Promise<readonly Finding[]> {
  const stage = new Stage();
  return stage.clock.until(play(stage, given));
}

async function play(stage: Stage, { story, kind, index, when, helper }: Case): Promise<readonly Finding[]> {
  await stage.comeToRest();
  story.behave(stage.world);
  if (helper === "watchdog") stage.startWatchdog();
  stage.arm({ process: "run", index, when, action: (struck) => kind.strike(struck) });
  const result = await firstRun(stage, story);
  const touched = kind.endsTheRun ? [] : liveRunLeftAlone(stage);
  const late = helper === "watchdog" ? await comesBack(stage, kind) : [];
  const next = await nextRun(stage, story, kind, result);
  return [
    ...late,
    ...touched,
    ...next,
    ...weightWithinPlan(stage),
    ...onlyJudgedPromoted(stage, story.ends === "takenBack" ? story.revision : undefined),
    ...usersAnswered(stage, kind),
  ];
}

async function firstRun(stage: Stage, story: Story): Promise<UpResult | undefined> {
  const up = stage.run.outcome(stage.engine.up(settingsOf(story.revision), stage.run, stage.registry));
  return Promise.race([up, stage.sleep(longestMs).then(() => tooLong)]);
}

const tooLong: UpResult = { kind: "failed", message: "the run never ended" };

/** Ended at 100/0 with the canary at 0, counted from when nothing is in the way any more. */
async function comesBack(stage: Stage, kind: FaultKind): Promise<readonly Finding[]> {
  await stage.second;
  const { clock, world } = stage;
  const waits = world.object?.status?.phase === "WaitingPromotion";
  const extraMs = waits ? handoverSeconds * 1000 + handoverGraceMs : 0;
  const limit = Math.max(clock.nowMs(), stage.recoveredAtMs) + backWithinMs + extraMs;
  while (!isAtRest(stage)) {
    if (kind.mayStaySplit === true && isLeftSplit(stage)) return [];
    if (clock.nowMs() > limit) return [finding("back within 90 s", restOf(stage))];
    await stage.sleep(pollMs);
  }
  // Whatever still wakes up must leave it so.
  await stage.sleep(Math.max(0, stage.recoveredAtMs - clock.nowMs()) + pollMs);
  return isAtRest(stage) ? [] : [finding("stays back", restOf(stage))];
}

/** Where the promoted primary's own pods fail there is no earlier revision to return to: people decide. */
function isLeftSplit({ world }: Stage): boolean {
  return world.object?.status?.stalled !== undefined;
}

/** The watchdog acts for the dead only: looked at when the run has ended. */
function liveRunLeftAlone({ world }: Stage): readonly Finding[] {
  const acted = world.statuses.find(({ message }) => message.startsWith("taken back by the watchdog"));
  return acted === undefined ? [] : [finding("live run left alone", acted.message)];
}

/** The same program again, or after a success or with a bad revision the next one: it needs no hand. */
async function nextRun(
  stage: Stage,
  story: Story,
  kind: FaultKind,
  result: UpResult | undefined,
): Promise<readonly Finding[]> {
  const { clock, world, engine } = stage;
  await stage.sleep(Math.max(5_000, stage.recoveredAtMs + 5_000 - clock.nowMs()));
  await stage.second;
  kind.repair?.(stage);
  const again = story.ends === "promoted" && result?.kind !== "succeeded";
  const revision = again ? story.revision : "r3";
  world.behaviour = { ...world.behaviour, canary: world.behaviour.primary };
  const process = new Process("next", clock);
  const up = Promise.race([engine.up(settingsOf(revision), process), stage.sleep(longestMs).then(() => tooLong)]);
  const next = await up;
  if (next.kind === "failed") return [finding("next run works", next.message)];
  await stage.sleep(1_000);
  const { status } = world.object ?? {};
  const done = isAtRest(stage) && status?.promotedRevision === revision && world.primary?.revision === revision;
  return done ? [] : [finding("next run finishes", `${restOf(stage)}, promoted ${status?.promotedRevision}`)];
}
