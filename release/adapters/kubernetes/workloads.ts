import { createHash } from "node:crypto";
import { annotations, canonicalJson } from "../../model/index.js";
import type { Role } from "../../model/index.js";
import { TransientError } from "../../ports/index.js";
import type { Endpoints, PodTrouble, Workload } from "../../ports/index.js";
import type { ApiServer } from "./api-server.js";
import { describe } from "./call.js";
import { podTrouble } from "./pod-trouble.js";
import { anything, deployment, endpointSlices, pods } from "./schemas.js";
import type { Deployment, Pod } from "./schemas.js";
import { backendName, deploymentPlace } from "./target.js";
import type { Target } from "./target.js";

const tries = 10;

/** The two Deployments of a release, their pods and their addresses. */
export class Workloads {
  private readonly api: ApiServer;
  private readonly target: Target;

  constructor(api: ApiServer, target: Target) {
    this.api = api;
    this.target = target;
  }

  async read(role: Role, signal: AbortSignal): Promise<Workload | undefined> {
    const found = await this.find(role, signal);
    if (found === undefined) return undefined;
    const { metadata, spec, status } = found;
    return {
      revision: spec.template.metadata?.annotations[annotations.revision],
      templateHash: hash(spec.template),
      generation: metadata.generation,
      observedGeneration: status.observedGeneration,
      replicas: spec.replicas,
      updatedReplicas: status.updatedReplicas,
      availableReplicas: status.availableReplicas,
      totalReplicas: status.replicas,
    };
  }

  /**
   * A patch of the Deployment itself: the scale subresource would drop our ownership of the field. Whoever takes the
   * release over changes first the route's token and then this Deployment, so what was read before the token was tested
   * must still be there: a process that slept in between can't scale another run's canary.
   */
  async scaleCanary(replicas: number, refuseOlder: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const call = { verb: "patch", ...deploymentPlace(this.target, "canary"), patch: "json", test: true } as const;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const found = await this.find("canary", signal);
      // A canary deleted by hand has no pods, which is all that scaling to 0 asks for.
      if (found === undefined && replicas === 0) return;
      await refuseOlder();
      const test = { op: "test", path: "/metadata/resourceVersion", value: found?.metadata.resourceVersion ?? "" };
      const body = [test, { op: "add", path: "/spec/replicas", value: replicas }];
      if (await this.api.tryWrite({ ...call, body }, anything, signal)) return;
    }
    throw new TransientError(`${describe(call)} is being changed by others all the time`);
  }

  /** All addresses behind the role's Service: ready, not ready and terminating. */
  async endpoints(role: Role, signal: AbortSignal): Promise<Endpoints> {
    const labelSelector = `kubernetes.io/service-name=${backendName(this.target, role)}`;
    const { namespace } = this.target;
    const place = { group: "discovery.k8s.io", version: "v1", plural: "endpointslices", namespace };
    const { items } = await this.api.do({ verb: "list", ...place, query: { labelSelector } }, endpointSlices, signal);
    const all = items.flatMap(({ endpoints }) => endpoints ?? []);
    const ready = all.filter(({ conditions }) => conditions.ready !== false && conditions.terminating !== true);
    return {
      nodes: unique(all.flatMap(({ addresses }) => addresses)),
      ready: unique(ready.flatMap(({ addresses }) => addresses)).length,
    };
  }

  /** Addresses of the role's pods that run `revision`. */
  async revisionNodes(role: Role, revision: string, signal: AbortSignal): Promise<Endpoints> {
    const own = (await this.pods(role, signal)).filter((pod) => revisionOf(pod) === revision);
    return { nodes: unique(own.flatMap(addressesOf)), ready: own.filter(isReady).length };
  }

  async canaryTrouble(revision: string, signal: AbortSignal): Promise<PodTrouble | undefined> {
    const live = (await this.pods("canary", signal)).filter(
      (pod) => pod.metadata.deletionTimestamp === undefined && (revisionOf(pod) ?? revision) === revision,
    );
    return live.flatMap((pod) => podTrouble(pod) ?? [])[0];
  }

  private async pods(role: Role, signal: AbortSignal): Promise<readonly Pod[]> {
    const found = await this.find(role, signal);
    if (found === undefined) return [];
    const query = { labelSelector: selectorText(found) };
    const place = { group: "", version: "v1", plural: "pods", namespace: this.target.namespace };
    return (await this.api.do({ verb: "list", ...place, query }, pods, signal)).items;
  }

  private find(role: Role, signal: AbortSignal): Promise<Deployment | undefined> {
    return this.api.find({ verb: "get", ...deploymentPlace(this.target, role) }, deployment, signal);
  }
}

function selectorText({ spec }: Deployment): string {
  const { matchLabels, matchExpressions } = spec.selector;
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const others = matchExpressions.map(({ key, operator, values }) => {
    const list = values.join(",");
    if (operator === "In") return `${key} in (${list})`;
    if (operator === "NotIn") return `${key} notin (${list})`;
    return operator === "Exists" ? key : `!${key}`;
  });
  return [...equal, ...others].join(",");
}

function revisionOf(pod: Pod): string | undefined {
  return pod.metadata.annotations[annotations.revision];
}

function addressesOf({ status }: Pod): readonly string[] {
  const all = [status.podIP ?? "", ...status.podIPs.map(({ ip }) => ip)];
  return all.filter((address) => address !== "");
}

function isReady({ metadata, status }: Pod): boolean {
  const ready = status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True");
  return ready && metadata.deletionTimestamp === undefined;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

function hash(template: unknown): string {
  return createHash("sha256").update(canonicalJson(template)).digest("hex");
}
