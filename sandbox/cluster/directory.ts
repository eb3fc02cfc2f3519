import { CoreV1Api, DiscoveryV1Api, makeInformer } from "@kubernetes/client-node";
import type { KubeConfig, KubernetesListObject, V1Endpoint, V1EndpointSlice, V1Service } from "@kubernetes/client-node";

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** `address:port` of the ready endpoints. */
  readonly endpoints: readonly { readonly address: string; readonly port: number }[];
}

/** What the proxy and the name server need of one Service. */
export interface ServiceEntry {
  readonly namespace: string;
  readonly name: string;
  /** "None" for a headless one, "" for an external name. */
  readonly clusterIp: string;
  readonly externalName: string | undefined;
  readonly ports: readonly ServicePort[];
  /** Addresses of its ready endpoints (all of them where it publishes not-ready ones). */
  readonly addresses: readonly string[];
}

/** Services with their endpoints, kept by watching; tells whenever anything changes. */
export class Directory {
  private readonly services = new Map<string, V1Service>();
  private readonly slices = new Map<string, V1EndpointSlice>();

  constructor(
    private readonly config: KubeConfig,
    private readonly onChange: (namespace: string, name: string) => void,
  ) {}

  async start(): Promise<void> {
    const core = this.config.makeApiClient(CoreV1Api);
    const discovery = this.config.makeApiClient(DiscoveryV1Api);
    await Promise.all([
      this.follow<V1Service>(
        "/api/v1/services",
        () => core.listServiceForAllNamespaces(),
        this.services,
        (service) => service.metadata?.name,
      ),
      this.follow<V1EndpointSlice>(
        "/apis/discovery.k8s.io/v1/endpointslices",
        () => discovery.listEndpointSliceForAllNamespaces(),
        this.slices,
        serviceOf,
      ),
    ]);
  }

  get(namespace: string, name: string): ServiceEntry | undefined {
    const service = this.services.get(`${namespace}/${name}`);
    return service === undefined ? undefined : this.entry(namespace, name, service);
  }

  private async follow<T extends V1Service | V1EndpointSlice>(
    watched: string,
    list: () => Promise<KubernetesListObject<T>>,
    into: Map<string, T>,
    serviceName: (object: T) => string | undefined,
  ): Promise<void> {
    const informer = makeInformer<T>(this.config, watched, list);
    const keyOf = (object: T): string => `${object.metadata?.namespace ?? ""}/${object.metadata?.name ?? ""}`;
    const changed = (object: T): void => this.onChange(object.metadata?.namespace ?? "", serviceName(object) ?? "");
    const set = (object: T): void => {
      into.set(keyOf(object), object);
      changed(object);
    };
    informer.on("add", set);
    informer.on("update", set);
    informer.on("delete", (object) => {
      into.delete(keyOf(object));
      changed(object);
    });
    informer.on("error", () => setTimeout(() => void informer.start().catch(() => undefined), 200));
    await informer.start();
  }

  private entry(namespace: string, name: string, service: V1Service): ServiceEntry {
    const slices = [...this.slices.values()].filter(
      (slice) => slice.metadata?.namespace === namespace && serviceOf(slice) === name,
    );
    return describeService(namespace, name, service, slices);
  }
}

/** What a Service and its slices mean together. */
export function describeService(
  namespace: string,
  name: string,
  service: V1Service,
  slices: readonly V1EndpointSlice[],
): ServiceEntry {
  const takes = receivers(slices, service.spec?.publishNotReadyAddresses === true);
  return {
    namespace,
    name,
    clusterIp: service.spec?.clusterIP ?? "",
    externalName: service.spec?.externalName,
    ports: (service.spec?.ports ?? []).map((port) => ({
      name: port.name ?? "",
      port: port.port,
      endpoints: slices.flatMap((slice) => endpointsOf(slice, port.name ?? "", takes)),
    })),
    addresses: [...new Set(slices.flatMap((slice) => addressesOf(slice, takes)))],
  };
}

type Receives = (endpoint: V1Endpoint) => boolean;

/** Ready endpoints; where all are about to end, those that still serve, as kube-proxy does. */
function receivers(slices: readonly V1EndpointSlice[], publishNotReady: boolean): Receives {
  if (publishNotReady) return () => true;
  const isReady: Receives = ({ conditions }) => conditions?.ready !== false;
  const someReady = slices.some((slice) => (slice.endpoints ?? []).some(isReady));
  return someReady ? isReady : ({ conditions }) => conditions?.terminating === true && conditions.serving === true;
}

function serviceOf(slice: V1EndpointSlice): string | undefined {
  return slice.metadata?.labels?.["kubernetes.io/service-name"];
}

function addressesOf(slice: V1EndpointSlice, takes: Receives): readonly string[] {
  return (slice.endpoints ?? []).filter(takes).flatMap(({ addresses }) => addresses);
}

function endpointsOf(slice: V1EndpointSlice, portName: string, takes: Receives): ServicePort["endpoints"] {
  const port = slice.ports?.find((each) => (each.name ?? "") === portName)?.port;
  return port === undefined ? [] : addressesOf(slice, takes).map((address) => ({ address, port }));
}
