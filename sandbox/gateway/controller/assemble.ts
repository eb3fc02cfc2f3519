// Stand-in for the APISIX ingress controller 2.2: the whole configuration of one gateway.
import type { Task } from "../adc/protocol.js";
import type { ClusterView } from "./cluster-view.js";
import type { GatewayProxy, PluginHolder } from "./resources.js";
import { pluginMap } from "./translate-route.js";
import type { TranslatedRoute } from "./translate-route.js";

/** Puts translated routes and the global plugins of a GatewayProxy together. */
export function assemble(
  proxy: GatewayProxy,
  routes: readonly TranslatedRoute[],
  globalRules: readonly PluginHolder[],
  view: ClusterView,
): Task["config"] {
  const globals = new Map<string, unknown>();
  for (const { name, enabled, config } of proxy.spec.plugins ?? []) {
    if (enabled) {
      globals.set(name, config ?? {});
    }
  }
  for (const { metadata, spec } of globalRules) {
    Object.entries(pluginMap(spec.plugins ?? [], metadata.namespace, view)).forEach(([name, config]) =>
      globals.set(name, config),
    );
  }
  // Two rules may name the same backend: it is pushed once.
  const upstreams = new Map(routes.flatMap((route) => route.upstreams).map((upstream) => [upstream.id, upstream]));
  return {
    routes: routes.flatMap((route) => route.routes),
    services: routes.flatMap((route) => route.services),
    upstreams: [...upstreams.values()],
    global_rules: [...globals].map(([name, config]) => ({ id: name, plugins: { [name]: config } })),
    plugin_metadata: Object.entries(proxy.spec.pluginMetadata ?? {}).map(([name, config]) => ({
      id: name,
      ...(typeof config === "object" ? config : {}),
    })),
  };
}
