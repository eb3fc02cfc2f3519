// Stand-in for Apache APISIX 3.17: checks a pushed configuration; one bad resource refuses all of it.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { z } from "zod";
import { PluginError, checkPlugins } from "../plugins/check.js";
import { cidrList } from "../routing/addresses.js";
import { compileExpression, ExpressionError } from "../routing/expression.js";
import { globalRuleSchema, RESOURCE_KINDS, routeSchema, serviceSchema, sslSchema, upstreamSchema } from "./model.js";
import type { PushedConfig, ResourceKind, Route, Ssl } from "./model.js";

/** The push is refused with status 400; the message is the real gateway's. */
export class RefusedConfig extends Error {}

/** What is wrong with one resource of a configuration; `index` counts from 0. */
export interface Problem {
  readonly resource_type: ResourceKind;
  readonly resource_id: string;
  readonly index: number;
  readonly error: string;
}

const body = z.record(z.string(), z.unknown());
const items = z.array(z.looseObject({ id: z.union([z.string(), z.number()]).optional() }));

/** A resource that breaks a rule beyond its schema. */
class Invalid extends Error {}

/**
 * Checks the body of a push against the enabled plugins.
 * Throws RefusedConfig at the first bad resource.
 */
export function checkConfig(given: unknown, enabledPlugins: ReadonlySet<string>): PushedConfig {
  return read(given, enabledPlugins, ({ resource_type, index, error }) => {
    throw new RefusedConfig(
      error.startsWith("found duplicate id")
        ? error
        : `invalid ${resource_type} at index ${String(index)}, err: ${error}`,
    );
  });
}

/** Everything that is wrong with a configuration. Throws RefusedConfig for something that is none. */
export function problemsOf(given: unknown, enabledPlugins: ReadonlySet<string>): readonly Problem[] {
  const problems: Problem[] = [];
  read(given, enabledPlugins, (problem) => problems.push(problem));
  return problems;
}

type Report = (problem: Problem) => void;

function read(given: unknown, enabledPlugins: ReadonlySet<string>, report: Report): PushedConfig {
  const parsed = body.safeParse(given);
  if (!parsed.success) {
    throw new RefusedConfig("invalid request body: expected an object");
  }
  for (const kind of RESOURCE_KINDS) {
    checkIds(kind, parsed.data[kind], report);
  }
  const list = <T>(kind: ResourceKind, schema: z.ZodType<T>, extra: (item: T) => void): readonly T[] =>
    readList(kind, parsed.data[kind], schema, extra, report);
  return {
    routes: list("routes", routeSchema, (route) => {
      checkRoute(route, enabledPlugins);
    }),
    services: list("services", serviceSchema, ({ plugins }) => {
      checkPlugins(plugins ?? {}, enabledPlugins);
    }),
    upstreams: list("upstreams", upstreamSchema, () => undefined),
    globalRules: list("global_rules", globalRuleSchema, ({ plugins }) => {
      checkPlugins(plugins, enabledPlugins);
    }),
    ssls: list("ssls", sslSchema, checkCertificate),
  };
}

function readList<T>(
  kind: ResourceKind,
  given: unknown,
  schema: z.ZodType<T>,
  extra: (item: T) => void,
  report: Report,
): readonly T[] {
  const values = z.array(z.unknown()).parse(given ?? []);
  return values.flatMap((value, index) => {
    try {
      const item = parseItem(schema, value);
      extra(item);
      return [item];
    } catch (error) {
      if (error instanceof PluginError || error instanceof ExpressionError || error instanceof Invalid) {
        report({ resource_type: kind, resource_id: idOf(value), index, error: error.message });
        return [];
      }
      throw error;
    }
  });
}

function parseItem<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    const where = issue?.path.join(".") ?? "";
    throw new Invalid(`${where === "" ? "" : `property "${where}" validation failed: `}${issue?.message ?? "invalid"}`);
  }
  return result.data;
}

function checkRoute(route: Route, enabledPlugins: ReadonlySet<string>): void {
  checkPlugins(route.plugins ?? {}, enabledPlugins);
  compileExpression(route.vars ?? []);
  try {
    cidrList(route.remote_addrs ?? []);
  } catch {
    throw new Invalid('property "remote_addrs" validation failed: not an IP address or CIDR');
  }
}

function checkCertificate({ cert, key }: Ssl): void {
  try {
    new X509Certificate(cert);
  } catch {
    throw new Invalid("failed to parse cert: PEM_read_bio_X509_AUX() failed");
  }
  try {
    createPrivateKey(key);
  } catch {
    throw new Invalid("failed to parse key: PEM_read_bio_PrivateKey() failed");
  }
}

function checkIds(kind: ResourceKind, given: unknown, report: Report): void {
  const result = items.safeParse(given ?? []);
  if (!result.success) {
    throw new RefusedConfig(`invalid ${kind}: expected a list of objects`);
  }
  const seen = new Set<string>();
  result.data.forEach((item, index) => {
    const id = item.id === undefined ? undefined : String(item.id);
    if (id !== undefined && seen.has(id)) {
      report({ resource_type: kind, resource_id: id, index, error: `found duplicate id ${id} in ${kind}` });
    }
    if (id !== undefined) {
      seen.add(id);
    }
  });
}

function idOf(value: unknown): string {
  const parsed = items.element.safeParse(value);
  return parsed.success && parsed.data.id !== undefined ? String(parsed.data.id) : "";
}
