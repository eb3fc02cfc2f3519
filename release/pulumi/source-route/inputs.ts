import { z } from "zod";

/** What the resource is told: whose rules, for which release. */
export const sourceInputs = z.object({
  namespace: z.string(),
  /** Of the release. */
  name: z.string(),
  /** The ApisixRoute to be read; without one only the Service's ApisixUpstream is. */
  source: z.string().optional(),
  /** The weighted route that its rules are for. */
  routeName: z.string(),
  service: z.object({ name: z.string(), port: z.int(), portName: z.string() }),
  ingressClassName: z.string(),
  /** Objects under the release's names are taken over: they are no collisions. */
  takesOver: z.boolean().default(false),
});

export type SourceInputs = z.output<typeof sourceInputs>;
