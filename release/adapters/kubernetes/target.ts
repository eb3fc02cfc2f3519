import { apiGroup, apiVersion, deploymentName, leaseName, releasePlural, serviceName } from "../../model/index.js";
import type { Role, WorkloadRole } from "../../model/index.js";
import type { Companion } from "../../ports/index.js";

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

export function deploymentPlace(target: Target, role: WorkloadRole): Place {
  const { namespace, name } = target;
  return { group: "apps", version: "v1", plural: "deployments", namespace, name: deploymentName(name, role) };
}

export function leasePlace({ namespace, name }: Target): Place {
  return { ...lease, namespace, name: leaseName(name) };
}

/** By which several watchdogs agree on who acts. */
export function watchdogLeasePlace(namespace: string): Place {
  return { ...lease, namespace, name: "apisix-canary-watchdog" };
}

/** What only the program writes: the three Services, and where it has some the two autoscalers. */
export function companionPlaces(
  { name, namespace, service }: Target,
  autoscalers: boolean,
): readonly { readonly kind: Companion["kind"]; readonly place: Place }[] {
  const services = [service, serviceName(service, "canary"), serviceName(service, "primary")].map((each) => {
    const place = { group: "", version: "v1", plural: "services", namespace, name: each };
    return { kind: "Service", place } as const;
  });
  if (!autoscalers) return services;
  const scalers = (["canary", "primary"] as const).map((role) => {
    const own = deploymentName(name, role);
    const place = { group: "autoscaling", version: "v2", plural: "horizontalpodautoscalers", namespace, name: own };
    return { kind: "HorizontalPodAutoscaler", place } as const;
  });
  return [...services, ...scalers];
}

/** The Service of one role, as the route's backends and EndpointSlices name it. */
export function backendName(target: Target, role: Role): string {
  return serviceName(target.service, role);
}
