import { createHash } from "node:crypto";
import { annotations, canonicalJson, deploymentName } from "../../model/index.js";
import type { Role, WorkloadRole } from "../../model/index.js";
import { TransientError } from "../../ports/index.js";
import type { Endpoints, Owner, PodTrouble, Workload } from "../../ports/index.js";
import { quote } from "../http/index.js";
import type { ApiServer } from "./api-server.js";
import { describe } from "./call.js";
import { unlessForbidden } from "./errors.js";
import { ownerOf, refuseForeign } from "./ownership.js";
import { podTrouble, replicaFailureOf, startTroubleOf, timeOf } from "./pod-trouble.js";
import { anything, deployment, endpointSlices, events, pods, scalers } from "./schemas.js";
import type { Deployment, Pod } from "./schemas.js";
import { backendName, deploymentPlace } from "./target.js";
import type { Target } from "./target.js";

const tries = 10;
/** Of what others wrote, characters. */
const longestSaid = 200;

const scalerKinds = [
  {
    kind: "HorizontalPodAutoscaler",
    group: "autoscaling",
    version: "v2",
    plural: "horizontalpodautoscalers",
    optional: false,
  },
  { kind: "ScaledObject", group: "keda.sh", version: "v1alpha1", plural: "scaledobjects", optional: true },
] as const;

/** The Deployments of a release, their pods and their addresses. */
export class Workloads {
  private readonly api: ApiServer;
  private readonly target: Target;

  constructor(api: ApiServer, target: Target) {
    this.api = api;
    this.target = target;
  }

  async read(role: WorkloadRole, signal: AbortSignal): Promise<Workload | undefined> {
    const found = await this.find(role, signal);
    if (found === undefined) return undefined;
    return workloadOf(found, this.ownerOf(found));
  }

  /**
   * A patch of the Deployment itself: the scale subresource would drop our ownership of the field. Whoever takes the
   * release over changes first the route's token and then this Deployment, so what was read before the token was tested
   * must still be there: a process that slept in between can't scale another run's canary.
   */
  async scaleOwn(
    role: "canary" | "baseline",
    replicas: number,
    refuseOlder: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const found = await this.find(role, signal);
      // What was deleted by hand has no pods, which is all that scaling to 0 asks for.
      if (found === undefined && replicas === 0) return;
      if (await this.scale(role, found, replicas, refuseOlder, signal)) return;
    }
    throw new TransientError(`${this.name(role)} is being changed by others all the time`);
  }

  /** Only where it still has the replicas that were seen; false where it hasn't. */
  async scalePrimary(
    replicas: number,
    seen: number,
    refuseOlder: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const found = await this.find("primary", signal);
      if (found !== undefined && found.spec.replicas !== seen) return false;
      if (await this.scale("primary", found, replicas, refuseOlder, signal)) return true;
    }
    throw new TransientError(`${this.name("primary")} is being changed by others all the time`);
  }

  /** False where it was changed since it was found. */
  private async scale(
    role: WorkloadRole,
    found: Deployment | undefined,
    replicas: number,
    refuseOlder: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const call = { verb: "patch", ...deploymentPlace(this.target, role), patch: "json", test: true } as const;
    if (found !== undefined) refuseForeign(this.ownerOf(found), describe(call));
    await refuseOlder();
    const test = { op: "test", path: "/metadata/resourceVersion", value: found?.metadata.resourceVersion ?? "" };
    const body = [test, { op: "add", path: "/spec/replicas", value: replicas }];
    return this.api.tryWrite({ ...call, body }, anything, signal);
  }

  /** Autoscalers of any kind whose target is the primary; KEDA's only where this user may look at them. */
  async primaryScalers(signal: AbortSignal): Promise<readonly string[]> {
    const { namespace, name } = this.target;
    const own = deploymentName(name, "primary");
    const kinds = await Promise.all(
      scalerKinds.map(async ({ kind, optional, ...place }) => {
        const listed = this.api.find({ verb: "list", ...place, namespace }, scalers, signal);
        const found = await (optional ? listed.catch(unlessForbidden) : listed);
        return (found?.items ?? [])
          .filter(({ spec }) => spec.scaleTargetRef.kind === "Deployment" && spec.scaleTargetRef.name === own)
          .map(({ metadata }) => `${kind} ${metadata.name}`);
      }),
    );
    return kinds.flat();
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
  async revisionNodes(role: WorkloadRole, revision: string, signal: AbortSignal): Promise<Endpoints> {
    const own = (await this.pods(role, signal)).filter((pod) => revisionOf(pod) === revision);
    return { nodes: unique(own.flatMap(addressesOf)), ready: own.filter(isReady).length };
  }

  async canaryTrouble(revision: string, signal: AbortSignal): Promise<PodTrouble | undefined> {
    const live = (await this.pods("canary", signal)).filter(
      (pod) => pod.metadata.deletionTimestamp === undefined && (revisionOf(pod) ?? revision) === revision,
    );
    return live.flatMap((pod) => podTrouble(pod) ?? [])[0];
  }

  /** Nobody but this package writes revisions on templates. */
  private ownerOf({ metadata, spec }: Deployment): Owner {
    return ownerOf(this.target, metadata, spec.template.metadata?.annotations[annotations.revision] !== undefined);
  }

  async startTrouble(role: WorkloadRole, revision: string, signal: AbortSignal): Promise<string | undefined> {
    const found = await this.find(role, signal);
    if (found === undefined) return undefined;
    const all = await this.podsOf(found, signal);
    const waiting = all.filter(
      (pod) => revisionOf(pod) === revision && pod.metadata.deletionTimestamp === undefined && !isReady(pod),
    );
    const said = waiting.flatMap((pod) => startTroubleOf(pod) ?? [])[0];
    if (said !== undefined) return said;
    const [pod] = waiting;
    return pod === undefined ? replicaFailureOf(found) : this.lastWarning(pod, signal);
  }

  /** Only for the reader's sake: whoever may not list Events does without. */
  private async lastWarning({ metadata: { name, uid } }: Pod, signal: AbortSignal): Promise<string | undefined> {
    const fieldSelector = `involvedObject.uid=${uid},type=Warning`;
    const place = { group: "", version: "v1", plural: "events", namespace: this.target.namespace };
    const listed = this.api.find({ verb: "list", ...place, query: { fieldSelector } }, events, signal);
    const [last] = ((await listed.catch(unlessForbidden))?.items ?? []).toSorted((a, b) => timeOf(b) - timeOf(a));
    return last === undefined ? undefined : `pod ${name}: ${last.reason}: ${quote(last.message, longestSaid)}`;
  }

  private async pods(role: WorkloadRole, signal: AbortSignal): Promise<readonly Pod[]> {
    const found = await this.find(role, signal);
    return found === undefined ? [] : this.podsOf(found, signal);
  }

  private async podsOf(found: Deployment, signal: AbortSignal): Promise<readonly Pod[]> {
    const query = { labelSelector: selectorText(found) };
    const place = { group: "", version: "v1", plural: "pods", namespace: this.target.namespace };
    return (await this.api.do({ verb: "list", ...place, query }, pods, signal)).items;
  }

  private name(role: WorkloadRole): string {
    return describe({ verb: "get", ...deploymentPlace(this.target, role) });
  }

  private find(role: WorkloadRole, signal: AbortSignal): Promise<Deployment | undefined> {
    return this.api.find({ verb: "get", ...deploymentPlace(this.target, role) }, deployment, signal);
  }
}

/** A Deployment as the machine sees it. */
export function workloadOf({ metadata, spec, status }: Deployment, owner: Owner): Workload {
  return {
    owner,
    revision: spec.template.metadata?.annotations[annotations.revision],
    images: (spec.template.spec?.containers ?? []).map(({ name, image }) => ({ container: name, image: image ?? "" })),
    templateHash: hash(spec.template),
    generation: metadata.generation,
    observedGeneration: status.observedGeneration,
    replicas: spec.replicas,
    updatedReplicas: status.updatedReplicas,
    availableReplicas: status.availableReplicas,
    totalReplicas: status.replicas,
  };
}

/** As a query for its pods says it. */
export function selectorText({ spec }: Pick<Deployment, "spec">): string {
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
