import type { ReleaseStatus } from "../model/index.js";
import type { ReleaseObject } from "../ports/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { abortSentence, clearCommands } from "./commands.js";
import { fullPatience, shortPatience } from "./drain.js";
import type { Patience } from "./drain.js";
import { ReleaseFailed, sentenceOf } from "./failure.js";
import { isLost, withLock } from "./lock.js";
import type { Ports } from "./ports.js";
import { isoTime, labelOf, stayKeys } from "./run.js";
import type { RollbackRun } from "./run.js";
import { retireCanary } from "./traffic.js";
import { withLimit } from "./waiting.js";

/** What was said is given so long to get out. */
const flushMs = 1_000;
/** So often it is looked whether anybody wants the wait to end. */
const lookMs = 2_000;
/** Of a process that is told to end there is so much left at most. */
const lastActMs = 30_000;

/** Rolled back, all users are home, and the canary's pods stay for a while. */
export class PodsStay extends ReleaseFailed {
  constructor(
    message: string,
    /** Of the run that rolled back: with another one in the journal somebody else is responsible. */
    readonly token: number,
  ) {
    super(message);
  }
}

/** What the journal says of pods that stay so long. */
export function stayUntil(nowMs: number, seconds: number): Pick<ReleaseStatus, "scaleDownAt" | "scaleDownSeconds"> {
  return { scaleDownAt: isoTime(nowMs + seconds * 1000), scaleDownSeconds: seconds };
}

/** Whether pods of a canary stay after its rollback. */
export function podsStay({ phase, scaleDownAt }: Pick<ReleaseStatus, "phase" | "scaleDownAt">): boolean {
  return phase === "Failed" && scaleDownAt !== undefined;
}

/**
 * Waits, and scales the canary down. The Lease is given back meanwhile, so that whoever comes next (an update from another
 * copy of the state, a destroy) needn't wait; it finds what an earlier run left, and deals with it. Cut short by the end of the
 * process or a person's abort. Never throws: what can't be done here the watchdog does, or the next update.
 */
export async function scaleDownLater(
  settings: ReleaseSettings,
  ports: Ports,
  signal: AbortSignal,
  { token }: PodsStay,
): Promise<void> {
  try {
    if (!(await waitUntilDue(settings, ports, signal, token))) return;
    if (signal.aborted)
      await withLimit(ports.clock, lastActMs, (limit) =>
        withLock(settings, ports, limit, (run) => endOwnStay(run, shortPatience)),
      );
    else await withLock(settings, ports, signal, (run) => endOwnStay(run, fullPatience(run)));
  } catch (error) {
    if (isLost(error)) return;
    const { phase, canaryWeight } = { phase: "Failed", canaryWeight: 0 } as const;
    const message = `${labelOf(settings)}: the canary's pods could not be scaled down (${sentenceOf(error)}): the next update does it`;
    ports.reporter.announce({ level: "warning", message, phase, canaryWeight, alert: false });
  } finally {
    await ports.reporter.flush(flushMs);
  }
}

/** False where somebody else has taken over, or where nothing is left. */
async function waitUntilDue(
  { analysis: { abortScaleDownDelay = 0 } }: ReleaseSettings,
  { clock, cluster }: Ports,
  signal: AbortSignal,
  token: number,
): Promise<boolean> {
  const endsAtMs = clock.nowMs() + abortScaleDownDelay * 1000;
  while (clock.nowMs() < endsAtMs) {
    const object = await sleepAndLook();
    if (signal.aborted) return true;
    if (object === "unknown") continue;
    if (object === undefined) return false;
    // Made anew, as it is after a restore: nobody else knows of the pods any more.
    if (object.status === undefined) return true;
    if (object.status.fence !== token || !podsStay(object.status)) return false;
    if (abortSentence(object) !== undefined) return true;
  }
  return true;

  async function sleepAndLook(): Promise<ReleaseObject | undefined | "unknown"> {
    try {
      await clock.sleep(Math.min(lookMs, endsAtMs - clock.nowMs()), signal);
      return await cluster.readRelease(signal);
    } catch {
      return "unknown";
    }
  }
}

async function endOwnStay(run: RollbackRun, patience: Patience): Promise<void> {
  const object = await run.persist(() => run.ports.cluster.readRelease(run.signal));
  if (object !== undefined && object.status === undefined) await retireCanary(run, patience);
  else await endStay(run, patience);
}

/** Under the lock: the canary's pods go, and the journal says no more of them. Nothing to do where somebody else did. */
export async function endStay(run: RollbackRun, patience: Patience): Promise<void> {
  if (!podsStay(run.status)) return;
  run.announce("info", `Scaling down ${run.label}: its pods have stayed long enough after the rollback`);
  await retireCanary(run, patience);
  await run.journal({}, stayKeys);
  await clearCommands(run);
}
