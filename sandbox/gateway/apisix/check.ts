// Stand-in for Apache APISIX 3.17: checks a pushed configuration; one bad resource refuses all of it.
import { z } from "zod";
import { cidrList } from "./addresses.js";
import { compileExpression, ExpressionError } from "./expression.js";
import { globalRuleSchema, RESOURCE_KINDS, routeSchema, serviceSchema, upstreamSchema } from "./model.js";
import type { PushedConfig, ResourceKind } from "./model.js";
import { checkPlugins, PluginError } from "./plugins.js";

/** The push is refused with status 400; the message is the real gateway's. */
export class RefusedConfig extends Error {}

const body = z.record(z.string(), z.unknown());
const items = z.array(z.looseObject({ id: z.union([z.string(), z.number()]).optional() }));

/**
 * Checks the body of a push against the enabled plugins.
 * Throws RefusedConfig at the first bad resource.
 */
export function checkConfig(given: unknown, enabledPlugins: ReadonlySet<string>): PushedConfig {
  const parsed = body.safeParse(given);
  if (!parsed.success) {
    throw new RefusedConfig("invalid request body: expected an object");
  }
  for (const kind of RESOURCE_KINDS) {
    checkIds(kind, parsed.data[kind]);
  }
  return {
    routes: list("routes", parsed.data, routeSchema, (route) => {
      checkPlugins(route.plugins ?? {}, enabledPlugins);
      compileExpression(route.vars ?? []);
      checkRemotes(route.remote_addrs ?? []);
    }),
    services: list("services", parsed.data, serviceSchema, (service) =>
      checkPlugins(service.plugins ?? {}, enabledPlugins),
    ),
    upstreams: list("upstreams", parsed.data, upstreamSchema, () => undefined),
    globalRules: list("global_rules", parsed.data, globalRuleSchema, (rule) =>
      checkPlugins(rule.plugins, enabledPlugins),
    ),
  };
}

function list<T>(
  kind: ResourceKind,
  given: Record<string, unknown>,
  schema: z.ZodType<T>,
  extra: (item: T) => void,
): T[] {
  const values = z.array(z.unknown()).parse(given[kind] ?? []);
  return values.map((value, index) => {
    const result = schema.safeParse(value);
    if (!result.success) {
      const issue = result.error.issues[0];
      const where = issue?.path.join(".") ?? "";
      const what = where === "" ? "" : `property "${where}" validation failed: `;
      throw refused(kind, index, `${what}${issue?.message ?? "invalid"}`);
    }
    try {
      extra(result.data);
    } catch (error) {
      if (error instanceof PluginError || error instanceof ExpressionError) {
        throw refused(kind, index, error.message);
      }
      throw error;
    }
    return result.data;
  });
}

function checkRemotes(entries: readonly string[]): void {
  try {
    cidrList(entries);
  } catch {
    throw new ExpressionError('property "remote_addrs" validation failed: not an IP address or CIDR');
  }
}

function checkIds(kind: ResourceKind, given: unknown): void {
  const result = items.safeParse(given ?? []);
  if (!result.success) {
    throw new RefusedConfig(`invalid ${kind}: expected a list of objects`);
  }
  const seen = new Set<string>();
  for (const item of result.data) {
    const id = item.id === undefined ? undefined : String(item.id);
    if (id !== undefined && seen.has(id)) {
      throw new RefusedConfig(`found duplicate id ${id} in ${kind}`);
    }
    if (id !== undefined) {
      seen.add(id);
    }
  }
}

function refused(kind: ResourceKind, index: number, problem: string): RefusedConfig {
  return new RefusedConfig(`invalid ${kind} at index ${String(index)}, err: ${problem}`);
}
