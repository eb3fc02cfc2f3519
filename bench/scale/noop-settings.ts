import { z } from "zod";

/** What the program of the update without any change is told. */
export const noopSettings = z.strictObject({
  namespace: z.string(),
  releases: z.number(),
  version: z.string(),
  dynamic: z.boolean(),
});

export type NoopSettings = z.output<typeof noopSettings>;
