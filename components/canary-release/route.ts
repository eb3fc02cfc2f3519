import { serviceName } from "../../release/model/index.js";
import type { OwnedRoute, RoutePlugin } from "./args.js";

/** One http rule of an ApisixRoute v2, open for what we don't touch. */
export type HttpRule = Readonly<Record<string, unknown>>;

const prometheus: RoutePlugin = { name: "prometheus", enable: true, config: { prefer_name: true } };

/** `<route>-<release>-canary`, as Flagger names it. */
export function weightedRouteName(base: string, release: string): string {
  return `${base}-${release}-canary`;
}

/** The rules of an owned route at rest: everything to the primary. */
export function ownedRules(release: string, service: string, port: number, route: OwnedRoute): readonly HttpRule[] {
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
    priority: (typeof rule["priority"] === "number" ? rule["priority"] : 0) + 1,
    backends: backendsAtRest(service, port),
    plugins: withPrometheus(Array.isArray(rule["plugins"]) ? rule["plugins"].filter(isPlugin) : []),
  }));
}

/** Always both backends, in this order: adding one under load can give brief errors. */
function backendsAtRest(service: string, port: number): readonly unknown[] {
  return [
    { serviceName: serviceName(service, "primary"), servicePort: port, weight: 100 },
    { serviceName: serviceName(service, "canary"), servicePort: port, weight: 0 },
  ];
}

function withPrometheus(plugins: readonly RoutePlugin[]): readonly RoutePlugin[] {
  return plugins.some((plugin) => plugin.name === prometheus.name) ? plugins : [...plugins, prometheus];
}

function isPlugin(value: unknown): value is RoutePlugin {
  return typeof value === "object" && value !== null && "name" in value && "enable" in value;
}
