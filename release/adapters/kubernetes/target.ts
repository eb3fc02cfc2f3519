import { apiGroup, apiVersion, deploymentName, releasePlural, serviceName } from "../../model/index.js";
import type { Role } from "../../model/index.js";

/** The objects of one release, by name. */
export interface Target {
  readonly name: string;
  readonly namespace: string;
  readonly routeName: string;
  readonly service: string;
}

/** Group, version, plural, namespace and name of an object: what each call about it has in common. */
export interface Place {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
}

const lease = { group: "coordination.k8s.io", version: "v1", plural: "leases" } as const;

export function releasePlace(target: Target): Place {
  const { namespace, name } = target;
  return { group: apiGroup, version: apiVersion, plural: releasePlural, namespace, name };
}

export function routePlace(target: Target): Place {
  const { namespace, routeName } = target;
  return { group: "apisix.apache.org", version: "v2", plural: "apisixroutes", namespace, name: routeName };
}

export function deploymentPlace(target: Target, role: Role): Place {
  const { namespace, name } = target;
  return { group: "apps", version: "v1", plural: "deployments", namespace, name: deploymentName(name, role) };
}

export function leasePlace({ namespace, name }: Target): Place {
  return { ...lease, namespace, name: `apisix-canary-${name}` };
}

/** By which several watchdogs agree on who acts. */
export function watchdogLeasePlace(namespace: string): Place {
  return { ...lease, namespace, name: "apisix-canary-watchdog" };
}

/** The Service of one role, as the route's backends and EndpointSlices name it. */
export function backendName(target: Target, role: Role): string {
  return serviceName(target.service, role);
}
