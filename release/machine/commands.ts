import type { ReleaseObject } from "../ports/index.js";
import { Against } from "./failure.js";
import type { Run } from "./run.js";
import { keepAtZero } from "./weights.js";

/** People are heard so often, however long the wait is. */
const listenMs = 2_000;
/** Asked of one run only; `pause` holds until it is taken away. */
const ofOneRun = ["abort", "approve", "promote"] as const;

/** What ends a run on request, in one sentence; undefined where nobody asked. */
export function abortSentence(object: ReleaseObject | undefined): string | undefined {
  const text = object?.commands.abort;
  return text === undefined ? undefined : `aborted on request: ${text || "no reason given"}`;
}

/**
 * Waits before the canary has any traffic, and listens meanwhile. True as soon as somebody approves; throws Against as
 * soon as somebody aborts.
 */
export async function waitAndListen(run: Run, milliseconds: number): Promise<boolean> {
  const { clock, cluster } = run.ports;
  for (const endsAtMs = clock.nowMs() + milliseconds; clock.nowMs() < endsAtMs;) {
    await run.sleep(Math.min(listenMs, endsAtMs - clock.nowMs()));
    await keepAtZero(run);
    const object = await run.persist(() => cluster.readRelease(run.signal));
    const aborted = abortSentence(object);
    if (aborted !== undefined) throw new Against(aborted);
    if (object?.commands.approve === undefined) continue;
    await run.persist(() => cluster.clearCommand("approve", run.signal));
    return true;
  }
  return false;
}

/** What was asked of a run that has ended, or of an earlier one, must not meet the next. */
export async function clearCommands(run: Run): Promise<void> {
  const { cluster } = run.ports;
  const object = await run.persist(() => cluster.readRelease(run.signal));
  for (const command of ofOneRun.filter((each) => object?.commands[each] !== undefined))
    await run.persist(() => cluster.clearCommand(command, run.signal));
}
