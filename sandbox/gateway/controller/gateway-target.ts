// Stand-in for the APISIX ingress controller 2.2: from an IngressClass to the gateways that serve it.
import type { ClusterView } from "./cluster-view.js";
import { endpointAddresses } from "./cluster-view.js";
import type { GatewayProxy, IngressClass } from "./resources.js";

/** The gateways behind one GatewayProxy. */
export interface GatewayTarget {
  /** `GatewayProxy/namespace/name`. */
  readonly name: string;
  /** Base addresses of the admin APIs of all gateway pods, ready or not. */
  readonly servers: readonly string[];
  readonly token: string;
  readonly proxy: GatewayProxy;
}

const DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class";

/** The IngressClass of an object, if it is ours; without a name the default one. */
export function classOf(
  name: string | null | undefined,
  controllerName: string,
  view: ClusterView,
): IngressClass | undefined {
  const ours = view.ingressClasses().filter((candidate) => candidate.spec.controller === controllerName);
  return name === null || name === undefined || name === ""
    ? ours.find((candidate) => candidate.metadata.annotations[DEFAULT_CLASS] === "true")
    : ours.find((candidate) => candidate.metadata.name === name);
}

/** The GatewayProxy that an IngressClass names; undefined, and a line in the log, when there is none. */
export function proxyOf(ingressClass: IngressClass, view: ClusterView): GatewayProxy | undefined {
  const { parameters } = ingressClass.spec;
  const label = `IngressClass ${ingressClass.metadata.name}`;
  if (parameters === null || parameters === undefined) {
    console.error(`${label} has no parameters: no GatewayProxy to push to`);
    return undefined;
  }
  const { apiGroup, kind, name, namespace } = parameters;
  if (apiGroup !== "apisix.apache.org" || kind !== "GatewayProxy" || namespace === null || namespace === undefined) {
    console.error(`${label}: parameters must name a GatewayProxy of apisix.apache.org with scope Namespace`);
    return undefined;
  }
  const proxy = view.gatewayProxy(namespace, name);
  if (proxy === undefined) {
    console.error(`${label}: failed to get GatewayProxy ${namespace}/${name}`);
  }
  return proxy;
}

/** Where a GatewayProxy points; the text says why it can't be used. */
export function targetOf(proxy: GatewayProxy, view: ClusterView): GatewayTarget | string {
  const { namespace, name } = proxy.metadata;
  const label = `GatewayProxy ${namespace}/${name}`;
  const target = { name: `GatewayProxy/${namespace}/${name}`, proxy };
  const controlPlane = proxy.spec.provider?.controlPlane;
  if (proxy.spec.provider?.type !== "ControlPlane" || controlPlane === null || controlPlane === undefined) {
    return `${label}: provider.type must be ControlPlane with a controlPlane`;
  }
  if ((controlPlane.mode ?? "apisix-standalone") !== "apisix-standalone") {
    return `${label}: controlPlane.mode is ${controlPlane.mode ?? ""}; a gateway without etcd needs apisix-standalone`;
  }
  const token = tokenOf(proxy, view);
  if (token === undefined || token === "") {
    return `${label}: no token found`;
  }
  if (controlPlane.endpoints !== null && controlPlane.endpoints !== undefined) {
    return { ...target, servers: controlPlane.endpoints, token };
  }
  const reference = controlPlane.service;
  const service = view.service(namespace, reference?.name ?? "");
  if (service === undefined) {
    return `no service found for service reference: ${namespace}/${reference?.name ?? ""}`;
  }
  const port = service.spec.ports.find((candidate) => candidate.port === reference?.port);
  if (port === undefined) {
    return `${label}: Service ${namespace}/${service.metadata.name} has no port ${String(reference?.port)}`;
  }
  // Ready or not: a gateway becomes ready only by what is pushed to it.
  const addresses = endpointAddresses(
    view.slices(namespace, service.metadata.name),
    port.name,
    ({ terminating }) => !terminating,
  );
  return { ...target, servers: addresses.map(({ host, port: number }) => `http://${host}:${String(number)}`), token };
}

function tokenOf(proxy: GatewayProxy, view: ClusterView): string | undefined {
  const key = proxy.spec.provider?.controlPlane?.auth.adminKey;
  const reference = key?.valueFrom?.secretKeyRef;
  if (reference === null || reference === undefined) {
    return key?.value ?? undefined;
  }
  const data = view.secret(proxy.metadata.namespace, reference.name)?.data?.[reference.key];
  return data === undefined ? undefined : Buffer.from(data, "base64").toString("utf8");
}
