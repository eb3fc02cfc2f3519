import { commands } from "../model/index.js";
import type { ReleaseObject } from "../ports/index.js";
import { AbortRun } from "./failure.js";
import type { RollbackRun, Run } from "./run.js";
import { keepAtZero } from "./traffic.js";

/** People are heard so often, however long the wait is. */
const listenMs = 2_000;

/** What ends a run on request, in one sentence; undefined where nobody asked. */
export function abortSentence(object: ReleaseObject | undefined): string | undefined {
  const text = object?.commands.abort;
  return text === undefined ? undefined : `aborted on request: ${text || "no reason given"}`;
}

/**
 * Waits before the canary has any traffic, and listens meanwhile. True as soon as somebody approves; throws AbortRun as
 * soon as somebody aborts.
 */
export async function waitAndListen(run: Run, milliseconds: number): Promise<boolean> {
  const { clock, cluster } = run.ports;
  for (const endsAtMs = clock.nowMs() + milliseconds; clock.nowMs() < endsAtMs;) {
    await run.sleep(Math.min(listenMs, endsAtMs - clock.nowMs()));
    await keepAtZero(run);
    const object = await run.persist(() => cluster.readRelease(run.signal));
    const aborted = abortSentence(object);
    if (aborted !== undefined) throw new AbortRun(aborted);
    if (object?.commands.approve === undefined) continue;
    await run.persist(() => cluster.clearCommand("approve", run.signal));
    return true;
  }
  return false;
}

/** What was asked of a run that has ended, by whomever, must not meet the next; what was cleared, `name: text`. */
export async function clearCommands(run: RollbackRun): Promise<readonly string[]> {
  const { cluster } = run.ports;
  const object = await run.persist(() => cluster.readRelease(run.signal));
  const standing = commands.filter((each) => object?.commands[each] !== undefined);
  for (const command of standing) await run.persist(() => cluster.clearCommand(command, run.signal));
  return standing.map((command) => `${command} (${object?.commands[command] || "no reason given"})`);
}

/** A command answers what is asked now: one that stood before this run began is cleared, and told. */
export async function clearStandingCommands(run: RollbackRun): Promise<void> {
  for (const command of await clearCommands(run))
    run.announce(
      "warning",
      `${run.label}: ${command} was asked before this run began: cleared, give it again if it is meant`,
    );
}
