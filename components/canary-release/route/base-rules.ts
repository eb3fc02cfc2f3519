import type * as pulumi from "@pulumi/pulumi";
import { whenKnown } from "../../arguments/index.js";
import type { OwnedRoute } from "../args.js";
import { given } from "../manifests.js";
import { backendsAtRest, withPrometheus } from "./http-rule.js";
import type { HttpRule } from "./http-rule.js";

/** `<route>-<release>-canary`, as Flagger names it. */
export function weightedRouteName(base: string, release: string): string {
  return `${base}-${release}-canary`;
}

/** As a program gives it: what is left out may also be undefined. */
type Given<T> = { readonly [Key in keyof T]: T[Key] | (object extends Pick<T, Key> ? undefined : never) };

/** The rules of an owned route at rest: everything to the primary. */
export function ownedRules(
  release: string,
  service: string,
  port: pulumi.Input<number>,
  route: Given<OwnedRoute>,
): readonly HttpRule[] {
  const { ruleName, priority, hosts, paths = ["/*"], methods, websocket, plugins = [] } = route;
  return [
    {
      name: ruleName ?? release,
      ...given({ priority, websocket }),
      match: { hosts, paths, ...given({ methods }) },
      backends: backendsAtRest(service, port),
      plugins: whenKnown(plugins, withPrometheus),
    },
  ];
}
