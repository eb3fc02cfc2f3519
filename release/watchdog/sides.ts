import type { Api } from "./api.js";
import { expectSuccess } from "./cluster.js";
import type { Release } from "./cluster.js";
import type { Sides } from "./decide.js";
import { at, listAt, numberAt, textAt } from "./json.js";
import { revisionAnnotation } from "./names.js";

/** Both sides of a release, as the cluster says. */
export async function readSides(api: Api, release: Release): Promise<Sides> {
  const { namespace, deployment, service, status } = release;
  const [primary, primaryReady, canaryReady] = await Promise.all([
    api("GET", `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}-primary`),
    readyEndpoints(api, namespace, `${service}-primary`),
    readyEndpoints(api, namespace, `${service}-canary`),
  ]);
  const found = primary.status === 404 ? undefined : expectSuccess("reading the primary", primary);
  const carried = textAt(found, "spec", "template", "metadata", "annotations", revisionAnnotation);
  return {
    sameRevision: carried !== undefined && carried === textAt(status, "revision"),
    primaryRolledOut: isRolledOut(found),
    primaryReady,
    canaryReady,
  };
}

function isRolledOut(deployment: unknown): boolean {
  const replicas = numberAt(deployment, "spec", "replicas") ?? 1;
  const count = (field: string): number => numberAt(deployment, "status", field) ?? 0;
  const observed = count("observedGeneration") >= (numberAt(deployment, "metadata", "generation") ?? 0);
  const ready = Math.min(count("updatedReplicas"), count("availableReplicas"));
  return observed && ready >= Math.max(1, replicas) && count("replicas") === count("updatedReplicas");
}

async function readyEndpoints(api: Api, namespace: string, service: string): Promise<number> {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`);
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`;
  const slices = listAt(expectSuccess("listing endpointslices", await api("GET", path)), "items");
  const endpoints = slices.flatMap((slice) => listAt(slice, "endpoints"));
  const ready = endpoints.filter(
    (endpoint) => at(endpoint, "conditions", "ready") !== false && at(endpoint, "conditions", "terminating") !== true,
  );
  return new Set(ready.map((endpoint) => textAt(endpoint, "addresses", 0))).size;
}
