// Stand-in for Apache APISIX 3.17: checks the configuration of plugins and picks those the stand-in acts on.
import type { z } from "zod";
import { compileExpression } from "../routing/expression.js";
import type { Condition } from "../routing/expression.js";
import { activeSchemas, checkedOnly, metaSchema } from "./schemas.js";

type Schemas = typeof activeSchemas;

/** A plugin in use: its checked configuration, and for which requests it runs (`_meta.filter`). */
export interface Active<T> {
  readonly config: T;
  readonly applies: Condition;
}

/** Checked configuration of a plugin by its name. */
export type PluginConfig<Name extends keyof Schemas> = z.infer<Schemas[Name]>;

/** The plugins the stand-in acts on. */
export interface ActivePlugins {
  readonly prometheus?: Active<PluginConfig<"prometheus">>;
  readonly mirror?: Active<PluginConfig<"proxy-mirror">>;
  readonly split?: Active<PluginConfig<"traffic-split">>;
  readonly responseRewrite?: Active<PluginConfig<"response-rewrite">>;
  readonly proxyRewrite?: Active<PluginConfig<"proxy-rewrite">>;
  readonly redirect?: Active<PluginConfig<"redirect">>;
  readonly fault?: Active<PluginConfig<"fault-injection">>;
}

/** A plugin is unknown, switched off or wrongly configured. */
export class PluginError extends Error {}

type Given = Readonly<Record<string, unknown>>;

/**
 * Checks every plugin of one resource against the list of enabled ones and its schema.
 * Throws PluginError with the wording of the real gateway; returns the ones acted on.
 */
export function checkPlugins(given: Given, enabled: ReadonlySet<string>): ActivePlugins {
  const disabled = new Set<string>();
  for (const [name, config] of Object.entries(given)) {
    if (!enabled.has(name)) {
      throw new PluginError(`unknown plugin [${name}]`);
    }
    if (typeof config !== "object" || config === null || Array.isArray(config)) {
      throw new PluginError(`invalid plugin conf ${JSON.stringify(config)} for plugin [${name}]`);
    }
    const { _meta } = check(name, metaSchema, config);
    const schema = checkedOnly[name];
    if (_meta?.disable === true) {
      // Never run, so what it is made of does not matter.
      disabled.add(name);
    } else if (schema !== undefined) {
      check(name, schema, config);
    }
  }
  const on = Object.fromEntries(Object.entries(given).filter(([name]) => !disabled.has(name)));
  return {
    ...optional("prometheus", pick("prometheus", activeSchemas.prometheus, on)),
    ...optional("mirror", pick("proxy-mirror", activeSchemas["proxy-mirror"], on)),
    ...optional("split", pick("traffic-split", activeSchemas["traffic-split"], on)),
    ...optional("responseRewrite", pick("response-rewrite", activeSchemas["response-rewrite"], on)),
    ...optional("proxyRewrite", pick("proxy-rewrite", activeSchemas["proxy-rewrite"], on)),
    ...optional("redirect", pick("redirect", activeSchemas.redirect, on)),
    ...optional("fault", pick("fault-injection", activeSchemas["fault-injection"], on)),
  };
}

const ALWAYS: Condition = () => true;

function pick<T>(name: string, schema: z.ZodType<T>, given: Given): Active<T> | undefined {
  const config = given[name];
  if (config === undefined) {
    return undefined;
  }
  const filter = metaSchema.parse(config)._meta?.filter;
  return {
    config: check(name, schema, config),
    applies: filter === undefined ? ALWAYS : compileExpression(filter),
  };
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
