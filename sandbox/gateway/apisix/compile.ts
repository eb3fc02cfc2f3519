// Stand-in for Apache APISIX 3.17: turns a checked configuration into what the proxy runs on.
import { cidrList } from "./addresses.js";
import { compileExpression } from "./expression.js";
import type { VariableReader } from "./expression.js";
import type { PushedConfig, Route, Service, Upstream } from "./model.js";
import { checkPlugins } from "./plugins.js";
import type { ActivePlugins } from "./plugins.js";
import { RouteTable } from "./route-table.js";
import type { Matchable } from "./route-table.js";
import { compileSplit } from "./split.js";
import { upstreamState, weightedNodes } from "./upstream.js";
import type { Node, UpstreamState } from "./upstream.js";
import { RoundRobinMemory } from "./weighted.js";

/** The labels that a request of this route gets in the metrics. */
export interface RouteLabels {
  readonly route: string;
  readonly service: string;
}

/** A route as the proxy uses it. */
export interface CompiledRoute extends Matchable {
  readonly plugins: ActivePlugins;
  /** Undefined: no prometheus plugin here nor global, so no http metrics. */
  readonly labels: RouteLabels | undefined;
  /** Chooses the upstream of one request; undefined when there is none. */
  readonly upstream: (read: VariableReader) => UpstreamState | undefined;
}

/** One configuration, ready to serve. */
export interface Routing {
  readonly table: RouteTable<CompiledRoute>;
  /** Plugins of global rules; they run for requests without a route too. */
  readonly global: ActivePlugins;
  /** Names of all plugins in use. */
  readonly pluginNames: readonly string[];
}

/** Compiles configurations one after the other, keeping round robins that a change does not touch. */
export class Compiler {
  readonly #robins = new RoundRobinMemory<Node>();
  readonly #splits = new RoundRobinMemory<number>();
  readonly #enabledPlugins: ReadonlySet<string>;

  constructor(enabledPlugins: ReadonlySet<string>) {
    this.#enabledPlugins = enabledPlugins;
  }

  compile(config: PushedConfig): Routing {
    this.#robins.begin();
    this.#splits.begin();
    const services = new Map(config.services.map((service) => [service.id, service]));
    const upstreams = new Map(config.upstreams.map((upstream) => [upstream.id ?? "", upstream]));
    const global = checkPlugins(
      Object.fromEntries(config.globalRules.flatMap((rule) => Object.entries(rule.plugins))),
      this.#enabledPlugins,
    );
    const routes = config.routes
      .filter((route) => route.status === 1)
      .map((route) => {
        const service = route.service_id === undefined ? undefined : services.get(route.service_id);
        const hosts = route.hosts ?? (route.host === undefined ? service?.hosts : [route.host]) ?? [];
        const uris = route.uris ?? (route.uri === undefined ? [] : [route.uri]);
        return { route: this.#route(route, service, upstreams, global), hosts, uris };
      });
    const users = [...config.globalRules, ...config.services, ...config.routes];
    const pluginNames = [...new Set(users.flatMap((user) => Object.keys(user.plugins ?? {})))];
    return { table: new RouteTable(routes), global, pluginNames };
  }

  #route(
    route: Route,
    service: Service | undefined,
    upstreams: ReadonlyMap<string, Upstream>,
    global: ActivePlugins,
  ): CompiledRoute {
    const plugins = checkPlugins({ ...service?.plugins, ...route.plugins }, this.#enabledPlugins);
    return {
      priority: route.priority,
      methods: route.methods === undefined || route.methods.length === 0 ? undefined : new Set<string>(route.methods),
      remote: route.remote_addrs === undefined ? undefined : cidrList(route.remote_addrs),
      condition: route.vars === undefined || route.vars.length === 0 ? undefined : compileExpression(route.vars),
      plugins,
      labels: labels(route, service, plugins.prometheus ?? global.prometheus),
      upstream: this.#chooser(route, service, plugins, upstreams),
    };
  }

  #chooser(
    route: Route,
    service: Service | undefined,
    plugins: ActivePlugins,
    upstreams: ReadonlyMap<string, Upstream>,
  ): CompiledRoute["upstream"] {
    const make = (key: string, upstream: Upstream): UpstreamState =>
      upstreamState(upstream, this.#robins.robin(key, weightedNodes(upstream)), route.timeout);
    const byId = (id: string): UpstreamState | undefined => {
      const upstream = upstreams.get(id);
      return upstream === undefined ? undefined : make(`upstream/${id}`, upstream);
    };
    const id = route.upstream_id ?? (route.upstream === undefined ? service?.upstream_id : undefined);
    const inline = route.upstream ?? service?.upstream;
    const own = id !== undefined ? byId(id) : inline === undefined ? undefined : make(`own/${route.id}`, inline);
    if (plugins.split === undefined) {
      return () => own;
    }
    const split = compileSplit(`split/${route.id}`, plugins.split, this.#splits, { byId, inline: make });
    return (read) => {
      const target = split(read);
      return target === "default" ? own : target;
    };
  }
}

function labels(
  route: Route,
  service: Service | undefined,
  prometheus: ActivePlugins["prometheus"],
): RouteLabels | undefined {
  if (prometheus === undefined) {
    return undefined;
  }
  const serviceId = route.service_id ?? "";
  return prometheus.prefer_name
    ? { route: route.name ?? route.id, service: service?.name ?? serviceId }
    : { route: route.id, service: serviceId };
}
