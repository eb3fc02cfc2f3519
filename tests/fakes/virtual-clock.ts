import type { Clock } from "../../release/ports/index.js";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Time that passes only when nobody has anything else to do: an hour of a release takes milliseconds. */
export class VirtualClock implements Clock {
  private current = Date.UTC(2026, 0, 1);
  private sleepers: Sleeper[] = [];

  nowMs(): number {
    return this.current;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(reasonOf(signal));
      const sleeper = { atMs: this.current + milliseconds, wake: resolve };
      this.sleepers.push(sleeper);
      signal.addEventListener(
        "abort",
        () => {
          this.sleepers = this.sleepers.filter((each) => each !== sleeper);
          reject(reasonOf(signal));
        },
        { once: true },
      );
    });
  }

  /** Calls `action` at that moment. */
  at(afterMs: number, action: () => void): void {
    this.sleepers.push({ atMs: this.current + afterMs, wake: action });
  }

  /** Lets time pass until the promise is settled; fails when nothing is left that could settle it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false };
    const settle = (): void => {
      state.settled = true;
    };
    promise.then(settle, settle);
    for (let idle = 0; !state.settled;) {
      await breathe();
      if (state.settled) break;
      const next = this.sleepers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) {
        idle += 1;
        if (idle > 50) throw new Error("virtual time: everybody waits for nothing");
        continue;
      }
      idle = 0;
      this.sleepers = this.sleepers.filter((each) => each !== next);
      this.current = Math.max(this.current, next.atMs);
      next.wake();
    }
    return promise;
  }

  /** Lets that much time pass. */
  async pass(milliseconds: number): Promise<void> {
    await this.until(this.sleep(milliseconds, new AbortController().signal));
  }
}

/** Lets all promises that are ready run. */
async function breathe(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}
