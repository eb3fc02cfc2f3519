import { z } from "zod";
import { durationAtLeast } from "./duration.js";

export const webhookTypes = [
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
  name: z.string().min(1).max(100),
  type: webhookType.default("rollout"),
  url: z
    .url({ protocol: /^https?$/ })
    .meta({ description: "http or https; in-cluster names work. Treated as a secret." }),
  timeout: durationAtLeast(0.1).default(10).meta({ description: "Of one try. Default 10s." }),
  retries: z.int().min(0).max(10).default(0),
  metadata: z.record(z.string(), z.string()).default({}),
  muteAlert: z.boolean().default(false),
});

export const alert = z.strictObject({
  name: z.string().min(1).max(100),
  severity: z.enum(["info", "warn", "error"]).default("info"),
  provider: z.strictObject({
    type: z.enum(["slack", "discord", "rocket", "msteams", "gchat", "alertmanager"]),
    address: z.url({ protocol: /^https?$/ }),
    channel: z.string().optional(),
    username: z.string().optional(),
  }),
});

export type WebhookSettings = z.output<typeof webhook>;
export type WebhookType = WebhookSettings["type"];
export type AlertSettings = z.output<typeof alert>;
