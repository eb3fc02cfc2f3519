export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Resolves after `milliseconds`; rejects with `signal.reason` as soon as the signal is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}
