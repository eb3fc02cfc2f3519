import type { Clock } from "../ports/index.js";

/** Why time stands still for the limit. */
type Hold = "gate" | "pause" | "train";

/** A limit to the time that a run itself needs: while people are waited for, its time stands still. */
export class PausableLimit {
  private readonly over = new AbortController();
  private readonly holds = new Set<Hold>();
  private leftMs: number;
  private totalMs: number;
  private sinceMs = 0;
  private timer: AbortController | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly clock: Clock,
    milliseconds: number,
    /** Of the end, told with the time that it took. */
    private readonly reason: (seconds: number) => Error,
  ) {
    this.leftMs = milliseconds;
    this.totalMs = milliseconds;
    this.start();
  }

  /** What it lasts, gates and pauses not counted. */
  get milliseconds(): number {
    return this.totalMs;
  }

  /** Aborted, for the reason, when the time is over. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** So long in all, where that is more than before: what was waited for has turned out to take longer. */
  extendTo(milliseconds: number): void {
    if (milliseconds <= this.totalMs || this.over.signal.aborted) return;
    const moreMs = milliseconds - this.totalMs;
    this.totalMs = milliseconds;
    const runs = this.timer !== undefined;
    if (runs) this.halt();
    this.leftMs += moreMs;
    if (runs) this.start();
  }

  pause(hold: Hold): void {
    this.holds.add(hold);
    if (this.timer !== undefined) this.halt();
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
      () => this.over.abort(this.reason(this.totalMs / 1000)),
      () => undefined,
    );
  }

  private halt(): void {
    this.leftMs -= this.clock.nowMs() - this.sinceMs;
    this.stop();
  }

  private stop(): void {
    this.timer?.abort(new Error("stopped"));
    this.timer = undefined;
  }
}
