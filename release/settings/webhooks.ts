import { z } from "zod";
import { durationAtLeast } from "./duration.js";
import { httpUrl, oneLine } from "./names.js";

const webhookTypes = [
  "confirm-rollout",
  "pre-rollout",
  "rollout",
  "confirm-traffic-increase",
  "confirm-promotion",
  "rollback",
  "post-rollout",
  "event",
] as const;

const webhookType = z.enum(webhookTypes, {
  error: (issue) => `unknown webhook type ${JSON.stringify(issue.input)}; one of ${webhookTypes.join(", ")}`,
});

/** A call to a service of the user's at a given moment of the release. */
export const webhook = z.strictObject({
  name: oneLine.meta({ description: "Shown in log lines and messages." }),
  type: webhookType.default("rollout").meta({
    description:
      "When it is called: confirm-* are gates, pre-rollout and rollout failures count as failed checks, a 2xx of rollback rolls the revision back, event hears everything.",
  }),
  url: httpUrl.meta({ description: "http or https; in-cluster names work. Treated as a secret." }),
  timeout: durationAtLeast(0.1).default(10).meta({ description: "Of one try. Default 10s." }),
  retries: z
    .int("must be a whole number")
    .min(0, "must be 0 to 10")
    .max(10, "must be 0 to 10")
    .default(0)
    .meta({ description: "Further tries after a failure." }),
  metadata: z.record(z.string(), z.string()).default({}).meta({ description: "Sent along as it is." }),
  muteAlert: z.boolean().default(false).meta({ description: "No alert while the release waits at this gate." }),
});

/** Somebody who is told of starts, promotions, rollbacks and failures. */
export const alert = z.strictObject({
  name: oneLine.meta({ description: "Shown where it can't be delivered." }),
  severity: z
    .enum(["info", "warn", "error"])
    .default("info")
    .meta({ description: "The least that is told: info is everything, warn leaves good news out, error is failures." }),
  provider: z
    .strictObject({
      type: z
        .enum(["slack", "discord", "rocket", "msteams", "gchat", "alertmanager"])
        .meta({ description: "Whose format it is written in." }),
      address: httpUrl.meta({ description: "http or https. Treated as a secret." }),
      channel: oneLine.optional().meta({ description: "Where the provider has channels." }),
      username: oneLine.optional().meta({ description: "Shown as the sender, where the provider can." }),
    })
    .meta({ description: "Where alerts go." }),
});

export type WebhookSettings = z.output<typeof webhook>;
export type WebhookType = WebhookSettings["type"];
export type AlertSettings = z.output<typeof alert>;
