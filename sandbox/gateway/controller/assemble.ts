// Stand-in for the APISIX ingress controller 2.2: the whole configuration of one gateway.
import type { Resources } from "../adc/protocol.js";
import type { ClusterView } from "./cluster-view.js";
import type { GatewayProxy, PluginHolder } from "./resources.js";
import { pluginMap } from "./translate-route.js";
import type { TranslatedRoute } from "./translate-route.js";
import type { PushedSsl } from "./translate-tls.js";

/** Puts translated routes and the global plugins of a GatewayProxy together. */
export function assemble(
  proxy: GatewayProxy,
  routes: readonly TranslatedRoute[],
  ssls: readonly PushedSsl[],
  globalRules: readonly PluginHolder[],
  view: ClusterView,
): Resources {
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
  return {
    routes: routes.flatMap((route) => route.routes.map((each) => ({ ...each }))),
    services: routes.flatMap((route) => route.services.map((each) => ({ ...each }))),
    upstreams: routes.flatMap((route) => route.upstreams.map((each) => ({ ...each }))),
    ssls: ssls.map((ssl) => ({ ...ssl })),
    global_rules: [...globals].map(([name, config]) => ({ id: name, plugins: { [name]: config } })),
    plugin_metadata: Object.entries(proxy.spec.pluginMetadata ?? {}).map(([name, config]) => ({
      id: name,
      ...(typeof config === "object" ? config : {}),
    })),
  };
}
