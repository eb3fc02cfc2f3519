/** Flagger's words, so that people and dashboards read them as before. */
export const phases = [
  "Initializing",
  "Initialized",
  "Waiting",
  "Progressing",
  "WaitingPromotion",
  "Promoting",
  "Finalising",
  "Succeeded",
  "Failed",
  "Terminating",
] as const;
export type Phase = (typeof phases)[number];

/** With these an update begins, whatever an earlier one left. */
const starts = ["Initializing", "Progressing"] as const satisfies readonly Phase[];
/** With these a promotion begins, also one that is tried again: the primary carries the revision already. */
const promotionStarts = ["Initialized", "Promoting", "Succeeded"] as const satisfies readonly Phase[];
const atRest = [...starts, ...promotionStarts, "Failed"] as const satisfies readonly Phase[];

/** Which phase may follow which; every one may stay as it is. */
const followers: Readonly<Record<Phase, readonly Phase[]>> = {
  Initializing: atRest,
  Initialized: atRest,
  Waiting: [...starts, "Failed"],
  Progressing: [...starts, "Waiting", "WaitingPromotion", "Failed"],
  WaitingPromotion: [...starts, ...promotionStarts, "Failed"],
  Promoting: [...starts, ...promotionStarts, "Finalising", "Failed"],
  Finalising: [...starts, ...promotionStarts, "Failed"],
  Succeeded: atRest,
  Failed: atRest,
  Terminating: ["Failed"],
};

export function mayFollow(phase: Phase, next: Phase): boolean {
  return phase === next || followers[phase].includes(next);
}

/** Whether a run is under way, so that somebody reads requests and the traffic may be split. */
export function isUnderWay(phase: Phase): boolean {
  switch (phase) {
    case "Waiting":
    case "Progressing":
    case "WaitingPromotion":
    case "Promoting":
    case "Finalising":
      return true;
    case "Initializing":
    case "Initialized":
    case "Succeeded":
    case "Failed":
    case "Terminating":
      return false;
  }
}
