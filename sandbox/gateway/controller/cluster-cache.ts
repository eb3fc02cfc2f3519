// Stand-in for the APISIX ingress controller 2.2: copies of everything it watches.
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterView } from "./cluster-view.js";
import { KubeError } from "./kube.js";
import type { KubeApi } from "./kube.js";
import { Reflector } from "./reflector.js";
import {
  anyObjectSchema,
  apisixRouteSchema,
  apisixTlsSchema,
  apisixUpstreamSchema,
  endpointSliceSchema,
  gatewayProxySchema,
  ingressClassSchema,
  pluginHolderSchema,
  secretSchema,
  serviceSchema,
} from "./resources.js";
import type {
  AnyObject,
  ApisixRoute,
  ApisixTls,
  ApisixUpstream,
  EndpointSlice,
  GatewayProxy,
  IngressClass,
  KubeService,
  PluginHolder,
  Secret,
} from "./resources.js";

const V2 = "/apis/apisix.apache.org/v2";
const V1ALPHA1 = "/apis/apisix.apache.org/v1alpha1";

/** The CRDs without which the controller does not start: group version path and plurals. */
const REQUIRED_RESOURCES: Readonly<Record<string, readonly string[]>> = {
  [V2]: [
    "apisixroutes",
    "apisixupstreams",
    "apisixpluginconfigs",
    "apisixglobalrules",
    "apisixtlses",
    "apisixconsumers",
  ],
  [V1ALPHA1]: [
    "gatewayproxies",
    "consumers",
    "pluginconfigs",
    "backendtrafficpolicies",
    "httproutepolicies",
    "l4routepolicies",
  ],
};

/** Watched for their own sake only: the real controller needs them, the stand-in does nothing with them. */
const WATCHED_ONLY = [
  `${V2}/apisixconsumers`,
  `${V1ALPHA1}/consumers`,
  `${V1ALPHA1}/pluginconfigs`,
  `${V1ALPHA1}/backendtrafficpolicies`,
  `${V1ALPHA1}/httproutepolicies`,
  `${V1ALPHA1}/l4routepolicies`,
  "/apis/networking.k8s.io/v1/ingresses",
];

const ACCESS_RETRY_MS = 5000;

/** Listed once, to see that the permissions are there. */
const LISTED_ONLY = ["/api/v1/namespaces", "/api/v1/pods"];

/** An object that has changed; `name` of an endpoint slice is its Service's. */
export interface Change {
  readonly kind:
    "route" | "tls" | "upstream" | "pluginconfig" | "globalrule" | "class" | "proxy" | "service" | "slice" | "secret";
  readonly namespace: string;
  readonly name: string;
}

/** Hears of changes that an object's translation may depend on. */
export type ChangeListener = (change: Change) => void;

/** Live copies of the cluster's objects. */
export class ClusterCache implements ClusterView {
  readonly routes: Reflector<ApisixRoute>;
  readonly upstreams: Reflector<ApisixUpstream>;
  readonly pluginConfigs: Reflector<PluginHolder>;
  readonly globalRules: Reflector<PluginHolder>;
  readonly tlses: Reflector<ApisixTls>;
  readonly #classes: Reflector<IngressClass>;
  readonly #proxies: Reflector<GatewayProxy>;
  readonly #services: Reflector<KubeService>;
  readonly #slices: Reflector<EndpointSlice>;
  readonly #secrets: Reflector<Secret>;
  readonly #others: readonly Reflector<AnyObject>[];
  readonly #client: KubeApi;
  #accessProblem: string | undefined = "permissions not checked yet";

  constructor(client: KubeApi, changed: ChangeListener) {
    this.#client = client;
    const on =
      (kind: Change["kind"], same: (before: AnyObject | undefined, after: AnyObject | undefined) => boolean) =>
      (_key: string, before: AnyObject | undefined, after: AnyObject | undefined): void => {
        const { metadata } = after ?? before ?? {};
        if (metadata !== undefined && !same(before, after)) {
          const name = kind === "slice" ? metadata.labels[SERVICE_LABEL] : metadata.name;
          changed({ kind, namespace: metadata.namespace, name: name ?? "" });
        }
      };
    this.routes = new Reflector(client, `${V2}/apisixroutes`, apisixRouteSchema, on("route", sameSpec));
    this.tlses = new Reflector(client, `${V2}/apisixtlses`, apisixTlsSchema, on("tls", sameSpec));
    this.upstreams = new Reflector(client, `${V2}/apisixupstreams`, apisixUpstreamSchema, on("upstream", sameSpec));
    const pluginConfigs = `${V2}/apisixpluginconfigs`;
    this.pluginConfigs = new Reflector(client, pluginConfigs, pluginHolderSchema, on("pluginconfig", sameSpec));
    const globalRules = `${V2}/apisixglobalrules`;
    this.globalRules = new Reflector(client, globalRules, pluginHolderSchema, on("globalrule", sameSpec));
    const classes = "/apis/networking.k8s.io/v1/ingressclasses";
    this.#classes = new Reflector(client, classes, ingressClassSchema, on("class", sameContent));
    this.#proxies = new Reflector(client, `${V1ALPHA1}/gatewayproxies`, gatewayProxySchema, on("proxy", sameSpec));
    this.#services = new Reflector(client, "/api/v1/services", serviceSchema, on("service", sameContent));
    this.#secrets = new Reflector(client, "/api/v1/secrets", secretSchema, on("secret", sameContent));
    const slices = "/apis/discovery.k8s.io/v1/endpointslices";
    this.#slices = new Reflector(client, slices, endpointSliceSchema, on("slice", sameContent));
    this.#others = WATCHED_ONLY.map((path) => new Reflector(client, path, anyObjectSchema, () => undefined));
  }

  /** Starts all watches. */
  start(): void {
    this.#all().forEach((reflector) => void reflector.run());
    void this.#checkAccess();
  }

  /** Why the copies can't be relied upon yet; undefined when all is well. */
  problem(): string | undefined {
    const reflectors = this.#all();
    const missing = reflectors.find((reflector) => !reflector.synced);
    const forbidden = reflectors.find((reflector) => reflector.problem?.includes("forbidden") === true);
    if (missing !== undefined) {
      return missing.problem ?? "caches are not synced yet";
    }
    return forbidden?.problem ?? this.#accessProblem;
  }

  service(namespace: string, name: string): KubeService | undefined {
    return this.#services.get(namespace, name);
  }

  slices(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#slices
      .all()
      .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels[SERVICE_LABEL] === service);
  }

  upstream(namespace: string, name: string): ApisixUpstream | undefined {
    return this.upstreams.get(namespace, name);
  }

  pluginConfig(namespace: string, name: string): PluginHolder | undefined {
    return this.pluginConfigs.get(namespace, name);
  }

  secret(namespace: string, name: string): Secret | undefined {
    return this.#secrets.get(namespace, name);
  }

  ingressClasses(): readonly IngressClass[] {
    return this.#classes.all();
  }

  gatewayProxy(namespace: string, name: string): GatewayProxy | undefined {
    return this.#proxies.get(namespace, name);
  }

  gatewayProxies(): readonly GatewayProxy[] {
    return this.#proxies.all();
  }

  #all(): readonly { readonly synced: boolean; readonly problem: string | undefined; run(): Promise<never> }[] {
    return [
      this.routes,
      this.upstreams,
      this.pluginConfigs,
      this.globalRules,
      this.tlses,
      this.#classes,
      this.#proxies,
      this.#services,
      this.#slices,
      this.#secrets,
      ...this.#others,
    ];
  }

  async #checkAccess(): Promise<void> {
    for (;;) {
      try {
        for (const path of LISTED_ONLY) {
          await this.#client.json("GET", `${path}?limit=1`);
        }
        this.#accessProblem = undefined;
        return;
      } catch (error) {
        this.#accessProblem = error instanceof Error ? error.message : String(error);
        console.error(`failed to list: ${this.#accessProblem}`);
        await sleep(ACCESS_RETRY_MS, undefined, { ref: false });
      }
    }
  }
}

const SERVICE_LABEL = "kubernetes.io/service-name";

function sameSpec(before: AnyObject | undefined, after: AnyObject | undefined): boolean {
  return (
    before !== undefined &&
    after !== undefined &&
    before.metadata.generation === after.metadata.generation &&
    JSON.stringify([before.metadata.labels, before.metadata.annotations]) ===
      JSON.stringify([after.metadata.labels, after.metadata.annotations])
  );
}

function sameContent(before: AnyObject | undefined, after: AnyObject | undefined): boolean {
  const content = (object: AnyObject | undefined) =>
    object === undefined ? "" : JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: "" } });
  return content(before) === content(after);
}

/** Throws when a CRD that the controller watches is not installed. */
export async function checkCrds(client: KubeApi): Promise<void> {
  for (const [path, plurals] of Object.entries(REQUIRED_RESOURCES)) {
    const present = await resourcesOf(client, path);
    const missing = plurals.find((plural) => !present.includes(plural));
    if (missing !== undefined) {
      const version = path.slice(path.lastIndexOf("/") + 1);
      throw new Error(`no matches for ${missing} in version apisix.apache.org/${version}: is the CRD installed?`);
    }
  }
}

async function resourcesOf(client: KubeApi, path: string): Promise<readonly string[]> {
  try {
    const answer = await client.json("GET", path);
    const resources: unknown =
      typeof answer === "object" && answer !== null && "resources" in answer ? answer.resources : [];
    return Array.isArray(resources) ? resources.flatMap((entry: unknown) => nameOf(entry)) : [];
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) {
      return [];
    }
    throw error;
  }
}

function nameOf(entry: unknown): string[] {
  return typeof entry === "object" && entry !== null && "name" in entry && typeof entry.name === "string"
    ? [entry.name]
    : [];
}
