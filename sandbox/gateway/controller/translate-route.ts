// Stand-in for the APISIX ingress controller 2.2: turns ApisixRoutes into the gateway's routes and services.
import { isIP } from "node:net";
import type { ClusterView } from "./cluster-view.js";
import { InvalidSpec, toVars } from "./expressions.js";
import { genId } from "./ids.js";
import type { ApisixRoute, HttpRule, PluginReference } from "./resources.js";
import { backendUpstream, externalUpstream, PLAIN_UPSTREAM, pushedTimeout } from "./translate-upstream.js";
import type { PushedUpstream, WeightedUpstream } from "./translate-upstream.js";

/** What one ApisixRoute adds to the push. */
export interface TranslatedRoute {
  readonly routes: readonly Readonly<Record<string, unknown>>[];
  readonly services: readonly Readonly<Record<string, unknown>>[];
  readonly upstreams: readonly NamedUpstream[];
}

/** An upstream that traffic-split refers to by id. */
export type NamedUpstream = PushedUpstream & { readonly id: string; readonly name: string };

type Plugins = Readonly<Record<string, unknown>>;

/** Translates a route. Throws InvalidSpec for what the real controller refuses before any push. */
export function translateRoute(route: ApisixRoute, view: ClusterView): TranslatedRoute {
  const names = new Set<string>();
  const rules = (route.spec.http ?? []).map((rule, index) => {
    if (names.has(rule.name)) {
      throw new InvalidSpec("duplicate route rule name");
    }
    names.add(rule.name);
    return translateRule(route, rule, index, view);
  });
  return {
    routes: rules.map((rule) => rule.route),
    services: rules.map((rule) => rule.service),
    upstreams: rules.flatMap((rule) => rule.upstreams),
  };
}

function translateRule(
  route: ApisixRoute,
  rule: HttpRule,
  index: number,
  view: ClusterView,
): {
  readonly route: Readonly<Record<string, unknown>>;
  readonly service: Readonly<Record<string, unknown>>;
  readonly upstreams: readonly NamedUpstream[];
} {
  const { namespace, name } = route.metadata;
  checkBackends(namespace, rule);
  checkRemotes(index, rule);
  const routeName = `${namespace}_${name}_${rule.name}`;
  const serviceName = `${namespace}_${name}_${String(index)}`;
  const labels = {
    "k8s/kind": "ApisixRoute",
    "k8s/name": name,
    "k8s/namespace": namespace,
    "manager-by": "apisix-ingress-controller",
  };
  const { match } = rule;
  const hosts =
    match.hosts === null || match.hosts === undefined || match.hosts.length === 0 ? {} : { hosts: match.hosts };
  const timeout = pushedTimeout(rule.timeout);
  const split = splitUpstreams(route, rule, index, view);
  return {
    route: {
      id: genId(routeName),
      name: routeName,
      labels: { ...labels, ...route.metadata.labels },
      service_id: genId(serviceName),
      desc: "Created by apisix-ingress-controller, DO NOT modify it manually",
      uris: match.paths,
      ...hosts,
      ...optionalList("methods", match.methods),
      ...optionalList("remote_addrs", match.remoteAddrs),
      ...optionalList(
        "vars",
        prefixed(index, () => toVars(match.exprs ?? [])),
      ),
      priority: rule.priority,
      enable_websocket: rule.websocket,
      ...(timeout === undefined ? {} : { timeout }),
      plugins: rulePlugins(namespace, rule, view),
    },
    service: {
      id: genId(serviceName),
      name: serviceName,
      labels,
      ...hosts,
      upstream: split.own,
      plugins: split.plugins,
    },
    upstreams: split.others,
  };
}

function checkRemotes(index: number, { match }: HttpRule): void {
  for (const entry of match.remoteAddrs ?? []) {
    const [address = "", prefix] = entry.split("/");
    const bits = isIP(address) === 6 ? 128 : 32;
    if (isIP(address) === 0 || (prefix !== undefined && !(/^\d+$/.test(prefix) && Number(prefix) <= bits))) {
      throw new InvalidSpec(`.spec.http[${String(index)}].match.remoteAddrs: invalid remote address: ${entry}`);
    }
  }
}

function checkBackends(namespace: string, rule: HttpRule): void {
  const seen = new Set<string>();
  for (const { serviceName } of rule.backends ?? []) {
    if (seen.has(serviceName)) {
      throw new InvalidSpec(`duplicate backend service: ${namespace}/${serviceName}`);
    }
    seen.add(serviceName);
  }
}

/**
 * The first backend that exists becomes the service's upstream, the others go into traffic-split by id.
 * A single one gets everything, whatever its weight.
 * With no endpoint behind the first one nothing is split at all and every request gets a 503.
 */
function splitUpstreams(
  { metadata: { namespace, name } }: ApisixRoute,
  rule: HttpRule,
  index: number,
  view: ClusterView,
): { readonly own: PushedUpstream; readonly others: readonly NamedUpstream[]; readonly plugins: Plugins } {
  const weighted: WeightedUpstream[] = [
    ...(rule.backends ?? []).flatMap((backend, position) => {
      // The place is the identity: another backend in it takes over what was there.
      const upstreamName = [namespace, name, String(index), String(position)].join("_");
      return backendUpstream(namespace, backend, upstreamName, view) ?? [];
    }),
    ...(rule.upstreams ?? []).flatMap(({ name, weight }) => {
      const source = view.upstream(namespace, name);
      return source === undefined ? [] : externalUpstream(source, weight, view);
    }),
  ];
  const [first, ...others] = weighted;
  if (first === undefined || first.upstream.nodes.length === 0) {
    return { own: PLAIN_UPSTREAM, others: [], plugins: {} };
  }
  if (others.length === 0) {
    return { own: first.upstream, others: [], plugins: {} };
  }
  const weights = [{ weight: first.weight }, ...others.map(({ id, weight }) => ({ upstream_id: id, weight }))];
  return {
    own: first.upstream,
    others: others.map(({ id, name, upstream }) => ({ id, name, ...upstream })),
    plugins: { "traffic-split": { rules: [{ weighted_upstreams: weights }] } },
  };
}

function rulePlugins(namespace: string, rule: HttpRule, view: ClusterView): Plugins {
  const configName = rule.plugin_config_name ?? "";
  const configNamespace = rule.plugin_config_namespace ?? namespace;
  const shared = configName === "" ? undefined : view.pluginConfig(configNamespace, configName);
  if (configName !== "" && shared === undefined) {
    throw new InvalidSpec(`failed to get ApisixPluginConfig: ${configNamespace}/${configName}`);
  }
  return {
    ...pluginMap(shared?.spec.plugins ?? [], configNamespace, view),
    ...pluginMap(rule.plugins ?? [], namespace, view),
  };
}

/** The enabled plugins by name, with the values of their Secrets filled in. Throws InvalidSpec without the Secret. */
export function pluginMap(plugins: readonly PluginReference[], namespace: string, view: ClusterView): Plugins {
  const enabled = plugins.filter((plugin) => plugin.enable);
  return Object.fromEntries(enabled.map((plugin) => [plugin.name, withSecret(plugin, namespace, view)]));
}

function withSecret(plugin: PluginReference, namespace: string, view: ClusterView): Plugins {
  const config = plugin.config ?? {};
  const reference = plugin.secretRef ?? "";
  if (reference === "") {
    return config;
  }
  const secret = view.secret(namespace, reference);
  if (secret === undefined) {
    throw new InvalidSpec(`failed to get Secret: ${namespace}/${reference}`);
  }
  const values = Object.entries(secret.data ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")] as const,
  );
  return { ...config, ...Object.fromEntries(values) };
}

function prefixed<T>(index: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof InvalidSpec
      ? new InvalidSpec(`.spec.http[${String(index)}].match.exprs: ${error.message}`)
      : error;
  }
}

function optionalList(key: string, values: readonly unknown[] | null | undefined): Plugins {
  return values === null || values === undefined || values.length === 0 ? {} : { [key]: values };
}
