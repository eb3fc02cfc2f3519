// Stand-in for the APISIX ingress controller 2.2: translates objects when they change, and says that they are accepted.
import type { Change, ClusterCache } from "./cluster-cache.js";
import type { ControllerConfig } from "./config.js";
import { InvalidSpec } from "./expressions.js";
import { classOf, proxyOf } from "./gateway-target.js";
import { objectKey } from "./reflector.js";
import type { AnyObject, ApisixRoute, ApisixTls, PluginHolder } from "./resources.js";
import type { StatusWriter, Verdict } from "./status.js";
import { translateRoute } from "./translate-route.js";
import type { TranslatedRoute } from "./translate-route.js";
import { translateTls } from "./translate-tls.js";
import type { PushedSsl } from "./translate-tls.js";

/** From an object's change until it has been looked at. */
const QUEUE_MS = { shortest: 20, longest: 35 };

export const ACCEPTED = { status: "True", reason: "Accepted", message: "" } as const;
const TLS_ACCEPTED = { ...ACCEPTED, message: "The apisix tls has been accepted and synced to APISIX" } as const;

/** The last good translation of an object, and the GatewayProxy it goes to. */
interface Stored<T> {
  readonly namespace: string;
  readonly name: string;
  readonly proxy: string;
  readonly translated: T;
}

/** What goes to one GatewayProxy. */
export interface Work {
  readonly routes: readonly Stored<TranslatedRoute>[];
  readonly tlses: readonly Stored<PushedSsl>[];
  readonly globalRules: readonly PluginHolder[];
}

/**
 * Objects are translated one by one as they change. A good translation is accepted at once, before it has been
 * pushed; of an invalid object the last good translation stays in force.
 */
export class Reconciler {
  readonly #cache: ClusterCache;
  readonly #status: StatusWriter;
  readonly #config: ControllerConfig;
  readonly #notify: () => void;
  readonly #routes = new Map<string, Stored<TranslatedRoute>>();
  readonly #tlses = new Map<string, Stored<PushedSsl>>();
  #changes: Change[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `notify` asks for a push. */
  constructor(cache: ClusterCache, status: StatusWriter, config: ControllerConfig, notify: () => void) {
    this.#cache = cache;
    this.#status = status;
    this.#config = config;
    this.#notify = notify;
  }

  /** Takes note of a change; it is acted upon a little later, together with others. */
  changed(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length === 1) {
      const delay = QUEUE_MS.shortest + Math.random() * (QUEUE_MS.longest - QUEUE_MS.shortest);
      this.#timer = setTimeout(() => {
        this.#work();
      }, delay);
    }
  }

  /** Looks at everything, as at the start. */
  all(): void {
    clearTimeout(this.#timer);
    this.#changes = [];
    this.#cache.routes.all().forEach((route) => {
      this.#route(route);
    });
    this.#cache.tlses.all().forEach((tls) => {
      this.#tls(tls);
    });
    this.#acceptOthers();
    this.#notify();
  }

  /** What goes to a GatewayProxy, in a fixed order. */
  workOf(proxyKey: string): Work {
    const inOrder = <T>(stored: ReadonlyMap<string, Stored<T>>): Stored<T>[] =>
      [...stored.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, value]) => value)
        .filter(({ proxy }) => proxy === proxyKey);
    const globalRules = this.#cache.globalRules
      .all()
      .filter((rule) => this.#proxyKey(rule.spec.ingressClassName) === proxyKey);
    return { routes: inOrder(this.#routes), tlses: inOrder(this.#tlses), globalRules };
  }

  #work(): void {
    const changes = this.#changes;
    this.#changes = [];
    const routes = this.#cache.routes.all().filter((route) => changes.some((change) => concerns(change, route)));
    const tlses = this.#cache.tlses.all().filter((tls) => changes.some((change) => concernsTls(change, tls)));
    routes.forEach((route) => {
      this.#route(route);
    });
    tlses.forEach((tls) => {
      this.#tls(tls);
    });
    this.#forget(this.#routes, this.#cache.routes);
    this.#forget(this.#tlses, this.#cache.tlses);
    const own = changes.some(({ kind }) => kind === "route" || kind === "tls");
    const others = changes.some(({ kind }) => kind === "upstream" || kind === "pluginconfig" || kind === "globalrule");
    if (others) {
      this.#acceptOthers();
    }
    const rest = changes.some((change) => this.#concernsGateways(change));
    if (routes.length + tlses.length > 0 || own || others || rest) {
      this.#notify();
    }
  }

  /** Whether a change alters which gateways there are, or the key to them. */
  #concernsGateways({ kind, namespace, name }: Change): boolean {
    if (kind === "class" || kind === "proxy") {
      return true;
    }
    return this.#cache.gatewayProxies().some(({ metadata, spec }) => {
      const { service, auth } = spec.provider?.controlPlane ?? {};
      const secret = auth?.adminKey?.valueFrom?.secretKeyRef;
      const named =
        kind === "secret" ? secret?.name : kind === "slice" || kind === "service" ? service?.name : undefined;
      return metadata.namespace === namespace && named === name;
    });
  }

  #route(route: ApisixRoute): void {
    const { namespace, name, generation } = route.metadata;
    this.#store(
      this.#routes,
      "apisixroutes",
      route,
      route.spec.ingressClassName,
      () => translateRoute(route, this.#cache),
      {
        ...ACCEPTED,
        generation,
      },
    );
    this.#explainMissingProxy("apisixroutes", namespace, name, route.spec.ingressClassName);
  }

  #tls(tls: ApisixTls): void {
    const { generation } = tls.metadata;
    this.#store(this.#tlses, "apisixtlses", tls, tls.spec.ingressClassName, () => translateTls(tls, this.#cache), {
      ...TLS_ACCEPTED,
      generation,
    });
  }

  #store<T>(
    stored: Map<string, Stored<T>>,
    plural: string,
    { metadata: { namespace, name, generation } }: Pick<AnyObject, "metadata">,
    className: string | null | undefined,
    translate: () => T,
    accepted: Verdict,
  ): void {
    const proxy = this.#proxyKey(className);
    const key = objectKey(namespace, name);
    if (proxy === undefined) {
      stored.delete(key);
      return;
    }
    try {
      stored.set(key, { namespace, name, proxy, translated: translate() });
      this.#status.set({ plural, namespace, name }, accepted);
    } catch (error) {
      if (!(error instanceof InvalidSpec)) {
        throw error;
      }
      const verdict = { status: "False", reason: "InvalidSpec", message: error.message, generation } as const;
      this.#status.set({ plural, namespace, name }, verdict);
    }
  }

  /** A class of ours that names a GatewayProxy which isn't there. Objects of other classes hear nothing at all. */
  #explainMissingProxy(plural: string, namespace: string, name: string, className: string | null | undefined): void {
    const ingressClass = classOf(className, this.#config.controller_name, this.#cache);
    const wanted = ingressClass?.spec.parameters?.name;
    if (wanted !== undefined && this.#proxyKey(className) === undefined) {
      const message = `GatewayProxy.apisix.apache.org "${wanted}" not found`;
      this.#status.set({ plural, namespace, name }, { status: "False", reason: "InvalidSpec", message });
    }
  }

  #forget<T>(
    stored: Map<string, Stored<T>>,
    present: { get(namespace: string, name: string): AnyObject | undefined },
  ): void {
    const gone = [...stored].filter(([, { namespace, name }]) => present.get(namespace, name) === undefined);
    gone.forEach(([key]) => stored.delete(key));
  }

  #acceptOthers(): void {
    for (const [plural, reflector] of [
      ["apisixupstreams", this.#cache.upstreams],
      ["apisixpluginconfigs", this.#cache.pluginConfigs],
      ["apisixglobalrules", this.#cache.globalRules],
    ] as const) {
      for (const { metadata, spec } of reflector.all()) {
        if (classOf(spec.ingressClassName, this.#config.controller_name, this.#cache) !== undefined) {
          const { namespace, name, generation } = metadata;
          this.#status.set({ plural, namespace, name }, { ...ACCEPTED, generation });
        }
      }
    }
  }

  #proxyKey(className: string | null | undefined): string | undefined {
    const ingressClass = classOf(className, this.#config.controller_name, this.#cache);
    const proxy = ingressClass === undefined ? undefined : proxyOf(ingressClass, this.#cache);
    return proxy === undefined ? undefined : objectKey(proxy.metadata.namespace, proxy.metadata.name);
  }
}

/**
 * Whether a route is looked at again. A Service is not watched, its endpoints are: a route that names a Service which
 * is made later hears of it by the first slice.
 */
function concerns({ kind, namespace, name }: Change, { metadata, spec }: ApisixRoute): boolean {
  const rules = spec.http ?? [];
  const same = metadata.namespace === namespace;
  switch (kind) {
    case "route":
      return same && metadata.name === name;
    case "class":
    case "proxy":
      return true;
    case "slice":
      return same && rules.some(({ backends }) => backends?.some(({ serviceName }) => serviceName === name));
    case "upstream":
      return (
        same &&
        rules.some(
          ({ backends, upstreams }) =>
            backends?.some(({ serviceName }) => serviceName === name) === true ||
            upstreams?.some((upstream) => upstream.name === name) === true,
        )
      );
    case "pluginconfig":
      return rules.some(
        (rule) =>
          rule.plugin_config_name === name && (rule.plugin_config_namespace ?? metadata.namespace) === namespace,
      );
    case "secret":
      return same && rules.some(({ plugins }) => plugins?.some(({ secretRef }) => secretRef === name));
    case "tls":
    case "globalrule":
    case "service":
      return false;
  }
}

function concernsTls({ kind, namespace, name }: Change, { metadata, spec }: ApisixTls): boolean {
  switch (kind) {
    case "tls":
      return metadata.namespace === namespace && metadata.name === name;
    case "secret":
      return spec.secret.namespace === namespace && spec.secret.name === name;
    case "class":
    case "proxy":
      return true;
    case "route":
    case "upstream":
    case "pluginconfig":
    case "globalrule":
    case "service":
    case "slice":
      return false;
  }
}
