import { askedIn, commands } from "../model/index.js";
import type { Command } from "../model/index.js";
import type { ReleaseObject } from "../ports/index.js";
import { AbortRun } from "./failure.js";
import type { RollbackRun, Run } from "./run.js";
import { keepAtZero } from "./traffic.js";

/** People are heard so often, however long the wait is. */
const listenMs = 2_000;

/** What ends a run on request, in one sentence; undefined where nobody asked. */
function abortSentence(object: ReleaseObject | undefined): string | undefined {
  const text = object?.commands.abort;
  return text === undefined ? undefined : `aborted on request: ${text || "no reason given"}`;
}

/** Ends the run where somebody asks for it, and says who. */
export function heedAbort(run: Run, object: ReleaseObject | undefined): void {
  const sentence = abortSentence(object);
  if (sentence === undefined) return;
  tellAsked(run, "abort", object?.commands.abort ?? "");
  throw new AbortRun(sentence);
}

/** Who asked, and why: for Events and report. */
export function tellAsked(run: Run, command: Command, text: string): void {
  run.announce("warning", `${run.label}: ${command} was asked by ${byWhom(text)}`);
}

/** `anna (looks good)`. */
export function byWhom(text: string): string {
  const { who, why } = askedIn(text);
  return `${who} (${why})`;
}

/**
 * Waits before the canary has any traffic, and listens meanwhile. The object as soon as `heard` says so of it; throws
 * AbortRun as soon as somebody aborts.
 */
export async function waitAndListen(
  run: Run,
  milliseconds: number,
  heard: (object: ReleaseObject | undefined) => boolean = () => false,
): Promise<ReleaseObject | undefined> {
  const { clock, cluster } = run.ports;
  for (const endsAtMs = clock.nowMs() + milliseconds; clock.nowMs() < endsAtMs;) {
    await run.sleep(Math.min(listenMs, endsAtMs - clock.nowMs()));
    await keepAtZero(run);
    const object = await run.persist(() => cluster.readRelease(run.signal));
    heedAbort(run, object);
    if (heard(object)) return object;
  }
  return undefined;
}

/** What has been obeyed is gone, so that it is obeyed once. */
export function clearCommand(run: RollbackRun, command: Command): Promise<void> {
  return run.persist(() => run.ports.cluster.clearCommand(command, run.signal));
}

/** What was asked of a run that has ended, by whomever, must not meet the next; what was cleared, `name: text`. */
export async function clearCommands(run: RollbackRun, kept?: Command): Promise<readonly string[]> {
  const { cluster } = run.ports;
  const object = await run.persist(() => cluster.readRelease(run.signal));
  const standing = commands.filter((each) => each !== kept && object?.commands[each] !== undefined);
  for (const command of standing) await clearCommand(run, command);
  return standing.map((command) => `${command} (${object?.commands[command] || "no reason given"})`);
}

/**
 * A command answers what is asked now: one that stood before this run began is cleared, and told. `kept` is what the run
 * obeys all the same.
 */
export async function clearStandingCommands(run: RollbackRun, kept?: Command): Promise<void> {
  for (const command of await clearCommands(run, kept))
    run.announce(
      "warning",
      `${run.label}: ${command} was asked before this run began: cleared, give it again if it is meant`,
    );
}
