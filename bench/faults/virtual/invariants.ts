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
export function splitsWithinPlan({ world, story }: Fixture): readonly Finding[] {
  const highest = highestIn(story);
  return world.weightWrites
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
export function usersKeptAway({ world, story }: Fixture): readonly Finding[] {
  if (story.withoutUsers === undefined) return [];
  return world.weightWrites
    .filter(({ by, split, journal }) => by !== "hand" && hasUsers(split) && journal?.revision === story.revision)
    .map(({ by, split }) => finding("users kept away", `${by} sent ${splitText(split)} to ${story.revision}`));
}

/** What the engine put on the primary had been judged well, or there was nothing to protect yet. */
export function onlyJudgedPromoted({ engine }: Fixture, bad: string | undefined): readonly Finding[] {
  return engine.promotions
    .filter(({ revision, analysis }) => revision === bad || analysis === "unjudged")
    .map(({ revision, analysis }) => finding("unjudged revision on the primary", `${revision} after ${analysis}`));
}

/** Users who were sent to nobody, but for what somebody's hand did until it could be noticed. */
export function usersAnswered(fixture: Fixture, kind: FaultKind): readonly Finding[] {
  const struckAtMs = fixture.struckAtMs ?? 0;
  const excusedUntilMs = struckAtMs + kind.excusedMs;
  return fixture.world.gateway.unanswered.flatMap(({ fromMs, toMs, role, split }) => {
    const excused = fromMs >= struckAtMs ? Math.max(0, Math.min(toMs, excusedUntilMs) - fromMs) : 0;
    const leftMs = toMs - fromMs - excused;
    if (leftMs <= 0) return [];
    const after = (fromMs - struckAtMs) / 1000;
    return [
      finding("users answered", `${role} gave no answer for ${leftMs / 1000}s at ${splitText(split)}, ${after}s after`),
    ];
  });
}

function splitOf({ route }: Fixture["world"]): Split {
  return route?.split ?? { base: route?.weight ?? 0 };
}

export function isAtRest({ world }: Fixture): boolean {
  const pods = (world.canary?.replicas ?? 0) + (world.baseline?.replicas ?? 0);
  return isSplitAtRest(splitOf(world)) && isSplitAtRest(world.gateway.split) && pods === 0;
}

export function restOf({ world }: Fixture): string {
  const { phase, message } = world.object?.status ?? { phase: "no status", message: "" };
  return `asked ${splitText(splitOf(world))}, at the gateway ${splitText(world.gateway.split)}, canary ${world.canary?.replicas} pods, baseline ${world.baseline?.replicas ?? 0}, ${phase} ${message}`;
}

export function finding(invariant: string, detail: string): Finding {
  return { invariant, detail };
}
