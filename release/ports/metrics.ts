import type { Reading } from "../analysis/contract.js";

export interface MetricsPort {
  /**
   * One look at everything the checks of this release need: one request for all built-in checks, with raw
   * samples of at least the last `windowSeconds`. Never throws but for an aborted signal: trouble is an error reading.
   */
  read(
    window: {
      readonly windowSeconds: number;
      readonly canaryNodes: readonly string[];
      readonly primaryNodes: readonly string[];
    },
    signal: AbortSignal,
  ): Promise<Reading>;
}
