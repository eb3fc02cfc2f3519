import type { Clock } from "../ports/index.js";

/** Why time stands still for the limit. */
type Hold = "gate" | "pause";

/** A limit to the time that a run itself needs: while people are waited for, its time stands still. */
export class PausableLimit {
  private readonly over = new AbortController();
  private readonly holds = new Set<Hold>();
  private leftMs: number;
  private sinceMs = 0;
  private timer: AbortController | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly clock: Clock,
    milliseconds: number,
    private readonly reason: Error,
  ) {
    this.leftMs = milliseconds;
    this.start();
  }

  /** Aborted, for the reason, when the time is over. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  pause(hold: Hold): void {
    this.holds.add(hold);
    if (this.timer === undefined) return;
    this.leftMs -= this.clock.nowMs() - this.sinceMs;
    this.stop();
  }

  resume(hold: Hold): void {
    this.holds.delete(hold);
    if (this.holds.size === 0 && this.timer === undefined) this.start();
  }

  /** From now on it limits nothing any more. */
  async end(): Promise<void> {
    this.holds.add("gate");
    this.stop();
    await this.running;
  }

  private start(): void {
    const timer = new AbortController();
    this.timer = timer;
    this.sinceMs = this.clock.nowMs();
    this.running = this.clock.sleep(Math.max(0, this.leftMs), timer.signal).then(
      () => this.over.abort(this.reason),
      () => undefined,
    );
  }

  private stop(): void {
    this.timer?.abort(new Error("stopped"));
    this.timer = undefined;
  }
}
