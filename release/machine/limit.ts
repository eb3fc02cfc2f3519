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
