// Stand-in for Apache APISIX 3.17: turns a checked configuration into what the proxy runs on.
import type { PushedConfig, Route, Service, Upstream } from "../admin/model.js";
import { checkPlugins } from "../plugins/check.js";
import type { ActivePlugins } from "../plugins/check.js";
import { cidrList } from "./addresses.js";
import { Certificates } from "./certificates.js";
import { compileExpression } from "./expression.js";
import type { VariableReader } from "./expression.js";
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
  readonly id: string;
  readonly plugins: ActivePlugins;
  /** Undefined: no prometheus plugin here nor global, so no http metrics. */
  readonly labels: RouteLabels | undefined;
  /** Whether connections may be upgraded; else the header is left out. */
  readonly websocket: boolean;
  /** Chooses the upstream of one request; undefined when there is none. */
  readonly upstream: (read: VariableReader, worker: number) => UpstreamState | "missing" | undefined;
}

/** One configuration, ready to serve. */
export interface Routing {
  readonly table: RouteTable<CompiledRoute>;
  readonly certificates: Certificates;
  /** Plugins of global rules; they run for requests without a route too. */
  readonly global: ActivePlugins;
  /** Names of all plugins in use. */
  readonly pluginNames: readonly string[];
}

/** Compiles configurations one after the other, keeping round robins that a change does not touch. */
export class Compiler {
  readonly #robins: RoundRobinMemory<Node>;
  readonly #splits: RoundRobinMemory<number>;
  readonly #enabledPlugins: ReadonlySet<string>;

  /** `random` says where in their cycles round robins begin. */
  constructor(enabledPlugins: ReadonlySet<string>, random: () => number = Math.random) {
    this.#enabledPlugins = enabledPlugins;
    this.#robins = new RoundRobinMemory(random);
    this.#splits = new RoundRobinMemory(random);
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
    return { table: new RouteTable(routes), certificates: new Certificates(config.ssls), global, pluginNames };
  }

  #route(
    route: Route,
    service: Service | undefined,
    upstreams: ReadonlyMap<string, Upstream>,
    global: ActivePlugins,
  ): CompiledRoute {
    const plugins = checkPlugins({ ...service?.plugins, ...route.plugins }, this.#enabledPlugins);
    return {
      id: route.id,
      priority: route.priority,
      methods: route.methods === undefined || route.methods.length === 0 ? undefined : new Set<string>(route.methods),
      remote: route.remote_addrs === undefined ? undefined : cidrList(route.remote_addrs),
      condition: route.vars === undefined || route.vars.length === 0 ? undefined : compileExpression(route.vars),
      plugins: { ...global, ...plugins },
      labels: labels(route, service, plugins.prometheus ?? global.prometheus),
      websocket: route.enable_websocket,
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
    const { config, applies } = plugins.split;
    const split = compileSplit(`split/${route.id}`, config, this.#splits, { byId, inline: make });
    return (read, worker) => {
      const target = applies(read) ? split(read, worker) : "default";
      return target === "default" ? own : (target ?? "missing");
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
  return prometheus.config.prefer_name
    ? { route: route.name ?? route.id, service: service?.name ?? serviceId }
    : { route: route.id, service: serviceId };
}
