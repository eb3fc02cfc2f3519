/**
 * Runs something synchronous without stack traces. Pulumi's SDK takes four for each property of each resource, for a
 * message about promises that nobody kept, and source-maps every frame of them: a third of the time that a program
 * with many releases needs. Where a resource was created still shows in the state: that trace sets its own limit.
 */
export function withoutStackTraces<T>(run: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = limit;
  }
}
