import type { OwnedRoute } from "../args.js";
import { backendsAtRest, pluginsOf, priorityOf, withPrometheus } from "./http-rule.js";
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
  port: number,
  route: Given<OwnedRoute>,
): readonly HttpRule[] {
  return [
    {
      name: route.ruleName ?? release,
      ...(route.priority === undefined ? {} : { priority: route.priority }),
      match: {
        hosts: [...route.hosts],
        paths: [...(route.paths ?? ["/*"])],
        ...(route.methods === undefined ? {} : { methods: [...route.methods] }),
      },
      backends: backendsAtRest(service, port),
      plugins: withPrometheus(route.plugins ?? []),
    },
  ];
}

/** The rules of somebody else's route, split between primary and canary, one priority above their source. */
export function clonedRules(source: readonly HttpRule[], service: string, port: number): readonly HttpRule[] {
  return source.map((rule) => ({
    ...rule,
    priority: priorityOf(rule) + 1,
    backends: backendsAtRest(service, port),
    plugins: withPrometheus(pluginsOf(rule)),
  }));
}
