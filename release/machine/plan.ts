import { isHandedOver, isUnderWay } from "../model/index.js";
import type { ReleaseStatus } from "../model/index.js";
import type { Workload } from "../ports/index.js";

/** Pure decisions: what a run is going to do, from what the cluster says. */

/** Who set the primary's pods, as far as it is known. */
export interface Replicas {
  /** Of the program; undefined where it says nothing. */
  readonly asked: number | undefined;
  /** What the program asked for and got before; undefined where nobody knows. */
  readonly last: number | undefined;
  readonly live: number;
  /** Autoscalers of any kind that target the primary. */
  readonly scalers: readonly string[];
}

export type ReplicasDecision =
  | { readonly kind: "keep" }
  | { readonly kind: "scale"; readonly replicas: number }
  /** Asked for, and left to somebody else. */
  | { readonly kind: "leave"; readonly why: string };

/** Replicas belong to whoever scales: only a change in the program is obeyed, where nobody else has a hand on them. */
export function decideReplicas({ asked, last, live, scalers }: Replicas): ReplicasDecision {
  if (asked === undefined || asked === last || asked === live) return { kind: "keep" };
  const leave = (why: string): ReplicasDecision => ({ kind: "leave", why });
  if (scalers.length > 0) return leave(`${scalers.join(" and ")} scales it`);
  if (last === undefined && asked < live) return leave(`it is not known who set it to ${live}`);
  if (last !== undefined && live !== last) return leave(`somebody has scaled it from ${last} to ${live}`);
  return { kind: "scale", replicas: asked };
}

export type Start =
  | { readonly kind: "initialize" }
  | { readonly kind: "alreadyPromoted" }
  /** Judged and on the primary already: the promotion only has to be finished. */
  | { readonly kind: "promotionPending" }
  /** On the primary without ever having been judged here. */
  | { readonly kind: "unjudged" }
  | { readonly kind: "analyse" };

/** What an analysis has to do: the cluster decides, not whether the engine calls it create or update. */
export function decideStart(revision: string, primary: Workload | undefined, status: ReleaseStatus | undefined): Start {
  const promoted = status?.promotedRevision;
  if (primary === undefined || (promoted === undefined && primary.availableReplicas === 0))
    return { kind: "initialize" };
  if (primary.revision !== revision) return { kind: "analyse" };
  if (promoted === revision || promoted === undefined) return { kind: "alreadyPromoted" };
  return passedEarlier(revision, status) ? { kind: "promotionPending" } : { kind: "unjudged" };
}

export function passedEarlier(revision: string, status: ReleaseStatus | undefined): boolean {
  return status?.judged?.revision === revision && status.judged.verdict === "passed";
}

/**
 * Whether the revision that was promoted last waits for its promotion again: one after it failed on the primary, and it has
 * passed its analysis once more.
 */
export function comesAgain(revision: string, status: ReleaseStatus): boolean {
  return status.promotedRevision === revision && isUnderWay(status.phase) && passedEarlier(revision, status);
}

/**
 * Whether a revision that Pulumi's state calls analysed must be judged again: it passed, its traffic was rolled back,
 * and it never got to the primary.
 */
export function needsAnalysis(
  revision: string,
  primary: Workload | undefined,
  status: ReleaseStatus | undefined,
): boolean {
  if (primary === undefined || status === undefined) return false;
  const promoted = status.promotedRevision === revision || primary.revision === revision;
  const pending = isHandedOver(status) || status.phase === "Promoting" || status.phase === "Finalising";
  return !promoted && !pending && decideStart(revision, primary, status).kind === "analyse";
}
