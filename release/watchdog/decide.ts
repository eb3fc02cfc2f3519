import type { Phase } from "../model/index.js";

/** What one look at a release and its Lease showed. */
export interface Look {
  readonly phase: Phase;
  readonly canaryWeight: number;
  readonly revision: string;
  readonly fence: number;
  readonly heartbeat: string;
  readonly handoverDeadline: string;
  readonly handoverSeconds: number;
  /** True where a promotion stopped on purpose and left the split to people. */
  readonly leftToPeople: boolean;
  /** Text of the abort annotation. */
  readonly abort: string | undefined;
  readonly lease:
    { readonly holder: string | undefined; readonly version: string; readonly durationSeconds: number } | undefined;
}

/** What this observer remembers of a release, in its own monotonic time. */
export interface Memory {
  readonly sign: string;
  readonly signSinceMs: number;
  readonly handover: string;
  readonly handoverSinceMs: number;
}

export type Decision = { readonly kind: "leave" } | { readonly kind: "takeBack"; readonly reason: string };

const leave: Decision = { kind: "leave" };
/** A run that lives acts on its own deadline; the watchdog comes after it. */
const handoverGraceSeconds = 10;
/** A Lease is renewed at a third of its duration; this is on top of one whole duration. */
const leaseGraceSeconds = 5;

/**
 * Decides on one release. `nowMs` is a monotonic clock of this observer: staleness is what it saw not change for so
 * long, never a comparison with a time that another machine wrote.
 */
export function decide(
  look: Look,
  before: Memory | undefined,
  nowMs: number,
  watchdogAfterSeconds: number,
): { readonly memory: Memory; readonly decision: Decision } {
  const memory = remember(look, before, nowMs);
  return { memory, decision: judge(look, memory, nowMs, watchdogAfterSeconds) };
}

function judge(look: Look, memory: Memory, nowMs: number, watchdogAfterSeconds: number): Decision {
  if (!isUnderWay(look) || look.leftToPeople) return leave;
  const unchangedSeconds = (nowMs - memory.signSinceMs) / 1000;
  const held = look.lease?.holder !== undefined;
  const stale = unchangedSeconds >= staleAfter(look, watchdogAfterSeconds);
  if (held && !stale) return leave;
  if (look.abort !== undefined) return takeBack(`aborted on request: ${oneLine(look.abort)}`);
  // Between a pass and its promotion nobody holds the Lease and nothing beats: only the deadline counts.
  if (look.phase === "WaitingPromotion" && !held) return overdue(look, (nowMs - memory.handoverSinceMs) / 1000);
  if (!stale) return leave;
  return takeBack(`its run gave no sign of life for ${Math.round(unchangedSeconds)}s`);
}

function isUnderWay({ phase, canaryWeight }: Look): boolean {
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
      return canaryWeight > 0;
  }
}

function overdue({ handoverSeconds }: Look, waitedSeconds: number): Decision {
  if (waitedSeconds < handoverSeconds + handoverGraceSeconds) return leave;
  return takeBack(`passed, but was not promoted within ${handoverSeconds}s`);
}

function staleAfter({ lease }: Look, watchdogAfterSeconds: number): number {
  if (lease?.holder === undefined) return watchdogAfterSeconds;
  return Math.max(watchdogAfterSeconds, lease.durationSeconds + leaseGraceSeconds);
}

function remember(look: Look, before: Memory | undefined, nowMs: number): Memory {
  const { phase, canaryWeight, fence, heartbeat, revision, lease } = look;
  const sign = JSON.stringify([phase, canaryWeight, fence, heartbeat, lease?.version, lease?.holder]);
  const handover = phase === "WaitingPromotion" ? JSON.stringify([revision, look.handoverDeadline]) : "";
  return {
    sign,
    signSinceMs: before?.sign === sign ? before.signSinceMs : nowMs,
    handover,
    handoverSinceMs: before?.handover === handover ? before.handoverSinceMs : nowMs,
  };
}

function takeBack(reason: string): Decision {
  return { kind: "takeBack", reason };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, 100);
}

/** What the cluster says of the two sides at the moment of a take-back. */
export interface Sides {
  /** The primary's template carries the revision that the canary runs. */
  readonly sameRevision: boolean;
  /** The primary's rollout is complete: all replicas updated and available. */
  readonly primaryRolledOut: boolean;
  readonly primaryReady: number;
  readonly canaryReady: number;
}

/** Whether all users may go to the primary now; if not, why the traffic stays. */
export function mayReturn(sides: Sides): { readonly kind: "yes" } | { readonly kind: "no"; readonly why: string } {
  const { sameRevision, primaryRolledOut, primaryReady, canaryReady } = sides;
  if (primaryReady === 0 && canaryReady > 0) return { kind: "no", why: "the primary has no ready pod" };
  if (sameRevision && !primaryRolledOut && canaryReady > 0)
    return { kind: "no", why: "the primary already carries the new revision and is not ready with it" };
  return { kind: "yes" };
}
