import type { FlaggerCanary, Holding, Holdings, Piece } from "../ports/index.js";

/** How an application runs that a release takes over. */
export type AdoptionKind = "deployment" | "flagger";

export type AdoptionStep =
  | { readonly kind: "haltFlagger" }
  | { readonly kind: "freeFromFlagger" }
  | { readonly kind: "raise"; readonly piece: "primary" | "interim"; readonly from: Piece }
  /** Until its pods are ready. */
  | { readonly kind: "await"; readonly piece: "primary" | "interim" }
  | { readonly kind: "makeServices" }
  | { readonly kind: "point"; readonly service: "apex" | "primary"; readonly piece: Piece }
  /** Once nobody asks its pods. */
  | { readonly kind: "retire"; readonly piece: Piece }
  | { readonly kind: "take" }
  | { readonly kind: "dismissFlagger" }
  | { readonly kind: "done" }
  /** One line for people; nothing is changed. */
  | { readonly kind: "refuse"; readonly why: string };

/**
 * The next step of a takeover, by what the cluster says alone: whatever died before, the same steps lead to the end from
 * there. At every moment pods that are ready stand behind the Service that users ask.
 */
export function decideAdoption(
  kind: AdoptionKind,
  holdings: Holdings,
  isReady: (piece: Holding) => boolean,
): AdoptionStep {
  const { target, primary, apex } = holdings;
  if (target === undefined) return refuse("its Deployment is gone");
  // A release that was on its way out leaves its mark to the end: it is taken over once more.
  if (target.heldBy === "release" && apex !== "target") return finish(holdings);
  if (primary?.heldBy === "others") return refuse("the primary's Deployment is somebody else's");
  // Without Flagger's Canary it is a Deployment like any other, or one that a release was giving back.
  const isPlain = kind === "deployment" || (holdings.flagger === undefined && apex === "target");
  return isPlain ? fromDeployment(holdings, target, isReady) : fromFlagger(holdings, target, isReady);
}

function refuse(why: string): AdoptionStep {
  return { kind: "refuse", why };
}

/** The mark on the target is the last word but for what is left of the way there. */
function finish({ interim, flagger }: Holdings): AdoptionStep {
  if (interim !== undefined) return { kind: "retire", piece: "interim" };
  return flagger === undefined ? { kind: "done" } : { kind: "dismissFlagger" };
}

type IsReady = (piece: Holding) => boolean;

function fromDeployment(holdings: Holdings, target: Holding, isReady: IsReady): AdoptionStep {
  const { primary, apex } = holdings;
  // Somebody deployed once more before the switch: what users have now is what they are to keep.
  const isOutdated = apex === "target" && primary?.madeFrom !== target.templateHash;
  if (primary === undefined || isOutdated) {
    if (apex !== "target") return refuse("its Service selects neither its pods nor the primary's");
    return { kind: "raise", piece: "primary", from: "target" };
  }
  return toPrimary(holdings, primary, isReady) ?? leaveTarget(target);
}

function leaveTarget(target: Holding): AdoptionStep {
  return target.replicas > 0 ? { kind: "retire", piece: "target" } : { kind: "take" };
}

/** Users go to a primary of ours; undefined where they do. */
function toPrimary(
  { apex, primaryService, canaryService }: Holdings,
  primary: Holding,
  isReady: IsReady,
): AdoptionStep | undefined {
  if (primaryService === "missing" || canaryService === "missing") return { kind: "makeServices" };
  if (!isReady(primary)) return { kind: "await", piece: "primary" };
  if (primaryService !== "primary") return { kind: "point", service: "primary", piece: "primary" };
  if (apex === "primary") return undefined;
  return { kind: "point", service: "apex", piece: "primary" };
}

function fromFlagger(holdings: Holdings, target: Holding, isReady: IsReady): AdoptionStep {
  const { flagger, primary } = holdings;
  const halted = flagger === undefined ? undefined : halt(flagger);
  if (halted !== undefined) return halted;
  if (primary?.heldBy === "flagger") return replacePrimary(holdings, primary, isReady);
  return withOwnPrimary(holdings, primary, target, isReady);
}

/** Phases in which Flagger has all users on the primary. */
const atRest: ReadonlySet<string> = new Set(["Initialized", "Succeeded", "Failed"]);

function halt({ phase, canaryWeight, suspended, owns }: FlaggerCanary): AdoptionStep | undefined {
  if (!atRest.has(phase) || canaryWeight > 0)
    return refuse(
      `Flagger's Canary is ${phase || "not initialized"}: wait until it is over, then run the update again`,
    );
  if (!suspended) return { kind: "haltFlagger" };
  return owns.length > 0 ? { kind: "freeFromFlagger" } : undefined;
}

/**
 * Flagger's primary has no pause before its pods end, and its selector can't be changed: users are with an interim one
 * while it is replaced.
 */
function replacePrimary({ interim, apex, primaryService }: Holdings, primary: Holding, isReady: IsReady): AdoptionStep {
  const isOutdated = apex !== "interim" && interim?.madeFrom !== primary.templateHash;
  if (interim === undefined || isOutdated) return { kind: "raise", piece: "interim", from: "primary" };
  if (!isReady(interim)) return { kind: "await", piece: "interim" };
  if (primaryService !== "interim") return { kind: "point", service: "primary", piece: "interim" };
  if (apex !== "interim") return { kind: "point", service: "apex", piece: "interim" };
  return { kind: "retire", piece: "primary" };
}

function withOwnPrimary(
  holdings: Holdings,
  primary: Holding | undefined,
  target: Holding,
  isReady: IsReady,
): AdoptionStep {
  const { interim } = holdings;
  if (primary === undefined) {
    if (interim === undefined) return refuse("neither the primary nor the interim one is there any more");
    return { kind: "raise", piece: "primary", from: "interim" };
  }
  const step = toPrimary(holdings, primary, isReady);
  if (step !== undefined) return step;
  return interim === undefined ? leaveTarget(target) : { kind: "retire", piece: "interim" };
}
