import type { ReleaseStatus } from "../model/index.js";

/** A member as another one sees it: what the program asks of it, and what its journal says. */
export interface Seen {
  /** `cart.shop`, as messages name a release. */
  readonly label: string;
  /** That the program asks for. */
  readonly revision: string;
  readonly status: Pick<ReleaseStatus, "promotedRevision" | "train"> | undefined;
  /** So long its journal has not changed while this one looked. */
  readonly silentSeconds: number;
}

/** Where a member stands in this update. */
export type Standing =
  /** All users have what is asked: it had no change, or is promoted by now. */
  | { readonly kind: "serves" }
  | { readonly kind: "toCome" }
  | { readonly kind: "underWay" }
  | { readonly kind: "ready" }
  /** Its promotion has begun: nothing takes it back any more. */
  | { readonly kind: "left" }
  | { readonly kind: "out"; readonly why: string; readonly follows?: string };

/** What is known of the train beside its members. */
export interface Circumstances {
  readonly train: string;
  /** The present one. */
  readonly update: string;
  /** A run beats every few seconds: one that was not seen to for so long is lost. */
  readonly lostAfterSeconds: number;
  /** For so long this member is ready; undefined where it is not yet. */
  readonly readySeconds: number | undefined;
  /** So long a member that is ready waits for one that has not begun. */
  readonly patienceSeconds: number;
}

export type Decision =
  | { readonly kind: "go" }
  | { readonly kind: "wait"; readonly sentence: string }
  | { readonly kind: "takeBack"; readonly sentence: string; readonly follows: string };

export function standingOf(seen: Seen, { update, lostAfterSeconds }: Circumstances): Standing {
  const { status, revision, silentSeconds } = seen;
  if (status?.promotedRevision === revision) return { kind: "serves" };
  const train = status?.train;
  if (train?.update !== update || train.revision !== revision) return { kind: "toCome" };
  const { stands, why = "no reason given", follows } = train;
  if (stands === "out") return { kind: "out", why, ...(follows === undefined ? {} : { follows }) };
  if (stands === "left") return { kind: "left" };
  if (silentSeconds >= lostAfterSeconds)
    return { kind: "out", why: `its run gave no sign of life for ${Math.round(silentSeconds)}s` };
  return { kind: stands === "ready" ? "ready" : "underWay" };
}

/** One gate, one abort, one verdict: what a member does that is not promoted yet, given all the others. */
export function decideTogether(others: readonly Seen[], now: Circumstances): Decision {
  const seen = others.map((each) => ({ label: each.label, standing: standingOf(each, now) }));
  const out = seen.flatMap(({ label, standing }) => (standing.kind === "out" ? [{ label, ...standing }] : []));
  // Who is out for another one's sake is no cause.
  const cause = out.find(({ follows }) => follows === undefined) ?? out[0];
  if (cause !== undefined) return cause.follows === undefined ? takeBack(now, cause.label, cause.why) : followed(cause);
  const missing = seen.filter(({ standing }) => standing.kind === "toCome");
  const [late] = missing;
  if (late !== undefined && (now.readySeconds ?? 0) >= now.patienceSeconds)
    return takeBack(now, late.label, `it did not begin within ${now.patienceSeconds}s`);
  const awaited = [...missing, ...seen.filter(({ standing }) => standing.kind === "underWay")];
  if (awaited.length === 0) return { kind: "go" };
  const names = awaited.map(({ label, standing }) => (standing.kind === "toCome" ? `${label} (to come)` : label));
  return { kind: "wait", sentence: `train ${now.train} waits for ${names.join(" and ")}` };
}

function takeBack({ train }: Circumstances, label: string, why: string): Decision {
  return { kind: "takeBack", sentence: `train ${train}: ${label} is out: ${why}`, follows: label };
}

/** Only its follower is seen, whose sentence names the cause already. */
function followed({ label, why, follows = label }: { label: string; why: string; follows?: string }): Decision {
  return { kind: "takeBack", sentence: why, follows };
}

/**
 * Why a member can't begin yet where all go in order; undefined where it can. Pulumi's graph begins it after the promotion
 * of the one before, so it never waits: this is for an update that leaves members out (`--target`).
 */
export function refusalInOrder(before: readonly Seen[], train: string): string | undefined {
  const first = before.find(({ status, revision }) => status?.promotedRevision !== revision);
  if (first === undefined) return undefined;
  return `train ${train} goes in order, and ${first.label} before it does not serve revision ${first.revision} yet: update that one first`;
}
