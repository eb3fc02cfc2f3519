// Stand-in for Apache APISIX 3.17: what the configuration of each plugin must look like.
import { z } from "zod";
import { upstreamSchema } from "../admin/model.js";
import { compileExpression } from "../routing/expression.js";

/** A list of conditions that can be compiled. */
const vars = z.array(z.unknown()).superRefine((value, context) => {
  try {
    compileExpression(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.addIssue({ code: "custom", message: `failed to validate the 'vars' expression: ${why}` });
  }
});

/** What every plugin's configuration may carry for the gateway itself. */
export const metaSchema = z.looseObject({
  _meta: z.looseObject({ disable: z.boolean().optional(), filter: vars.optional() }).optional(),
});

const prometheus = z.looseObject({ prefer_name: z.boolean().default(false) });

const proxyMirror = z.looseObject({
  host: z
    .string()
    .regex(/^(http(s)?|grpc(s)?):\/\/([\da-zA-Z.-]+|\[[\da-fA-F:]+\])(:\d+)?$/, "failed to match pattern"),
  path: z
    .string()
    .regex(/^\/[^?&]+$/)
    .optional(),
  path_concat_mode: z.enum(["replace", "prefix"]).default("replace"),
  sample_ratio: z.number().min(0.00001).max(1).default(1),
});

const weightedUpstream = z.looseObject({
  upstream_id: z.union([z.string(), z.number()]).transform(String).optional(),
  upstream: upstreamSchema.optional(),
  weight: z.number().int().min(0).default(1),
});

const trafficSplit = z.looseObject({
  rules: z
    .array(
      z.looseObject({
        match: z.array(z.looseObject({ vars: vars.optional() })).optional(),
        weighted_upstreams: z
          .array(weightedUpstream)
          .min(1)
          .max(20)
          .default([{ weight: 1 }]),
      }),
    )
    .optional(),
});

const headerValue = z.union([z.string(), z.number()]);
const headerValues = z.record(z.string().regex(/^[^:]+$/), headerValue);
const headerNames = z.array(z.string().regex(/^[^:]+$/)).min(1);

const responseRewrite = z.looseObject({
  status_code: z.number().int().min(200).max(598).optional(),
  body: z.string().optional(),
  headers: z
    .union([
      z.strictObject({
        // One colon, and no slash at the end: so no Expires and no `Path=/` as the last part.
        add: z
          .array(z.string().regex(/^[^:]+:[^:]*[^/]$/, "failed to match pattern"))
          .min(1)
          .optional(),
        set: headerValues.optional(),
        remove: headerNames.optional(),
      }),
      headerValues.transform((set) => ({ add: undefined, set, remove: undefined })),
    ])
    .optional(),
  vars: vars.optional(),
});

const proxyRewrite = z.looseObject({
  uri: z.string().min(1).max(4096).regex(/^\/.*/, "failed to match pattern").optional(),
  regex_uri: z
    .array(z.string())
    .min(2)
    .refine((parts) => parts.length % 2 === 0, "The length of regex_uri should be an even number")
    .refine((parts) => parts.every((part, index) => index % 2 === 1 || isPattern(part)), "invalid regex_uri")
    .optional(),
  host: z
    .string()
    .regex(/^[0-9a-zA-Z\-.]+(:\d{1,5})?$/, "failed to match pattern")
    .optional(),
  headers: z
    .union([
      z.strictObject({
        add: headerValues.optional(),
        set: headerValues.optional(),
        remove: headerNames.optional(),
      }),
      headerValues.transform((set) => ({ add: undefined, set, remove: undefined })),
    ])
    .optional(),
  method: z.string().optional(),
});

const redirect = z
  .looseObject({
    ret_code: z.number().int().min(200).default(302),
    uri: z.string().min(2).optional(),
    regex_uri: z.array(z.string()).length(2).optional(),
    http_to_https: z.boolean().optional(),
    append_query_string: z.boolean().default(false),
  })
  .refine(
    (given) => [given.uri, given.regex_uri, given.http_to_https].filter((value) => value !== undefined).length === 1,
    "value should match only one schema",
  );

const percentage = z.number().int().min(0).max(100).default(100);
const faultInjection = z
  .looseObject({
    abort: z
      .looseObject({
        http_status: z.number().int().min(200),
        body: z.string().default(""),
        percentage,
        vars: z.array(vars).optional(),
      })
      .optional(),
    delay: z.looseObject({ duration: z.number().min(0), percentage, vars: z.array(vars).optional() }).optional(),
  })
  .refine(
    (given) => given.abort !== undefined || given.delay !== undefined,
    "expect object to have at least 1 properties",
  );

/** The plugins that the stand-in acts on. */
export const activeSchemas = {
  prometheus,
  "proxy-mirror": proxyMirror,
  "traffic-split": trafficSplit,
  "response-rewrite": responseRewrite,
  "proxy-rewrite": proxyRewrite,
  redirect,
  "fault-injection": faultInjection,
} as const;

const limit = { rejected_code: z.number().int().min(200).max(599).optional(), key: z.string().optional() };

/** Plugins that people often get wrong; checked only. */
export const checkedOnly: Readonly<Record<string, z.ZodType>> = {
  "limit-count": z.looseObject({
    ...limit,
    count: z.number().int().positive(),
    time_window: z.number().int().positive(),
  }),
  "limit-req": z.looseObject({ ...limit, rate: z.number().positive(), burst: z.number().min(0) }),
  "limit-conn": z.looseObject({
    ...limit,
    conn: z.number().int().positive(),
    burst: z.number().int().min(0),
    default_conn_delay: z.number().positive(),
  }),
  "ip-restriction": z
    .looseObject({ whitelist: z.array(z.string()).min(1).optional(), blacklist: z.array(z.string()).min(1).optional() })
    .refine(
      (given) => given.whitelist !== undefined || given.blacklist !== undefined,
      "value should match only one schema",
    ),
};

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
