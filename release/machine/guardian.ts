import type { ReleaseSettings } from "../settings/index.js";
import type { Patience } from "./drain.js";
import { sentenceOf } from "./failure.js";
import { withLimit } from "./limit.js";
import { withLock } from "./lock.js";
import { passedEarlier } from "./plan.js";
import type { Outcome, Ports } from "./ports.js";
import { labelOf } from "./run.js";
import { rollBack } from "./take-back.js";

/** A passed canary that still has traffic, waiting for its promotion. */
interface Handover {
  readonly settings: ReleaseSettings;
  readonly ports: Ports;
  readonly stop: AbortController;
}

/** Of the process that the engine ends by a signal there are about five seconds left. */
const lastSecondsMs = 4_500;
const takeBackMs = 120_000;

/** Keeps an eye on all releases of this process: live runs, and passed ones that nobody has promoted yet. */
export class Guardian {
  private readonly live = new Set<{ readonly abort: AbortController; readonly ended: Promise<unknown> }>();
  private readonly handovers = new Map<string, Handover>();

  /** Runs a part of a release so that `shutdown` reaches it. */
  async watch(
    settings: ReleaseSettings,
    ports: Ports,
    part: (signal: AbortSignal) => Promise<Outcome>,
  ): Promise<Outcome> {
    const key = labelOf(settings);
    this.release(key);
    const abort = new AbortController();
    const running = part(abort.signal);
    const entry = { abort, ended: running.catch(() => undefined) };
    this.live.add(entry);
    try {
      const outcome = await running;
      if (outcome.kind === "passed" || outcome.kind === "skipped") this.await(key, settings, ports);
      return outcome;
    } finally {
      this.live.delete(entry);
    }
  }

  /** The next part of the same release has begun: it is responsible now. */
  private release(key: string): void {
    this.handovers.get(key)?.stop.abort(new Error("the promotion has begun"));
    this.handovers.delete(key);
  }

  private await(key: string, settings: ReleaseSettings, ports: Ports): void {
    const stop = new AbortController();
    this.handovers.set(key, { settings, ports, stop });
    ports.clock
      .sleep(settings.handover * 1000, stop.signal)
      .then(() => this.takeBack(key, `passed, but was not promoted within ${settings.handover}s`, "full"))
      .catch(() => undefined);
  }

  private async takeBack(key: string, reason: string, patience: Patience): Promise<void> {
    const handover = this.handovers.get(key);
    if (handover === undefined) return;
    this.release(key);
    const { settings, ports } = handover;
    await withLimit(ports.clock, patience === "short" ? lastSecondsMs : takeBackMs, (limit) =>
      takeBackHandover(settings, ports, reason, patience, limit),
    );
  }

  /** Ends everything: live runs take their traffic back, passed ones are taken back; resolves when that is done. */
  async shutdown(reason: string): Promise<void> {
    const running = [...this.live];
    running.forEach(({ abort }) => abort.abort(new Error(reason)));
    const pending = [...this.handovers.keys()].map((key) =>
      this.takeBack(key, `passed, but the update ended before its promotion (${reason})`, "short").catch(
        (error: unknown) => {
          console.error(`${key}: ${sentenceOf(error)}`);
        },
      ),
    );
    await Promise.all([...running.map(({ ended }) => ended), ...pending]);
  }
}

export function createGuardian(): Guardian {
  return new Guardian();
}

/** Takes a passed canary's traffic back, unless its promotion has gone on meanwhile. */
export async function takeBackHandover(
  settings: ReleaseSettings,
  ports: Ports,
  reason: string,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  let takenBack = false;
  await withLock(settings, ports, signal, async (run) => {
    const primary = await run.persist(() => ports.cluster.readWorkload("primary", signal));
    const { status } = run;
    const waiting = status.phase === "WaitingPromotion" && passedEarlier(settings.revision, status);
    if (!waiting || primary?.revision === settings.revision) return;
    await rollBack(run, reason, patience);
    // The verdict stands: the revision is good, only its traffic is back; the next update judges it again.
    await run.journal({ judged: { revision: settings.revision, verdict: "passed", reason, at: run.isoNow() } });
    takenBack = true;
  });
  await ports.reporter.flush(500);
  if (takenBack) await ports.reporter.conclude({ part: "analysis", outcome: "failed", reason }, 1_000);
}
