import type { Clock } from "../release/ports/index.js";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Time that passes only when nobody has anything else to do: an hour of a release takes milliseconds. */
export class VirtualClock implements Clock {
  private current = Date.UTC(2026, 0, 1);
  private sleepers: Sleeper[] = [];
  /** Told of each piece of time before it has passed: within it nothing acts. */
  onPass: (fromMs: number, toMs: number) => void = () => undefined;

  nowMs(): number {
    return this.current;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(reasonOf(signal));
      const onAbort = (): void => {
        this.sleepers = this.sleepers.filter((each) => each !== sleeper);
        reject(reasonOf(signal));
      };
      const wake = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper = { atMs: this.current + milliseconds, wake };
      this.sleepers.push(sleeper);
      signal.addEventListener("abort", onAbort, { once: true });
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
      if (this.wakeNext()) {
        idle = 0;
        continue;
      }
      idle += 1;
      if (idle > 50) throw new Error("virtual time: everybody waits for nothing");
    }
    return promise;
  }

  /** Lets that much time pass. */
  async pass(milliseconds: number): Promise<void> {
    await this.until(this.sleep(milliseconds, new AbortController().signal));
  }

  private wakeNext(): boolean {
    const next = this.sleepers.reduce<Sleeper | undefined>(
      (first, each) => (first === undefined || each.atMs < first.atMs ? each : first),
      undefined,
    );
    if (next === undefined) return false;
    this.sleepers = this.sleepers.filter((each) => each !== next);
    if (next.atMs > this.current) {
      this.onPass(this.current, next.atMs);
      this.current = next.atMs;
    }
    next.wake();
    return true;
  }
}

/** Lets all promises that are ready run: none of them waits for anything but another promise. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}
