/** What an observer sees of the Lease; `version` changes with every renewal. */
export interface LeaseView {
  readonly holder: string | undefined;
  readonly version: string;
  /** Number of takeovers so far. */
  readonly transitions: number;
  /** So long its holder may give no sign, as the holder wrote. */
  readonly durationSeconds: number;
}

export interface LockPort {
  read(signal: AbortSignal): Promise<LeaseView | undefined>;
  /** Takes the lease if it is still as seen (`undefined`: did not exist); false when somebody was faster. */
  take(seen: LeaseView | undefined, holder: string, signal: AbortSignal): Promise<boolean>;
  /** False when the lease is no longer ours. */
  renew(holder: string, signal: AbortSignal): Promise<boolean>;
  /** Gives it back; does nothing when it isn't ours. */
  release(holder: string, signal: AbortSignal): Promise<void>;
}
