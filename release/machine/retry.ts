import { TransientError } from "../ports/index.js";
import type { Clock } from "../ports/index.js";

const firstWaitMs = 200;
const longestWaitMs = 2_000;

/** Tries again while the error may pass by itself, for at most `patienceMs`; any other error goes through at once. */
export async function persist<T>(
  clock: Clock,
  signal: AbortSignal,
  patienceMs: number,
  attempt: () => Promise<T>,
): Promise<T> {
  const deadline = clock.nowMs() + patienceMs;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(longestWaitMs, waitMs * 2)) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransientError) || clock.nowMs() + waitMs > deadline) throw error;
    }
    await clock.sleep(waitMs, signal);
  }
}
