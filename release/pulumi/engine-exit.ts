/** What has to be done before this process may end. */
export interface ShutdownHandler {
  /** Rolls back what is under way; resolves when that is done. */
  shutdown(reason: string): Promise<void>;
}

/** Whatever hangs: longer than this nobody stays alive without an engine. */
const longestMs = 120_000;

/** How people see in their list of processes that this provider is ours, and no longer only Pulumi's. */
const dynamicTitle = "apisix-canary: in pulumi's cmd/dynamic-provider";

const life: { watching: boolean; ending: boolean; handler: ShutdownHandler | undefined } = {
  watching: false,
  ending: false,
  handler: undefined,
};

/**
 * Ends this process with its engine: the engine ends it by SIGINT and, five seconds later, by SIGKILL; when the engine
 * itself is killed, our input ends. Pulumi's provider would stay for ever then. Called by the provider's text as soon as
 * it is asked for anything, and in no other process.
 */
export function endWithTheEngine(title = dynamicTitle): void {
  if (life.watching) return;
  life.watching = true;
  process.title = title;
  ignoreBrokenPipes();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => end(`the engine sent ${signal}`));
  process.stdin.on("end", () => end("the engine is gone"));
  process.stdin.on("error", () => end("the engine is gone"));
  process.stdin.resume();
}

/** From now on this is done before the process ends with its engine. */
export function onEngineExit(handler: ShutdownHandler): void {
  life.handler = handler;
  endWithTheEngine();
}

/** What a provider does that is told to cancel: all runs are rolled back, and the process lives on to answer for them. */
export function cancelRuns(reason: string): Promise<void> {
  return life.handler?.shutdown(reason) ?? Promise.resolve();
}

function end(reason: string): void {
  if (life.ending) return;
  life.ending = true;
  setTimeout(() => process.exit(1), longestMs).unref();
  void (life.handler?.shutdown(reason) ?? Promise.resolve()).finally(() => process.exit(0));
}

/**
 * With a killed engine nobody reads our output. Pulumi's own handler reports an unheard error of these streams to
 * them, which is the next error: without end, and nothing else would get a turn any more.
 */
function ignoreBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}
