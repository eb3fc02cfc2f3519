import type { ReleaseSettings } from "../settings/index.js";
import { fullPatience, shortPatience } from "./drain.js";
import { sentenceOf } from "./failure.js";
import { withLock } from "./lock.js";
import { passedEarlier } from "./plan.js";
import type { Outcome, Ports } from "./ports.js";
import { rollBack } from "./rollback.js";
import { labelOf } from "./run.js";
import { withLimit } from "./waiting.js";

/** A passed canary that still has traffic, waiting for its promotion. */
interface Handover {
  readonly settings: ReleaseSettings;
  readonly ports: Ports;
  readonly stop: AbortController;
}

/** `short`: the process is about to be killed. */
type Haste = "full" | "short";

/** Of the process that the engine ends by a signal there are about five seconds left. */
const lastSecondsMs = 4_500;
const rollbackMs = 120_000;

/** All releases of this process: live runs, and passed ones that nobody has promoted yet. */
export class RunRegistry {
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
      .then(() => this.rollBack(key, `passed, but was not promoted within ${settings.handover}s`, "full"))
      .catch(() => undefined);
  }

  private async rollBack(key: string, reason: string, haste: Haste): Promise<void> {
    const handover = this.handovers.get(key);
    if (handover === undefined) return;
    this.release(key);
    const { settings, ports } = handover;
    await withLimit(ports.clock, haste === "short" ? lastSecondsMs : rollbackMs, (limit) =>
      rollBackHandover(settings, ports, reason, haste, limit),
    );
  }

  /** Ends everything: live runs and passed ones are rolled back; resolves when that is done. */
  async shutdown(reason: string): Promise<void> {
    const running = [...this.live];
    running.forEach(({ abort }) => abort.abort(new Error(reason)));
    const pending = [...this.handovers.keys()].map((key) =>
      this.rollBack(key, `passed, but the update ended before its promotion (${reason})`, "short").catch(
        (error: unknown) => {
          console.error(`${key}: ${sentenceOf(error)}`);
        },
      ),
    );
    await Promise.all([...running.map(({ ended }) => ended), ...pending]);
  }
}

/** Rolls a passed canary back, unless its promotion has gone on meanwhile. */
export async function rollBackHandover(
  settings: ReleaseSettings,
  ports: Ports,
  reason: string,
  haste: Haste,
  signal: AbortSignal,
): Promise<void> {
  let rolledBack = false;
  await withLock(settings, ports, signal, async (run) => {
    const primary = await run.persist(() => ports.cluster.readWorkload("primary", signal));
    const { status } = run;
    const waiting = status.phase === "WaitingPromotion" && passedEarlier(settings.revision, status);
    if (!waiting || primary?.revision === settings.revision) return;
    const patience = haste === "short" ? shortPatience : fullPatience(run);
    await rollBack(run, { kind: "notPromoted", sentence: reason }, patience);
    rolledBack = true;
  });
  await ports.reporter.flush(500);
  if (rolledBack) await ports.reporter.conclude({ part: "analysis", outcome: "failed", reason }, 1_000);
}
