import type { FaultKind } from "./kinds.js";
import { isAtRest as isSplitAtRest, splitText } from "../../../release/strategy/index.js";
import type { Split } from "../../../release/strategy/index.js";
import type { Fixture } from "./fixture.js";
import { maxWeight } from "./stories.js";

export interface Violation {
  readonly fault: string;
  readonly point: string;
  readonly invariant: string;
  readonly detail: string;
}

export type Finding = Pick<Violation, "invariant" | "detail">;

/** Of faults that are weather alone. */
export const healthyPromoted = "healthy release promoted";

/** Writes of 0 need no plan: they are always right. */
export function weightWithinPlan({ world }: Fixture): readonly Finding[] {
  return world.weightWrites
    .filter(({ by, weight }) => by !== "hand" && weight > 0)
    .flatMap(({ weight, journal, by }) => {
      const planned = journal?.plannedWeight ?? maxWeight;
      if (weight > Math.min(planned, maxWeight))
        return [finding("weight above its plan", `${by} set ${weight}%, planned were ${planned}%`)];
      if (journal !== undefined && journal.canaryWeight !== weight)
        return [finding("journal before traffic", `${by} set ${weight}%, the journal said ${journal.canaryWeight}%`)];
      return [];
    });
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
  return isSplitAtRest(splitOf(world)) && isSplitAtRest(world.gateway.split) && (world.canary?.replicas ?? 0) === 0;
}

export function restOf({ world }: Fixture): string {
  const { phase, message } = world.object?.status ?? { phase: "no status", message: "" };
  return `asked ${splitText(splitOf(world))}, at the gateway ${splitText(world.gateway.split)}, canary ${world.canary?.replicas} pods, ${phase} ${message}`;
}

export function finding(invariant: string, detail: string): Finding {
  return { invariant, detail };
}
