/** Least permissions of ingress controller 2.2: what it watches, whose status it writes, its Lease. */

export interface Rule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
}

const read = ["get", "list", "watch"];
const apisixGroup = "apisix.apache.org";
const watched = [
  "apisixroutes",
  "apisixupstreams",
  "apisixpluginconfigs",
  "apisixglobalrules",
  "apisixtlses",
  "apisixconsumers",
  "gatewayproxies",
  "consumers",
  "pluginconfigs",
  "backendtrafficpolicies",
  "httproutepolicies",
  "l4routepolicies",
];

/** Kinds without a status. */
const silent = new Set(["gatewayproxies", "pluginconfigs"]);
const reported = watched.filter((each) => !silent.has(each));

/** Across the cluster. */
export const clusterRules: readonly Rule[] = [
  { apiGroups: [""], resources: ["configmaps", "namespaces", "pods", "secrets", "services"], verbs: [...read] },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: [...read] },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "ingressclasses"], verbs: [...read] },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["get", "update"] },
  { apiGroups: [apisixGroup], resources: [...watched], verbs: [...read] },
  { apiGroups: [apisixGroup], resources: reported.map((each) => `${each}/status`), verbs: ["get", "update"] },
  { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
];

/** In its own namespace. */
export const ownRules: readonly Rule[] = [
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
];
