// Stand-in for the APISIX ingress controller 2.2: what the translation may ask about the cluster.
import type {
  ApisixUpstream,
  EndpointSlice,
  GatewayProxy,
  IngressClass,
  KubeService,
  PluginHolder,
  Secret,
} from "./resources.js";

/** Looks up objects by namespace and name. */
export interface ClusterView {
  service(namespace: string, name: string): KubeService | undefined;
  slices(namespace: string, service: string): readonly EndpointSlice[];
  upstream(namespace: string, name: string): ApisixUpstream | undefined;
  pluginConfig(namespace: string, name: string): PluginHolder | undefined;
  secret(namespace: string, name: string): Secret | undefined;
  ingressClasses(): readonly IngressClass[];
  gatewayProxy(namespace: string, name: string): GatewayProxy | undefined;
  gatewayProxies(): readonly GatewayProxy[];
}

/** Addresses of a Service's port, in the order of its slices. */
export function endpointAddresses(
  slices: readonly EndpointSlice[],
  portName: string,
  accept: (conditions: { readonly ready: boolean; readonly terminating: boolean }) => boolean,
): { readonly host: string; readonly port: number }[] {
  return slices.flatMap((slice) => {
    const port = (slice.ports ?? []).find((candidate) => candidate.name === portName)?.port;
    if (port === undefined || port === null) {
      return [];
    }
    return (slice.endpoints ?? [])
      .filter(({ conditions }) =>
        accept({ ready: conditions?.ready !== false, terminating: conditions?.terminating === true }),
      )
      .flatMap(({ addresses }) => addresses.map((host) => ({ host, port })));
  });
}
