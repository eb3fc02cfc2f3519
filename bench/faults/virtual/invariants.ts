import type { FaultKind } from "./kinds.js";
import {
  hasUsers,
  isAtRest as isSplitAtRest,
  isWithin,
  restSplit,
  sameSplit,
  splitText,
} from "../../../release/strategy/index.js";
import type { Split } from "../../../release/strategy/index.js";
import type { World } from "../../../fakes/index.js";
import type { TrainStatus } from "../../../release/model/index.js";
import type { Fixture } from "./fixture.js";
import { highestIn } from "./stories.js";

export interface Violation {
  readonly fault: string;
  readonly point: string;
  readonly invariant: string;
  readonly detail: string;
}

export type Finding = Pick<Violation, "invariant" | "detail">;

/** Of faults that are weather alone. */
export const healthyPromoted = "healthy release promoted";

/** Writes of a split at rest need no plan: they are always right. */
export function splitsWithinPlan({ worlds, story }: Fixture): readonly Finding[] {
  const highest = highestIn(story);
  return worlds
    .flatMap(({ weightWrites }) => weightWrites)
    .filter(({ by, split }) => by !== "hand" && !isSplitAtRest(split))
    .flatMap(({ split, journal, by }) => {
      const planned = journal?.plannedSplit ?? highest;
      if (!isWithin(split, planned) || !isWithin(split, highest))
        return [finding("weight above its plan", `${by} set ${splitText(split)}, planned were ${splitText(planned)}`)];
      if (journal !== undefined && !sameSplit(journal.split ?? restSplit, split))
        return [
          finding(
            "journal before traffic",
            `${by} set ${splitText(split)}, the journal said ${splitText(journal.split ?? restSplit)}`,
          ),
        ];
      return [];
    });
}

/** A revision that fails before any user is to come never gets one; the next one may. */
export function usersKeptAway({ worlds, story }: Fixture): readonly Finding[] {
  if (story.withoutUsers === undefined) return [];
  return worlds
    .flatMap(({ weightWrites }) => weightWrites)
    .filter(({ by, split, journal }) => by !== "hand" && hasUsers(split) && journal?.revision === story.revision)
    .map(({ by, split }) => finding("users kept away", `${by} sent ${splitText(split)} to ${story.revision}`));
}

/** What the engine put on the primary had been judged well, or there was nothing to protect yet. */
export function onlyJudgedPromoted({ members }: Fixture, bad: string | undefined): readonly Finding[] {
  return members
    .flatMap(({ engine }) => engine.promotions)
    .filter(({ revision, analysis }) => revision === bad || analysis === "unjudged")
    .map(({ revision, analysis }) => finding("unjudged revision on the primary", `${revision} after ${analysis}`));
}

/** Nobody of a train goes before all others have passed. */
export function oneVerdict({ members, story }: Fixture): readonly Finding[] {
  const gone = members.find(({ engine }) => engine.promotions.some(({ revision }) => revision === story.revision));
  const behind = members.find(({ world }) => !world.statuses.some(({ train }) => hasPassed(train, story.revision)));
  if (members.length < 2 || gone === undefined || behind === undefined) return [];
  return [finding("one verdict for all of a train", `${gone.name} was promoted, ${behind.name} has never passed`)];
}

function hasPassed(train: TrainStatus | undefined, revision: string): boolean {
  return train?.revision === revision && (train.stands === "ready" || train.stands === "left");
}

/** Users who were sent to nobody, but for what somebody's hand did until it could be noticed. */
export function usersAnswered(fixture: Fixture, kind: FaultKind): readonly Finding[] {
  const struckAtMs = fixture.struckAtMs ?? 0;
  const excusedUntilMs = struckAtMs + kind.excusedMs;
  return unansweredIn(fixture).flatMap(({ fromMs, toMs, role, split }) => {
    const excused = fromMs >= struckAtMs ? Math.max(0, Math.min(toMs, excusedUntilMs) - fromMs) : 0;
    const leftMs = toMs - fromMs - excused;
    if (leftMs <= 0) return [];
    const after = (fromMs - struckAtMs) / 1000;
    return [
      finding("users answered", `${role} gave no answer for ${leftMs / 1000}s at ${splitText(split)}, ${after}s after`),
    ];
  });
}

function unansweredIn({ worlds }: Fixture) {
  return worlds.flatMap(({ gateway }) => gateway.unanswered);
}

function splitOf({ route }: World): Split {
  return route?.split ?? { base: route?.weight ?? 0 };
}

export function isAtRest({ worlds }: Fixture): boolean {
  return worlds.every(
    (world) =>
      isSplitAtRest(splitOf(world)) &&
      isSplitAtRest(world.gateway.split) &&
      (world.canary?.replicas ?? 0) + (world.baseline?.replicas ?? 0) === 0,
  );
}

export function restOf({ members }: Fixture): string {
  return members.map(({ name, world }) => `${name}: ${worldText(world)}`).join("; ");
}

function worldText(world: World): string {
  const { phase, message, promotedRevision } = world.object?.status ?? { phase: "no status", message: "" };
  return `asked ${splitText(splitOf(world))}, at the gateway ${splitText(world.gateway.split)}, canary ${world.canary?.replicas} pods, baseline ${world.baseline?.replicas ?? 0}, promoted ${promotedRevision}, ${phase} ${message}`;
}

export function finding(invariant: string, detail: string): Finding {
  return { invariant, detail };
}
