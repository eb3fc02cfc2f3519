import { z } from "zod";
import { durationAtLeast } from "./duration.js";
import { metric } from "./metrics.js";
import { webhook } from "./webhooks.js";
import { compilesAsPcre } from "./pcre.js";

/** A share of traffic, down to one in ten thousand: the gateway's weights are whole numbers. */
const finePercent = z
  .number()
  .min(0.01, "must be 0.01 to 100")
  .max(100, "must be 0.01 to 100")
  .refine(
    (value) => value < 0.01 || Math.abs(value * 100 - Math.round(value * 100)) < 1e-6,
    "must be a multiple of 0.01",
  );

const podCount = z.int("must be a whole number").min(1, "must be at least 1");

const replicas = z
  .union([
    podCount,
    z.string().regex(/^(100|[1-9]\d?)%$/, 'must be a number, like "50%", or "weight"'),
    z.literal("weight"),
  ])
  .meta({
    description:
      "Pods of the canary from this step on: a number, a part of the primary's (50%), or as large a part of the primary's as the step's weight (weight). Default: as before.",
  });

const stepWebhooks = z.array(webhook).min(1, "needs a webhook").optional().meta({
  description:
    "Beside analysis.webhooks, in this step alone: rollout and event, and confirm-traffic-increase (confirm-promotion in the last step) before it is left.",
});

const judgedStep = z.strictObject({
  weight: finePercent.optional().meta({
    description: "The canary's share of traffic, percent, from 0.01. Of A/B none: all users who match are its.",
  }),
  for: durationAtLeast(1).optional().meta({ description: "Length of the step. Default: interval." }),
  metrics: z
    .array(metric)
    .min(1, "needs at least one metric")
    .optional()
    .meta({ description: "What is judged in this step, in place of analysis.metrics." }),
  replicas: replicas.optional(),
  webhooks: stepWebhooks,
});

const pauseStep = z.strictObject({
  pause: z
    .union([z.literal("until approved"), durationAtLeast(1)])
    .meta({ description: 'Stays at the weight, judged all the while: "until approved", or so long.' }),
  webhooks: stepWebhooks,
});

export const step = z.union([judgedStep, pauseStep]);
export type StepSettings = z.output<typeof step>;
export type PauseStep = Extract<StepSettings, { pause: unknown }>;
export type JudgedStep = Exclude<StepSettings, PauseStep>;

/** As RFC 9110 has the names of header fields. */
const token = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "must be a token: letters, digits, and - _ .");
const text = z.string().min(1, "must not be empty").max(1000, "must have at most 1000 characters");

const valueMatch = z
  .union([
    z.strictObject({ exact: text.meta({ description: "Is this text." }) }),
    z.strictObject({ prefix: text.meta({ description: "Begins with this text." }) }),
    z.strictObject({
      regex: text
        .refine(compilesAsPcre, "is not a regular expression that the gateway can compile")
        .meta({ description: "A regular expression (PCRE) matches some part of it." }),
    }),
    z.strictObject({
      in: z
        .array(text)
        .min(1, "needs a value")
        .max(100, "must have at most 100 values")
        .meta({ description: "Is one of these texts." }),
    }),
    z.strictObject({
      present: z.boolean().meta({ description: "Whether it is there at all, whatever its value." }),
    }),
  ])
  .meta({ description: "exact, prefix, regex, in (a list) or present; case-sensitive." });
export type ValueMatch = z.output<typeof valueMatch>;

const address = z.string().refine((text) => isAddress(text), "must be an IP address or a CIDR");

/** An IP address, or a net of them. */
export function isAddress(text: string): boolean {
  return [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()].some((schema) => schema.safeParse(text).success);
}

/** All of these together; at least one. */
export const matchEntry = z
  .strictObject({
    headers: z.record(token, valueMatch).optional().meta({ description: "Header fields, by name." }),
    cookies: z.record(token, valueMatch).optional().meta({ description: "Cookies, by name." }),
    query: z.record(text, valueMatch).optional().meta({ description: "Arguments of the query, by name." }),
    remoteAddr: z
      .array(address)
      .min(1, "needs an address")
      .optional()
      .meta({ description: "Addresses, or nets in CIDR notation, that requests come from: any of these." }),
  })
  .refine(
    ({ headers, cookies, query, remoteAddr }) =>
      remoteAddr !== undefined || [headers, cookies, query].some((each) => Object.keys(each ?? {}).length > 0),
    "needs a condition: headers, cookies, query or remoteAddr",
  );
export type MatchEntry = z.output<typeof matchEntry>;

const hostLabel = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const host = z.string().regex(new RegExp(`^${hostLabel}(\\.${hostLabel})*$`, "i"), "must be a host name");

/** One of these: the way to the canary that no user goes. */
const preview = z.union([
  z.strictObject({
    hosts: z.array(host).min(1, "needs a host").meta({ description: "Hosts that lead to the canary alone." }),
  }),
  z.strictObject({
    header: z
      .strictObject({
        name: token.meta({ description: "Of the header field." }),
        value: text.meta({ description: "All of its value." }),
      })
      .meta({ description: "A header field that leads to the canary, on the users' own hosts." }),
  }),
  z.strictObject({
    path: z
      .string()
      .regex(/^\/[\w.~-]+(\/[\w.~-]+)*$/, "must be a path like /preview, without an end slash")
      .meta({ description: "In front of every path it leads to the canary, which does not see it." }),
  }),
]);
export type PreviewSettings = z.output<typeof preview>;

const methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] as const;
/** How users' requests are copied. */
export const mirrorWay = z.strictObject({
  percent: finePercent.default(100).meta({ description: "Of users' requests. Default 100." }),
  methods: z
    .array(z.enum(methods))
    .min(1, "needs a method")
    .default(["GET", "HEAD", "OPTIONS"])
    .meta({ description: "Of which requests are copied. Default: those that change nothing." }),
  timeout: durationAtLeast(1).default(1).meta({ description: "Of a copy, whole seconds. Default 1s." }),
  for: durationAtLeast(1).optional().meta({ description: "Of a canary: length of the mirroring. Default: interval." }),
});
const mirror = z.union([z.boolean(), mirrorWay]);
/** `true` is all requests that change nothing. */
export type MirrorSettings = z.output<typeof mirrorWay>;

const sessionAffinity = z.strictObject({
  cookieName: token.meta({ description: "Of its own for each release on a host." }),
  maxAge: z
    .int("must be a whole number of seconds")
    .min(1, "must be at least 1")
    .default(86_400)
    .meta({ description: "Seconds. Default 86400." }),
  secure: z.boolean().default(false).meta({ description: "Sent back over https alone. Default false." }),
  sameSite: z
    .enum(["Strict", "Lax", "None"])
    .optional()
    .meta({ description: "Whether other sites' pages send it along. Default: the browser's." }),
  cookieless: z.enum(["primary", "weight"]).default("primary").meta({
    description:
      "Users without the cookie: the primary's (primary, default), or the canary's by weight, as without affinity (weight); the cookie that comes with that answer keeps them there.",
  }),
});
export type AffinitySettings = z.output<typeof sessionAffinity>;

const rollbackWindow = z
  .strictObject({
    revisions: z
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .optional()
      .meta({ description: "So many promotions back." }),
    time: durationAtLeast(1).optional().meta({ description: "So long ago at most." }),
  })
  .refine(({ revisions, time }) => revisions !== undefined || time !== undefined, "needs revisions or time");

/** What of `analysis` says how users are moved, beside Flagger's weights. */
export const strategyFields = {
  steps: z.array(step).min(1, "needs a step").optional().meta({
    description:
      "The steps one by one, in place of stepWeight and stepWeights; of A/B, in place of iterations, steps without a weight.",
  }),
  match: z
    .array(matchEntry)
    .min(1, "needs an entry")
    .max(10, "must have at most 10 entries")
    .optional()
    .meta({ description: "A/B: users who match any of these are the canary's, all of them and nobody else." }),
  iterations: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .optional()
    .meta({ description: "Of A/B and blue/green: intervals to be passed." }),
  previewReplicas: podCount.optional().meta({
    description:
      "Blue/green: pods of the canary while it is tested; before users come it has as many as the primary. Default: the release's replicas all the time.",
  }),
  preview: preview.optional().meta({
    description: "Blue/green: the canary's own way while no user is there, one of hosts, header and path.",
  }),
  scaleDownDelay: durationAtLeast(1).optional().meta({
    description:
      "Blue/green: once all users have passed their iterations with the canary, the promotion waits so long, judged all the while; the old revision stays in the primary, one weight away. Default: it does not wait.",
  }),
  abortScaleDownDelay: durationAtLeast(1).optional().meta({
    description:
      "After a failed run, once all users are home: the canary's pods stay so long, for their logs and for debuggers, and only then the update ends. Default: they go at once.",
  }),
  mirror: mirror.optional().meta({
    description: "The canary is shown copies of users' requests before any user: true, or how.",
  }),
  sessionAffinity: sessionAffinity.optional().meta({
    description: "A user who has the canary keeps it, and the weight is the share of users.",
  }),
  rollbackWindow: rollbackWindow.optional().meta({
    description:
      "Going back to a revision that was promoted within these many revisions, or this time, skips the steps.",
  }),
};
