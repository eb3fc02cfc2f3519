import type { Phase } from "./phases.js";
import type { Condition } from "./status.js";

type Said = Pick<Condition, "status" | "reason" | "message">;

/**
 * What the condition Promoted says while a run is in this phase, so that `kubectl wait` tells the truth from its first
 * moment on; undefined where a run is over, and its end says it.
 */
export function promotedDuring(phase: Phase): Said | undefined {
  const unknown = (message: string): Said => ({ status: "Unknown", reason: phase, message });
  switch (phase) {
    case "Initializing":
      return unknown("New revision detected, waiting for the first primary.");
    case "Waiting":
      return unknown("Waiting for approval.");
    case "Progressing":
      return unknown("New revision detected, progressing canary analysis.");
    case "WaitingPromotion":
      return unknown("Canary analysis completed, waiting for the promotion.");
    case "Promoting":
      return unknown("Canary analysis completed, the primary gets the new revision.");
    case "Finalising":
      return unknown("Canary analysis completed, routing all traffic to primary.");
    case "Initialized":
    case "Succeeded":
    case "Failed":
    case "Terminating":
      return undefined;
  }
}

/** The conditions after something was said; their time is that of the last change of status, as Kubernetes has it. */
export function withPromoted(before: readonly Condition[], said: Said | undefined, now: string): readonly Condition[] {
  if (said === undefined) return before;
  const last = before.find(({ type }) => type === "Promoted");
  const lastTransitionTime = last?.status === said.status ? last.lastTransitionTime : now;
  return [{ type: "Promoted", ...said, lastTransitionTime }];
}
