// Stand-in for the APISIX ingress controller 2.2: turns a route's backends into upstreams.
import type { ClusterView } from "./cluster-view.js";
import { endpointAddresses } from "./cluster-view.js";
import { goDurationSeconds } from "./duration.js";
import { genId } from "./ids.js";
import type { ApisixUpstream, Backend, KubeService, UpstreamConfig } from "./resources.js";

const DEFAULT_WEIGHT = 100;
const DEFAULT_TIMEOUT_SECONDS = 60;

/** An upstream in the gateway's format. */
export interface PushedUpstream {
  readonly type: string;
  readonly hash_on?: string;
  readonly key?: string;
  readonly checks?: Readonly<Record<string, unknown>>;
  readonly scheme: string;
  readonly pass_host: "pass" | "node" | "rewrite";
  readonly upstream_host?: string;
  readonly retries?: number;
  readonly timeout?: PushedTimeout;
  readonly nodes: readonly { readonly host: string; readonly port: number; readonly weight: number }[];
}

/** Seconds. */
export interface PushedTimeout {
  readonly connect: number;
  readonly send: number;
  readonly read: number;
}

/** An upstream and its share of the traffic. */
export interface WeightedUpstream {
  readonly id: string;
  readonly name: string;
  readonly upstream: PushedUpstream;
  readonly weight: number;
}

/** Names and settings of an upstream without its nodes. */
export const PLAIN_UPSTREAM = { type: "roundrobin", scheme: "http", pass_host: "pass", nodes: [] } as const;

/**
 * One backend of a route; undefined when it is dropped. That is only logged, as by the real one:
 * a missing Service, a port that the Service lacks, a headless Service with granularity "service".
 */
export function backendUpstream(
  namespace: string,
  backend: Backend,
  name: string,
  view: ClusterView,
): WeightedUpstream | undefined {
  const label = `${namespace}/${backend.serviceName}`;
  const service = view.service(namespace, backend.serviceName);
  if (service === undefined) {
    console.error(`service not found: ${label}; the backend is dropped`);
    return undefined;
  }
  const weight = backend.weight ?? DEFAULT_WEIGHT;
  const addresses = backendAddresses(namespace, backend, service, view);
  if (addresses === undefined) {
    console.error(`port ${String(backend.servicePort)} of ${label} can't be resolved; the backend is dropped`);
    return undefined;
  }
  const settings = view.upstream(namespace, backend.serviceName);
  return {
    id: genId(name),
    name,
    weight,
    upstream: {
      ...upstreamSettings(settings, Number(backend.servicePort)),
      nodes: addresses.map(({ host, port }) => ({ host, port, weight })),
    },
  };
}

/** An ApisixUpstream named by a rule's `upstreams`, with its external nodes. */
export function externalUpstream(
  source: ApisixUpstream,
  weight: number | null | undefined,
  view: ClusterView,
): WeightedUpstream {
  const name = `${source.metadata.namespace}_${source.metadata.name}`;
  const fallbackPort = source.spec.scheme === "https" ? 443 : 80;
  const nodes = (source.spec.externalNodes ?? []).flatMap((node) => {
    const host =
      node.type === "Service" ? view.service(source.metadata.namespace, node.name)?.spec.externalName : node.name;
    return host === undefined || host === null
      ? []
      : [{ host, port: node.port ?? fallbackPort, weight: node.weight ?? DEFAULT_WEIGHT }];
  });
  return {
    id: genId(name),
    name,
    weight: weight ?? DEFAULT_WEIGHT,
    upstream: { ...upstreamSettings(source), nodes },
  };
}

/** Timeouts as whole seconds, 60 where none is given; undefined when the object is not there at all. */
export function pushedTimeout(given: ApisixUpstream["spec"]["timeout"]): PushedTimeout | undefined {
  if (given === null || given === undefined) {
    return undefined;
  }
  const seconds = (text: string | null | undefined): number => {
    const whole = Math.trunc(goDurationSeconds(text ?? "") ?? 0);
    return whole > 0 ? whole : DEFAULT_TIMEOUT_SECONDS;
  };
  return { connect: seconds(given.connect), send: seconds(given.send), read: seconds(given.read) };
}

/** Settings for one port come on top of those for all. */
function upstreamSettings(source: ApisixUpstream | undefined, port?: number): PushedUpstream {
  if (source === undefined) {
    return PLAIN_UPSTREAM;
  }
  const forPort = (source.spec.portLevelSettings ?? []).find((settings) => settings.port === port);
  const common = oneLevel(source.spec);
  return forPort === undefined ? common : { ...common, ...oneLevel(forPort) };
}

function oneLevel({ retries, timeout, scheme, passHost, upstreamHost, ...rest }: UpstreamConfig): PushedUpstream {
  const seconds = pushedTimeout(timeout);
  return {
    ...loadBalancer(rest.loadbalancer),
    ...healthCheck(rest.healthCheck),
    scheme: scheme ?? "http",
    pass_host: passHost ?? "pass",
    nodes: [],
    ...(upstreamHost === null || upstreamHost === undefined ? {} : { upstream_host: upstreamHost }),
    ...(retries === null || retries === undefined ? {} : { retries }),
    ...(seconds === undefined ? {} : { timeout: seconds }),
  };
}

function loadBalancer(given: UpstreamConfig["loadbalancer"]): Pick<PushedUpstream, "type" | "hash_on" | "key"> {
  const { type = "roundrobin", hashOn, key } = given ?? {};
  return type === "chash" ? { type, hash_on: hashOn ?? "vars", key: key ?? "" } : { type };
}

/** Pushed as it is: the stand-in probes nobody. */
function healthCheck(given: UpstreamConfig["healthCheck"]): Pick<PushedUpstream, "checks"> {
  const checks = Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return checks.length === 0 ? {} : { checks: Object.fromEntries(checks) };
}

function backendAddresses(
  namespace: string,
  backend: Backend,
  service: KubeService,
  view: ClusterView,
): { readonly host: string; readonly port: number }[] | undefined {
  const { spec } = service;
  // The real 2.2 looks for the number only: a named servicePort is dropped.
  const port = spec.ports.find((candidate) => candidate.port === backend.servicePort);
  if (spec.type === "ExternalName") {
    return [{ host: spec.externalName ?? "", port: Number(backend.servicePort) }];
  }
  if (port === undefined) {
    return undefined;
  }
  if (backend.resolveGranularity === "service") {
    return spec.clusterIP === "" || spec.clusterIP === "None" ? undefined : [{ host: spec.clusterIP, port: port.port }];
  }
  return endpointAddresses(view.slices(namespace, backend.serviceName), port.name, ({ ready }) => ready);
}
