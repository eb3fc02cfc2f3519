import { z } from "zod";
import { invariants } from "./contract.js";

const count = z.int().min(0);
const series = z.strictObject({ runs: count, failedRequests: count });

/** What the run in the sandbox writes and the one outside reads. */
export const realResults = z.strictObject({
  cases: count,
  healthyNotPromoted: count,
  violations: z.array(
    z.strictObject({
      fault: z.string(),
      point: z.string(),
      invariant: z.enum(invariants),
      detail: z.string(),
    }),
  ),
  promotions: series,
  rollbacks: series,
});
