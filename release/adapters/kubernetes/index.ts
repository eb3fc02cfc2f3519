import type { ClusterPort, LockPort } from "../../ports/index.js";
import type { ReleaseSettings } from "../../settings/index.js";
import { ApiServer } from "./api-server.js";
import { createAccess } from "./credentials.js";
import { Events } from "./events.js";
import { Lock } from "./lock.js";
import { ReleaseObjects } from "./release-object.js";
import { Routes } from "./routes.js";
import { createServiceProxy } from "./service-proxy.js";
import type { ServiceProxyFetch } from "./service-proxy.js";
import type { Target } from "./target.js";
import { Workloads } from "./workloads.js";

export { ApiServer } from "./api-server.js";
export type { Call } from "./call.js";
export { createAccess, defaultNamespace } from "./credentials.js";
export type { KubeconfigSource } from "./credentials.js";
export { ConflictError, NotFoundError } from "./errors.js";
export { parseStatus } from "./release-object.js";
export type { ServiceAddress, ServiceProxyFetch } from "./service-proxy.js";

export interface KubernetesAdapters {
  /** The API server itself, for other adapters. */
  readonly api: ApiServer;
  readonly cluster: ClusterPort;
  readonly lock: LockPort;
  readonly events: Events;
  readonly serviceProxyFetch: ServiceProxyFetch;
}

/**
 * The cluster of one release, through its API server. Nothing is read and nobody is asked before the first call.
 * Every write carries the field manager `apisix-canary`.
 */
export function createKubernetesAdapters({ settings }: { readonly settings: ReleaseSettings }): KubernetesAdapters {
  const api = sharedApi(settings);
  const target = targetOf(settings);
  return {
    api,
    cluster: clusterOf(api, target, settings.revision),
    lock: new Lock(api, target, settings.leaseDuration),
    events: new Events(api, target),
    serviceProxyFetch: createServiceProxy(api),
  };
}

/** All releases of a process that name the same kubeconfig share one reading of it. */
const apis = new Map<string, ApiServer>();

function sharedApi({ kubeconfig, context }: ReleaseSettings): ApiServer {
  const key = JSON.stringify([kubeconfig, context]);
  const api = apis.get(key) ?? new ApiServer(createAccess({ kubeconfig, context }));
  apis.set(key, api);
  return api;
}

function targetOf({ name, namespace, routeName, service }: ReleaseSettings): Target {
  return { name, namespace, routeName, service: service.name };
}

function clusterOf(api: ApiServer, target: Target, revision: string): ClusterPort {
  const objects = new ReleaseObjects(api, target);
  const routes = new Routes(api, target);
  const workloads = new Workloads(api, target);
  return {
    readRelease: (signal) => objects.read(signal),
    writeStatus: (status, signal) => objects.writeStatus(status, signal),
    clearCommand: (command, signal) => objects.clearCommand(command, signal),
    readWorkload: (role, signal) => workloads.read(role, signal),
    scaleCanary: (replicas, token, signal) =>
      workloads.scaleCanary(replicas, () => routes.refuseOlder(token, signal), signal),
    readRoute: (signal) => routes.read(signal),
    claimRoute: (token, signal) => routes.claim(token, signal),
    setCanaryWeight: (weightPercent, token, signal) => routes.setCanaryWeight(weightPercent, token, signal),
    readEndpoints: (role, signal) => workloads.endpoints(role, signal),
    readRevisionNodes: (role, asked, signal) => workloads.revisionNodes(role, asked, signal),
    readCanaryTrouble: (signal) => workloads.canaryTrouble(revision, signal),
  };
}
