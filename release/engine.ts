/** What there is to save when the engine goes. */
export interface Savior {
  /** Takes the traffic back; resolves when that is done. */
  shutdown(reason: string): Promise<void>;
}

/** Whatever hangs: longer than this nobody stays alive without an engine. */
const longestMs = 120_000;

/**
 * Ends this process with its engine, the traffic first: the engine ends it by SIGINT and, five seconds later, by
 * SIGKILL; when the engine itself is killed, our input ends.
 */
export function endWithTheEngine(savior: Savior): void {
  let ending = false;
  const end = (reason: string): void => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), longestMs).unref();
    void savior.shutdown(reason).finally(() => process.exit(0));
  };
  ignoreBrokenPipes();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => end(`the engine sent ${signal}`));
  process.stdin.on("end", () => end("the engine is gone"));
  process.stdin.on("error", () => end("the engine is gone"));
  process.stdin.resume();
}

/**
 * With a killed engine nobody reads our output. Pulumi's own handler reports an unheard error of these streams to
 * them, which is the next error: without end, and nothing else would get a turn any more.
 */
function ignoreBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}
