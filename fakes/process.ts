import type { Clock } from "../release/ports/index.js";
import type { VirtualClock } from "./virtual-clock.js";

/** A process that uses the ports: it can die at any moment, or be put to sleep as a laptop is. */
export class Process {
  private alive = true;
  private sleepingUntilMs = 0;
  private readonly died: Promise<void>;
  private onDeath: () => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly world: VirtualClock,
    /** That it belongs to: releases of one update have the same. */
    readonly update = name,
  ) {
    this.died = new Promise((resolve) => (this.onDeath = resolve));
  }

  /** From now on nothing of it happens any more: no call, no sleep, no promise of it ever goes on. */
  kill(): void {
    this.alive = false;
    this.onDeath();
  }

  /** Whatever it does next happens only after that time. */
  suspend(milliseconds: number): void {
    this.sleepingUntilMs = this.world.nowMs() + milliseconds;
  }

  get isAlive(): boolean {
    return this.alive;
  }

  /** What became of its work; undefined when it died before. */
  outcome<T>(work: Promise<T>): Promise<T | undefined> {
    return Promise.race([work, this.died.then(() => undefined)]);
  }

  /** Goes on only in a process that lives and is awake. */
  async awake(): Promise<void> {
    while (this.alive && this.sleepingUntilMs > this.world.nowMs())
      await this.world.sleep(this.sleepingUntilMs - this.world.nowMs(), new AbortController().signal);
    if (!this.alive) await new Promise(() => undefined);
  }

  readonly clock: Clock = {
    nowMs: () => this.world.nowMs(),
    sleep: async (milliseconds, signal) => {
      try {
        await this.world.sleep(milliseconds, signal);
      } finally {
        await this.awake();
      }
    },
  };
}
