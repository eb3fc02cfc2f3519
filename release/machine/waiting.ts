import { TransientError } from "../ports/index.js";
import type { Clock } from "../ports/index.js";

/** Does the work with a signal that is aborted after so long by this clock. */
export async function withLimit<T>(
  clock: Clock,
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
  reason: Error = new Error(`not done within ${milliseconds / 1000}s`),
): Promise<T> {
  const over = new AbortController();
  const done = new AbortController();
  const timer = clock.sleep(milliseconds, done.signal).then(
    () => over.abort(reason),
    () => undefined,
  );
  try {
    return await work(over.signal);
  } finally {
    done.abort(new Error("done"));
    await timer;
  }
}

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

/** What a wait needs of its run. */
interface Waiting {
  readonly ports: { readonly clock: Clock };
  sleep(milliseconds: number): Promise<void>;
}

const announceEveryMs = 10_000;

/** A look that takes longer has waited for an API server that was away. */
const longestLookMs = 5_000;

/**
 * Looks again and again until the look has an answer; undefined when there is none in time. Time in which nothing could
 * be seen does not count: nothing could get ready in it either.
 */
export async function poll<T>(
  waiting: Waiting,
  { everyMs, forMs }: { readonly everyMs: number; readonly forMs: number },
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { clock } = waiting.ports;
  for (let deadlineMs = clock.nowMs() + forMs; ;) {
    const beganMs = clock.nowMs();
    const answer = await look();
    if (answer !== undefined) return answer;
    deadlineMs += blindMs(clock, beganMs);
    if (clock.nowMs() >= deadlineMs) return undefined;
    await waiting.sleep(everyMs);
  }
}

/** How long a look that began then could see nothing. */
export function blindMs(clock: Clock, beganMs: number): number {
  const tookMs = clock.nowMs() - beganMs;
  return tookMs > longestLookMs ? tookMs : 0;
}

/** Says something the first time it is to be said, and then every ten seconds. */
export function nowAndThen({ clock }: { readonly clock: Clock }, say: (sentence: string) => void) {
  let saidMs = -Infinity;
  return (sentence: string): void => {
    if (clock.nowMs() - saidMs < announceEveryMs) return;
    saidMs = clock.nowMs();
    say(sentence);
  };
}
