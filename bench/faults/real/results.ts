import { z } from "zod";
import { invariants } from "./contract.js";

const count = z.int().min(0);
const series = z.strictObject({ runs: count, failedRequests: count });

/** What the run in the sandbox writes and the one outside reads. */
export const realResults = z.strictObject({
  cases: count,
  realCases: z.array(
    z.strictObject({
      fault: z.string(),
      story: z.string(),
      point: z.string(),
      failing: z.boolean(),
      requests: count,
      secondsToRest: z.number().optional(),
      seconds: z.number(),
      violations: count,
    }),
  ),
  healthyNotPromoted: count,
  violations: z.array(
    z.strictObject({
      fault: z.string(),
      story: z.string().optional(),
      point: z.string(),
      invariant: z.enum(invariants),
      detail: z.string(),
    }),
  ),
  promotions: series,
  rollbacks: series,
});
