import type * as pulumi from "@pulumi/pulumi";
import { serviceName } from "../../../release/model/index.js";
import type { HttpRule } from "../../source-route/index.js";
import type { RoutePlugin } from "../args.js";

export type { HttpRule };

/** A condition of a rule, `exprs` of ApisixRoute v2. */
export interface Expression {
  readonly subject: { readonly scope: "Header" | "Query" | "Cookie" | "Variable"; readonly name: string };
  readonly op: "Equal" | "In" | "RegexMatch" | "RegexNotMatch";
  readonly value?: string;
  readonly set?: readonly string[];
}

export const prometheus: RoutePlugin = { name: "prometheus", enable: true, config: { prefer_name: true } };

/** Always both backends, in this order: adding one under load can give brief errors. */
export function backendsAtRest(service: string, port: pulumi.Input<number>): readonly unknown[] {
  return [
    { serviceName: serviceName(service, "primary"), servicePort: port, weight: 100 },
    { serviceName: serviceName(service, "canary"), servicePort: port, weight: 0 },
  ];
}

export function withPrometheus<Plugin extends { readonly name: string }>(
  plugins: readonly Plugin[],
): readonly (Plugin | RoutePlugin)[] {
  return plugins.some((plugin) => plugin.name === prometheus.name) ? plugins : [...plugins, prometheus];
}

export function pluginsOf({ plugins }: HttpRule): readonly RoutePlugin[] {
  return Array.isArray(plugins) ? plugins.filter(isPlugin) : [];
}

export function nameOf({ name }: HttpRule): string {
  return typeof name === "string" ? name : "";
}

export function priorityOf({ priority }: HttpRule): number {
  return typeof priority === "number" ? priority : 0;
}

export function matchOf({ match }: HttpRule): HttpRule {
  return isRecord(match) ? match : {};
}

/** A list of the rule's `match`, as it was written. */
export function listIn(match: HttpRule, key: "exprs" | "hosts" | "paths" | "remoteAddrs"): readonly unknown[] {
  const list: unknown = match[key];
  return Array.isArray(list) ? list : [];
}

function isRecord(value: unknown): value is HttpRule {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPlugin(value: unknown): value is RoutePlugin {
  return typeof value === "object" && value !== null && "name" in value && "enable" in value;
}
