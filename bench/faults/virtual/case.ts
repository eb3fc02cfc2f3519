import { Process } from "../../../fakes/index.js";
import type { UpResult } from "../../../fakes/index.js";
import {
  finding,
  healthyPromoted,
  isAtRest,
  oneVerdict,
  onlyJudgedPromoted,
  restOf,
  usersAnswered,
  usersKeptAway,
  splitsWithinPlan,
} from "./invariants.js";
import type { Finding } from "./invariants.js";
import { remainsOf } from "./afterlife.js";
import type { FaultKind } from "./kinds.js";
import { Fixture } from "./fixture.js";
import { handoverSeconds } from "./stories.js";
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

/**
 * Plays one case in virtual time; what it finds against the invariants.
 * @param walked remains, of cases before this one, from which the next update has gone on without a finding: it is not
 * played from there again
 */
export async function playCase(given: Case, walked = new Set<string>()): Promise<readonly Finding[]> {
  const fixture = new Fixture(given.story);
  return fixture.clock.until(play(fixture, given, walked));
}

async function play(
  fixture: Fixture,
  { story, kind, index, when, helper }: Case,
  walked: Set<string>,
): Promise<readonly Finding[]> {
  await fixture.comeToRest();
  fixture.behave();
  if (helper === "watchdog") fixture.startWatchdog();
  fixture.arm({ process: "run", index, when, action: (struck) => kind.strike(struck) });
  const result = await firstRun(fixture, story);
  const verdict = oneVerdict(fixture);
  const touched = kind.endsTheRun ? [] : liveRunLeftAlone(fixture);
  const late = helper === "watchdog" ? await comesBack(fixture, kind) : [];
  const from = await beforeNextRun(fixture, story, kind, result);
  const remains = `${story.name} ${from.revision} ${helper} ${remainsOf(fixture)}`;
  const next = walked.has(remains) ? [] : await nextRun(fixture, from.revision);
  const found = [
    ...late,
    ...touched,
    ...verdict,
    ...promotedInAllWeather(story, kind, result),
    ...next,
    ...splitsWithinPlan(fixture),
    ...usersKeptAway(fixture),
    ...onlyJudgedPromoted(fixture, story.ends === "rolledBack" ? story.revision : undefined),
    ...usersAnswered(fixture, kind),
  ];
  if (found.length === 0) walked.add(remains);
  return found;
}

async function firstRun(fixture: Fixture, story: Story): Promise<UpResult | undefined> {
  const up = fixture.run.outcome(fixture.up(story.revision, fixture.run, fixture.registry));
  return Promise.race([up, fixture.sleep(longestMs).then(() => tooLong)]);
}

const tooLong: UpResult = { kind: "failed", message: "the run never ended" };

/** Ended at 100/0 with the canary at 0, counted from when nothing is in the way any more. */
async function comesBack(fixture: Fixture, kind: FaultKind): Promise<readonly Finding[]> {
  await fixture.second;
  const { clock, worlds } = fixture;
  const waits = worlds.some(({ object }) => object?.status?.phase === "WaitingPromotion");
  const extraMs = waits ? handoverSeconds * 1000 + handoverGraceMs : 0;
  const limit = Math.max(clock.nowMs(), fixture.recoveredAtMs) + backWithinMs + extraMs;
  while (!isAtRest(fixture)) {
    if (kind.mayStaySplit === true && isLeftSplit(fixture)) return [];
    if (clock.nowMs() > limit) return [finding("back within 90 s", restOf(fixture))];
    await fixture.sleep(pollMs);
  }
  // Whatever still wakes up must leave it so.
  await fixture.sleep(Math.max(0, fixture.recoveredAtMs - clock.nowMs()) + pollMs);
  return isAtRest(fixture) ? [] : [finding("stays back", restOf(fixture))];
}

/** Where the promoted primary's own pods fail there is no earlier revision to return to: people decide. */
function isLeftSplit({ worlds }: Fixture): boolean {
  return worlds.some(({ object }) => object?.status?.stalled !== undefined);
}

/** What passes by itself is no reason to take a healthy release back. */
function promotedInAllWeather(story: Story, kind: FaultKind, result: UpResult | undefined): readonly Finding[] {
  if (kind.isWeather !== true || story.ends !== "promoted" || result?.kind === "succeeded") return [];
  return [finding(healthyPromoted, result?.message ?? "the run never ended")];
}

/** The watchdog acts for the dead only: looked at when the run has ended. */
function liveRunLeftAlone({ worlds }: Fixture): readonly Finding[] {
  const acted = worlds
    .flatMap(({ statuses }) => statuses)
    .find(({ message }) => message.startsWith("rolled back by the watchdog"));
  return acted === undefined ? [] : [finding("live run left alone", acted.message)];
}

/** The same program is shipped again, or after a success or with a bad revision the next one, when the fault is over. */
async function beforeNextRun(
  fixture: Fixture,
  story: Story,
  kind: FaultKind,
  result: UpResult | undefined,
): Promise<{ readonly revision: string }> {
  const { clock, worlds } = fixture;
  await fixture.sleep(Math.max(5_000, fixture.recoveredAtMs + 5_000 - clock.nowMs()));
  await fixture.second;
  kind.repair?.(fixture);
  const again = story.ends === "promoted" && result?.kind !== "succeeded";
  worlds.forEach((world) => (world.behaviour = { ...world.behaviour, canary: world.behaviour.primary }));
  return { revision: again ? story.revision : "r3" };
}

/** It needs no hand. */
async function nextRun(fixture: Fixture, revision: string): Promise<readonly Finding[]> {
  const process = new Process("next", fixture.clock);
  const up = Promise.race([fixture.up(revision, process), fixture.sleep(longestMs).then(() => tooLong)]);
  const next = await up;
  if (next.kind === "failed") return [finding("next run works", next.message)];
  await fixture.sleep(1_000);
  const serve = fixture.worlds.every(
    ({ object, primary }) => object?.status?.promotedRevision === revision && primary?.revision === revision,
  );
  return serve && isAtRest(fixture) ? [] : [finding("next run finishes", restOf(fixture))];
}
