// Stand-in for Apache APISIX 3.17: checks the configuration of plugins.
import { z } from "zod";
import { compileExpression } from "./expression.js";
import { upstreamSchema } from "./model.js";

const vars = z.array(z.unknown()).refine((value) => {
  try {
    compileExpression(value);
    return true;
  } catch {
    return false;
  }
}, "failed to validate the 'vars' expression");

const prometheus = z.looseObject({ prefer_name: z.boolean().default(false) });

const proxyMirror = z.looseObject({
  host: z
    .string()
    .regex(/^(http(s)?|grpc(s)?):\/\/([\da-zA-Z.-]+|\[[\da-fA-F:]+\])(:\d+)?$/, "failed to match pattern"),
  path: z
    .string()
    .regex(/^\/[^?&]+$/)
    .optional(),
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

const responseRewrite = z.looseObject({
  status_code: z.number().int().min(200).max(598).optional(),
  body: z.string().optional(),
  headers: z
    .union([
      z.strictObject({
        add: z.array(z.string().regex(/^[^:]+:/)).optional(),
        set: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
        remove: z.array(z.string()).optional(),
      }),
      z
        .record(z.string(), z.union([z.string(), z.number()]))
        .transform((set) => ({ add: undefined, set, remove: undefined })),
    ])
    .optional(),
  vars: vars.optional(),
});

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

const limit = { rejected_code: z.number().int().min(200).max(599).optional(), key: z.string().optional() };
/** Schemas of plugins that people often get wrong; the stand-in does not act on them. */
const checkedOnly: Record<string, z.ZodType> = {
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
  redirect: z.looseObject({ ret_code: z.number().int().min(200).optional(), uri: z.string().min(2).optional() }),
  "proxy-rewrite": z.looseObject({ uri: z.string().optional(), regex_uri: z.array(z.string()).min(2).optional() }),
};

/** The plugins the stand-in acts on, with their checked configuration. */
export interface ActivePlugins {
  readonly prometheus?: z.infer<typeof prometheus>;
  readonly mirror?: z.infer<typeof proxyMirror>;
  readonly split?: z.infer<typeof trafficSplit>;
  readonly rewrite?: z.infer<typeof responseRewrite>;
  readonly fault?: z.infer<typeof faultInjection>;
}

/** A plugin is unknown, switched off or wrongly configured. */
export class PluginError extends Error {}

/**
 * Checks every plugin of one resource against the list of enabled ones and its schema.
 * Throws PluginError with the wording of the real gateway; returns the ones acted on.
 */
export function checkPlugins(given: Readonly<Record<string, unknown>>, enabled: ReadonlySet<string>): ActivePlugins {
  for (const [name, config] of Object.entries(given)) {
    if (!enabled.has(name)) {
      throw new PluginError(`unknown plugin [${name}]`);
    }
    if (typeof config !== "object" || config === null || Array.isArray(config)) {
      throw new PluginError(`invalid plugin conf ${JSON.stringify(config)} for plugin [${name}]`);
    }
    const schema = checkedOnly[name];
    if (schema !== undefined) {
      check(name, schema, config);
    }
  }
  const on = Object.fromEntries(Object.entries(given).filter(([, config]) => !isDisabled(config)));
  return {
    ...optional("prometheus", pick("prometheus", prometheus, on)),
    ...optional("mirror", pick("proxy-mirror", proxyMirror, on)),
    ...optional("split", pick("traffic-split", trafficSplit, on)),
    ...optional("rewrite", pick("response-rewrite", responseRewrite, on)),
    ...optional("fault", pick("fault-injection", faultInjection, on)),
  };
}

function isDisabled(config: unknown): boolean {
  const meta = z.looseObject({ _meta: z.looseObject({ disable: z.boolean() }) }).safeParse(config);
  return meta.success && meta.data._meta.disable;
}

function pick<T>(name: string, schema: z.ZodType<T>, given: Readonly<Record<string, unknown>>): T | undefined {
  const config = given[name];
  return config === undefined ? undefined : check(name, schema, config);
}

function check<T>(name: string, schema: z.ZodType<T>, config: unknown): T {
  const result = schema.safeParse(config);
  if (!result.success) {
    const issue = result.error.issues[0];
    const where = issue?.path.join(".") ?? "";
    const what = where === "" ? "" : `property "${where}" validation failed: `;
    throw new PluginError(
      `failed to check the configuration of plugin ${name} err: ${what}${issue?.message ?? "invalid"}`,
    );
  }
  return result.data;
}

function optional<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  const result: { [P in K]?: T } = {};
  if (value !== undefined) {
    result[key] = value;
  }
  return result;
}
