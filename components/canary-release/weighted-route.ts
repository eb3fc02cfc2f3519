import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { annotations } from "../../release/model/index.js";
import { analysis as schema, check, inOneLine, pathText } from "../../release/settings/index.js";
import type { AnalysisInput, AnalysisSettings } from "../../release/settings/index.js";
import { mirrorOf, ownRulesOf } from "../../release/strategy/index.js";
import { refusalOf } from "../errors/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import { clonedRules, ownedRules, refusalsOf, rulesAtRest } from "./route/index.js";
import type { HttpRule } from "./route/index.js";

/** What the weighted route of a release says at rest. */
export interface RouteAtRest {
  readonly rules: pulumi.Output<readonly HttpRule[]>;
  /** For who knows the route alone: which of its rules are ours to add. */
  readonly annotations: pulumi.Output<Readonly<Record<string, string>>>;
}

/** @param uid of the release's own object: nobody can guess it, and it stays */
export function routeAtRest(
  component: pulumi.Resource,
  release: string,
  args: CanaryReleaseArgs,
  uid: pulumi.Output<string | undefined>,
): RouteAtRest {
  const analysis = pulumi.output(args.analysis).apply(settingsOf);
  const base = baseRules(component, release, args);
  const own = pulumi.unsecret(analysis).apply((settings) => (settings === undefined ? [] : ownRulesOf(settings)));
  const service = args.service.name ?? release;
  const build = (given: typeof analysis): pulumi.Output<readonly HttpRule[]> =>
    pulumi.all([base, given]).apply(([rules, settings]) => {
      if (settings === undefined || ownRulesOf(settings).length === 0) return pulumi.output(rules);
      refuse(component, rules, settings);
      const token = mirrorOf(settings) === undefined ? pulumi.output("") : uid.apply(tokenOf);
      return token.apply((mirrorToken) =>
        rulesAtRest(rules, { analysis: settings, service, port: args.service.port, mirrorToken }),
      );
    });
  // A secret anywhere in the analysis makes all of it one; of that only these kinds of rules show a value.
  const mayShow = own.apply((kinds) => kinds.includes("match") || kinds.includes("preview"));
  return {
    rules: mayShow.apply((may) => build(may ? analysis : pulumi.unsecret(analysis))),
    annotations: own.apply((kinds): Readonly<Record<string, string>> =>
      kinds.length === 0 ? {} : { [annotations.rules]: kinds.join(",") },
    ),
  };
}

/** Undefined where it can't be read: the runtime says why. */
function settingsOf(input: AnalysisInput): AnalysisSettings | undefined {
  const checked = check(schema, input);
  return checked.kind === "valid" ? checked.settings : undefined;
}

function refuse(component: pulumi.Resource, rules: readonly HttpRule[], analysis: AnalysisSettings): void {
  const found = refusalsOf(rules, analysis).map(({ path, message }) => ({ path: pathText(path), message }));
  if (found.length > 0) throw refusalOf(component, inOneLine(found));
}

function baseRules(
  component: pulumi.Resource,
  release: string,
  { service, route, routeRef, namespace }: CanaryReleaseArgs,
): pulumi.Output<readonly HttpRule[]> {
  const name = service.name ?? release;
  if (route !== undefined) return pulumi.output(ownedRules(release, name, service.port, route));
  const source = k8s.apiextensions.CustomResource.get(`${release}-source-route`, {
    apiVersion: "apisix.apache.org/v2",
    kind: "ApisixRoute",
    id: pulumi.interpolate`${namespace}/${routeRef?.name}`,
    parent: component,
  });
  return sourceRules(source).apply((rules) => clonedRules(rules, name, service.port));
}

function sourceRules(source: k8s.apiextensions.CustomResource): pulumi.Output<readonly HttpRule[]> {
  const spec: pulumi.Output<unknown> = pulumi.output<unknown>(Reflect.get(source, "spec"));
  return spec.apply((live): readonly HttpRule[] => {
    const http: unknown = typeof live === "object" && live !== null ? Reflect.get(live, "http") : undefined;
    return Array.isArray(http)
      ? http.filter((rule): rule is HttpRule => typeof rule === "object" && rule !== null)
      : [];
  });
}

const tokenLength = 16;

function tokenOf(uid: string | undefined): string {
  return createHash("sha256")
    .update(uid ?? "")
    .digest("hex")
    .slice(0, tokenLength);
}
