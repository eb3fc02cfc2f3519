// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import type { ApiClient } from "./client.js";
import type { Kind } from "./discovery.js";
import { podReasons } from "./pods.js";
import { at, isObject, listAt, numberAt, objectAt, textAt } from "./values.js";
import type { Value, ValueObject } from "./values.js";

/** Whether an object is live: reasons say what is missing. */
export type Verdict =
  | { readonly state: "ready" }
  | { readonly state: "waiting"; readonly reasons: readonly string[] }
  | { readonly state: "failed"; readonly reasons: readonly string[] };

export type Readiness = (client: ApiClient, live: ValueObject, waitedSeconds: number) => Promise<Verdict> | Verdict;

/** How long a Service may have no pods at all. */
const settleSeconds = 10;

/** How objects of that kind become ready; nothing for kinds that are ready when they exist. */
export function readinessOf(kind: Kind): Readiness | undefined {
  const byKind: Readonly<Record<string, Readiness>> = {
    "apps/v1/Deployment": deployment,
    "v1/Service": service,
    "v1/Pod": pod,
    "batch/v1/Job": job,
    "apiextensions.k8s.io/v1/CustomResourceDefinition": customResourceDefinition,
  };
  return byKind[`${kind.apiVersion}/${kind.kind}`];
}

export function condition(object: Value, type: string): ValueObject | undefined {
  const found = listAt(object, "status", "conditions").find((item) => textAt(item, "type") === type);
  return isObject(found) ? found : undefined;
}

async function deployment(client: ApiClient, live: ValueObject): Promise<Verdict> {
  if (at(live, "spec", "paused") === true) return { state: "ready" };
  const count = (name: string): number => numberAt(live, "status", name) ?? 0;
  const isObserved = count("observedGeneration") >= (numberAt(live, "metadata", "generation") ?? 0);
  if (!isObserved) return { state: "waiting", reasons: ["the Deployment controller hasn't seen the change yet"] };
  const replicas = numberAt(live, "spec", "replicas") ?? 1;
  const updated = count("updatedReplicas");
  const old = count("replicas") - updated;
  if (updated === replicas && count("availableReplicas") === replicas && old <= 0) return { state: "ready" };
  const progressing = condition(live, "Progressing");
  const isStuck = textAt(progressing, "reason") === "ProgressDeadlineExceeded";
  const reasons = [
    `${updated} of ${replicas} replicas updated, ${count("availableReplicas")} available, ${Math.max(old, 0)} old`,
    ...conditionReasons(live),
    ...(await podReasons(client, live)),
  ];
  return { state: isStuck ? "failed" : "waiting", reasons };
}

function conditionReasons(live: ValueObject): readonly string[] {
  const available = condition(live, "Available");
  const progressing = condition(live, "Progressing");
  const failure = condition(live, "ReplicaFailure");
  return [
    ...(textAt(available, "status") === "False" ? [available] : []),
    ...(textAt(progressing, "status") === "False" ? [progressing] : []),
    ...(textAt(failure, "status") === "True" ? [failure] : []),
  ].map((item) => `[${textAt(item, "reason") ?? ""}] ${textAt(item, "message") ?? ""}`);
}

async function service(client: ApiClient, live: ValueObject, waitedSeconds: number): Promise<Verdict> {
  const type = textAt(live, "spec", "type");
  const selector = objectAt(live, "spec", "selector");
  if (type === "ExternalName") return { state: "ready" };
  if (type === "LoadBalancer" && listAt(live, "status", "loadBalancer", "ingress").length === 0) {
    return { state: "waiting", reasons: ["Service was not allocated an IP address; does your cluster support this?"] };
  }
  if (textAt(live, "spec", "clusterIP") === "None" || Object.keys(selector).length === 0) return { state: "ready" };
  const namespace = encodeURIComponent(textAt(live, "metadata", "namespace") ?? "");
  const name = textAt(live, "metadata", "name") ?? "";
  const slices = await client.request("GET", `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    query: { labelSelector: `kubernetes.io/service-name=${name}` },
  });
  const endpoints = listAt(slices, "items").flatMap((slice) => listAt(slice, "endpoints"));
  if (endpoints.some((endpoint) => at(endpoint, "conditions", "ready") !== false)) return { state: "ready" };
  if (endpoints.length === 0 && waitedSeconds >= settleSeconds) return { state: "ready" };
  const advice = "Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods";
  return { state: "waiting", reasons: [`Service does not target any ready Pods. ${advice}`] };
}

function pod(_client: ApiClient, live: ValueObject): Verdict {
  const phase = textAt(live, "status", "phase");
  const ready = condition(live, "Ready");
  if (phase === "Succeeded" || textAt(ready, "status") === "True") return { state: "ready" };
  const reasons = [`Pod is ${phase ?? "new"}: ${textAt(ready, "message") ?? "no status yet"}`];
  return { state: phase === "Failed" ? "failed" : "waiting", reasons };
}

function job(_client: ApiClient, live: ValueObject): Verdict {
  if (at(live, "spec", "suspend") === true) return { state: "ready" };
  if (textAt(condition(live, "Complete"), "status") === "True") return { state: "ready" };
  const failed = condition(live, "Failed");
  if (textAt(failed, "status") === "True") return { state: "failed", reasons: [textAt(failed, "message") ?? "failed"] };
  return { state: "waiting", reasons: ["Job isn't complete"] };
}

function customResourceDefinition(_client: ApiClient, live: ValueObject): Verdict {
  if (textAt(condition(live, "Established"), "status") === "True") return { state: "ready" };
  const names = condition(live, "NamesAccepted");
  if (textAt(names, "status") === "False")
    return { state: "failed", reasons: [textAt(names, "message") ?? "names taken"] };
  return { state: "waiting", reasons: ["CustomResourceDefinition isn't established"] };
}
