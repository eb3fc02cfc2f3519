import { isHandedOver, isUnderWay } from "../model/index.js";
import type { ReleaseStatus } from "../model/index.js";
import type { LeaseView } from "../ports/index.js";

/** One release and its Lease at one moment. */
export interface Snapshot {
  readonly status: ReleaseStatus;
  /** Text of the abort annotation. */
  readonly abort: string | undefined;
  readonly lease: LeaseView | undefined;
}

/** What this observer remembers of a release, in its own monotonic time. */
export interface Memory {
  readonly sign: string;
  readonly signSinceMs: number;
  readonly handover: string;
  readonly handoverSinceMs: number;
}

export type Decision =
  { readonly kind: "leave" } | { readonly kind: "rollBack" | "scaleDown"; readonly reason: string };

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
  snapshot: Snapshot,
  before: Memory | undefined,
  nowMs: number,
  watchdogAfterSeconds: number,
): { readonly memory: Memory; readonly decision: Decision } {
  const memory = remember(snapshot, before, nowMs);
  return { memory, decision: judge(snapshot, memory, nowMs, watchdogAfterSeconds) };
}

function judge(snapshot: Snapshot, memory: Memory, nowMs: number, watchdogAfterSeconds: number): Decision {
  const { status, lease, abort } = snapshot;
  if (keepsPods(status)) return overstayed(snapshot, (nowMs - memory.signSinceMs) / 1000, watchdogAfterSeconds);
  // A promotion that stopped on purpose keeps its split: no earlier revision is left to return to.
  if (!mayBeSplit(status) || status.stalled !== undefined) return leave;
  const unchangedSeconds = (nowMs - memory.signSinceMs) / 1000;
  const held = lease?.holder !== undefined;
  const stale = unchangedSeconds >= staleAfter(lease, watchdogAfterSeconds);
  if (held && !stale) return leave;
  if (abort !== undefined) return rollBack(`aborted on request: ${oneLine(abort)}`);
  // Between a pass and its promotion nobody holds the Lease and nothing beats: only the deadline counts.
  if (isHandedOver(status) && !held) return overdue(status, (nowMs - memory.handoverSinceMs) / 1000);
  if (!stale) return leave;
  return rollBack(`its run gave no sign of life for ${Math.round(unchangedSeconds)}s`);
}

/** Only such a release costs a look at its Lease. */
export function mayBeSplit({ phase, canaryWeight }: Pick<ReleaseStatus, "phase" | "canaryWeight">): boolean {
  return isUnderWay(phase) || canaryWeight > 0;
}

/** Whether pods of a canary stay after its rollback: users are home, and somebody is to scale it down. */
export function keepsPods(status: Pick<ReleaseStatus, "phase" | "canaryWeight" | "scaleDownSeconds">): boolean {
  return !mayBeSplit(status) && status.scaleDownSeconds !== undefined;
}

/** Nobody beats meanwhile: its own time counts, and a while on top for whoever is to do it. */
function overstayed({ status, lease }: Snapshot, unchangedSeconds: number, watchdogAfterSeconds: number): Decision {
  const { scaleDownSeconds = 0 } = status;
  if (unchangedSeconds < scaleDownSeconds + staleAfter(lease, watchdogAfterSeconds)) return leave;
  return { kind: "scaleDown", reason: `its canary's pods were to stay ${scaleDownSeconds}s after the rollback` };
}

function overdue({ handoverSeconds = 0 }: ReleaseStatus, waitedSeconds: number): Decision {
  if (waitedSeconds < handoverSeconds + handoverGraceSeconds) return leave;
  return rollBack(`passed, but was not promoted within ${handoverSeconds}s`);
}

function staleAfter(lease: LeaseView | undefined, watchdogAfterSeconds: number): number {
  if (lease?.holder === undefined) return watchdogAfterSeconds;
  return Math.max(watchdogAfterSeconds, lease.durationSeconds + leaseGraceSeconds);
}

function remember({ status, lease }: Snapshot, before: Memory | undefined, nowMs: number): Memory {
  const { phase, canaryWeight, fence, heartbeat, revision, handoverDeadline } = status;
  const sign = JSON.stringify([phase, canaryWeight, fence, heartbeat, lease?.version, lease?.holder]);
  const handover = isHandedOver(status) ? JSON.stringify([revision, handoverDeadline]) : "";
  return {
    sign,
    signSinceMs: before?.sign === sign ? before.signSinceMs : nowMs,
    handover,
    handoverSinceMs: before?.handover === handover ? before.handoverSinceMs : nowMs,
  };
}

function rollBack(reason: string): Decision {
  return { kind: "rollBack", reason };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, 100);
}
