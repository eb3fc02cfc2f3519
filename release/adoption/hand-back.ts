import type { Holding, Holdings, Piece } from "../ports/index.js";

export type HandBackStep =
  /** Its Deployment gets the primary's template and replicas. */
  | { readonly kind: "restore" }
  | { readonly kind: "await"; readonly piece: "target" }
  | { readonly kind: "point"; readonly service: "apex"; readonly piece: "target" }
  | { readonly kind: "removeRest" }
  | { readonly kind: "retire"; readonly piece: Piece }
  | { readonly kind: "letGo" }
  | { readonly kind: "done" }
  | { readonly kind: "refuse"; readonly why: string };

/** What has been done already and can't be seen in the holdings. */
export interface HandBackProgress {
  readonly restRemoved: boolean;
  readonly letGo: boolean;
}

/**
 * The next step on the way out: a plain Deployment serves alone again, then everything of the release goes. With users
 * at no moment without pods.
 */
export function decideHandBack(
  holdings: Holdings,
  { restRemoved, letGo }: HandBackProgress,
  isReady: (piece: Holding) => boolean,
): HandBackStep {
  const { target, primary, interim, apex, flagger } = holdings;
  if (flagger !== undefined)
    return {
      kind: "refuse",
      why: "the takeover from Flagger is not finished: run the update again, then destroy",
    };
  if (primary !== undefined) {
    if (primary.heldBy !== "release") return { kind: "refuse", why: "the primary's Deployment is somebody else's" };
    if (target === undefined) return { kind: "refuse", why: "its Deployment is gone" };
    const serves = apex === "target";
    if (!serves && target.madeFrom !== primary.templateHash) return { kind: "restore" };
    if (!isReady(target)) return { kind: "await", piece: "target" };
    if (!serves) return { kind: "point", service: "apex", piece: "target" };
  }
  if (!restRemoved) return { kind: "removeRest" };
  if (primary !== undefined) return { kind: "retire", piece: "primary" };
  if (interim !== undefined) return { kind: "retire", piece: "interim" };
  return letGo ? { kind: "done" } : { kind: "letGo" };
}
