import { z } from "zod";
import { programSettings } from "../../project/index.js";
import { strategyNames } from "./strategies.js";

/** What the release's program is told; it travels through the environment of `pulumi`. */
export const releaseSettings = z.strictObject({
  namespace: z.string(),
  /** How users are moved, and which releases there are. */
  strategy: z.enum(strategyNames),
  /** Of the first release. */
  host: z.string(),
  tag: z.string(),
  /** Whether the pods of the last release answer every request with a 500. */
  failing: z.boolean(),
  /** Of the whole analysis. */
  deadlineSeconds: z.number().optional(),
  /** Of one step. Default 1. */
  intervalSeconds: z.number().optional(),
  /** Server of the webhooks; none are called without. */
  hooksUrl: z.string().optional(),
});

export type ReleaseProgramSettings = z.output<typeof releaseSettings>;

/** Reads them from the environment; throws where they are not there. */
export function settingsFromEnvironment(): ReleaseProgramSettings {
  return releaseSettings.parse(programSettings());
}
