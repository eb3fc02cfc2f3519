import type { Clock, RunEnd } from "../../ports/index.js";
import type { WrittenReport } from "../../report/index.js";

/** Between two records of a run that goes on. */
const everyMs = 10_000;
/** What a record costs is at most this share of the time. */
const restsPerWork = 20;

/**
 * Stores the report of a run while it goes on, for people who look at it, and for the day on which its machine is lost.
 * In the background, one at a time, seldom, and never after the run's own end.
 */
export class Progress {
  private storing: Promise<void> | undefined;
  private nextMs = -Infinity;
  private over = false;

  constructor(
    private readonly clock: Clock,
    private readonly store: (report: WrittenReport, part: RunEnd["part"]) => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Stores what `report` gives, unless it is too soon. */
  offer(part: RunEnd["part"], report: () => WrittenReport): void {
    const startMs = this.clock.nowMs();
    if (this.over || this.storing !== undefined || startMs < this.nextMs) return;
    this.storing = Promise.resolve()
      .then(() => this.store(report(), part))
      .catch(this.onError)
      .finally(() => {
        this.nextMs = this.clock.nowMs() + Math.max(everyMs, restsPerWork * (this.clock.nowMs() - startMs));
        this.storing = undefined;
      });
  }

  /** From now on nothing is stored; resolves when what was on its way has arrived. */
  async end(): Promise<void> {
    this.over = true;
    await this.storing;
  }
}
