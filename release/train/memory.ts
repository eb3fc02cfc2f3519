import type { ReleaseStatus } from "../model/index.js";

/** What an observer remembers of one journal, by its own clock. */
export interface Memory {
  readonly sign: string;
  readonly sinceMs: number;
  readonly seenMs: number;
}

/** A longer gap between two looks (API server away, this process asleep) proves nothing about anybody. */
const longestGapMs = 10_000;

/** The same after one more look: since when the journal has been as it is, looked at without a gap. */
export function remember(
  status: Pick<ReleaseStatus, "heartbeat" | "phase" | "canaryWeight" | "fence" | "train"> | undefined,
  before: Memory | undefined,
  nowMs: number,
): Memory {
  const { heartbeat, phase, canaryWeight, fence, train } = status ?? {};
  const sign = JSON.stringify([heartbeat, phase, canaryWeight, fence, train]);
  const same = before !== undefined && before.sign === sign && nowMs - before.seenMs <= longestGapMs;
  return { sign, sinceMs: same ? before.sinceMs : nowMs, seenMs: nowMs };
}

export function silentSeconds({ sinceMs, seenMs }: Memory): number {
  return (seenMs - sinceMs) / 1000;
}
