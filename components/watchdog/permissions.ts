import type * as k8s from "@pulumi/kubernetes";

type Rule = k8s.types.input.rbac.v1.PolicyRule;

/** What taking a release back needs, wherever releases are; no more. */
export const releaseRules: readonly Rule[] = [
  { apiGroups: ["apisix-canary.io"], resources: ["canaryreleases"], verbs: ["get", "list", "patch"] },
  { apiGroups: ["apisix-canary.io"], resources: ["canaryreleases/status"], verbs: ["patch"] },
  { apiGroups: ["apisix.apache.org"], resources: ["apisixroutes"], verbs: ["get", "patch"] },
  { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "patch"] },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list"] },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update", "patch"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
];

/** Its own leadership; a name can't be asked for at creation. */
export const leaderRules: readonly Rule[] = [
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    resourceNames: ["apisix-canary-watchdog"],
    verbs: ["get", "update", "patch"],
  },
];
