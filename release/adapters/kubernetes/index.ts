import type { ReleaseSettings } from "../../settings/index.js";
import { ApiServer } from "./api-server.js";
import { createAccess } from "./credentials.js";
import type { KubeconfigSource } from "./credentials.js";
import { createReleaseAdapters } from "./release-adapters.js";
import type { ReleaseAdapters } from "./release-adapters.js";
import { createServiceProxy } from "./service-proxy.js";
import type { ServiceProxyFetch } from "./service-proxy.js";

export { ApiServer } from "./api-server.js";
export type { Call } from "./call.js";
export { contextNames, createAccess, defaultNamespace } from "./credentials.js";
export type { KubeconfigSource } from "./credentials.js";
export { ForbiddenError, unlessForbidden } from "./errors.js";
export { commandsIn, parseStatus } from "./release-object.js";
export type { ServiceAddress, ServiceProxyFetch } from "./service-proxy.js";

export interface KubernetesAdapters extends ReleaseAdapters {
  /** The API server itself, for other adapters. */
  readonly api: ApiServer;
  readonly serviceProxyFetch: ServiceProxyFetch;
}

/**
 * The cluster of one release, through its API server. Nothing is read and nobody is asked before the first call.
 * Every write carries the field manager `apisix-canary`.
 */
export function createKubernetesAdapters({ settings }: { readonly settings: ReleaseSettings }): KubernetesAdapters {
  const { kubeconfig, context, cluster } = settings;
  const api = sharedApiServer({ kubeconfig, context, cluster });
  return { api, ...createReleaseAdapters(api, settings), serviceProxyFetch: createServiceProxy(api) };
}

const apis = new Map<string, ApiServer>();

/** All releases of a process that name the same kubeconfig share one reading of it. */
export function sharedApiServer(source: KubeconfigSource): ApiServer {
  const { kubeconfig, context, cluster } = source;
  const key = JSON.stringify([kubeconfig, context, cluster]);
  const api = apis.get(key) ?? new ApiServer(createAccess(source));
  apis.set(key, api);
  return api;
}
