import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../../ports/index.js";

/** The machine's own clock. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    try {
      await wait(milliseconds, undefined, { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  },
};
