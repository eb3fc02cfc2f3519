import * as z from "zod";
import {
  liveDeployment,
  liveFlaggerCanary,
  liveMetadata,
  livePolicy,
  liveScaler,
  liveService,
} from "../../../adoption/index.js";
import type {
  LiveDeployment,
  LiveFlaggerCanary,
  LiveMetadata,
  LiveService,
  Surroundings,
} from "../../../adoption/index.js";
import { deploymentName, serviceName, interimName } from "../../../model/index.js";
import type { Piece } from "../../../ports/index.js";
import type { ApiServer } from "../api-server.js";
import type { Call } from "../call.js";
import { unlessForbidden } from "../errors.js";

/** The objects of one takeover, by name. */
export interface AdoptionTarget {
  readonly namespace: string;
  readonly name: string;
  readonly service: string;
  readonly routeName: string;
  readonly flaggerCanary: string | undefined;
  /** The Deployment's own autoscaler becomes the canary's. */
  readonly takesAutoscaler: boolean;
}

/** Group, version and plural of what a takeover reads. */
export const kinds = {
  deployments: { group: "apps", version: "v1", plural: "deployments" },
  services: { group: "", version: "v1", plural: "services" },
  routes: { group: "apisix.apache.org", version: "v2", plural: "apisixroutes" },
  upstreams: { group: "apisix.apache.org", version: "v2", plural: "apisixupstreams" },
  tls: { group: "apisix.apache.org", version: "v2", plural: "apisixtlses" },
  autoscalers: { group: "autoscaling", version: "v2", plural: "horizontalpodautoscalers" },
  scaledObjects: { group: "keda.sh", version: "v1alpha1", plural: "scaledobjects" },
  configMaps: { group: "", version: "v1", plural: "configmaps" },
  secrets: { group: "", version: "v1", plural: "secrets" },
  networkPolicies: { group: "networking.k8s.io", version: "v1", plural: "networkpolicies" },
  disruptionBudgets: { group: "policy", version: "v1", plural: "poddisruptionbudgets" },
  canaries: { group: "flagger.app", version: "v1beta1", plural: "canaries" },
  releases: { group: "apisix-canary.io", version: "v1", plural: "canaryreleases" },
} as const;
export type Kind = keyof typeof kinds;

/** What Flagger makes for a Canary of APISIX, all of which would go with it. */
const flaggers = [
  "deployments",
  "services",
  "routes",
  "autoscalers",
  "scaledObjects",
  "configMaps",
  "secrets",
] as const;

export interface OwnedObject {
  readonly kind: Kind;
  readonly name: string;
  readonly metadata: LiveMetadata;
}

const anyObject = z.object({ metadata: liveMetadata });

/** Reads what is there. */
export class AdoptionReader {
  constructor(
    readonly api: ApiServer,
    readonly target: AdoptionTarget,
  ) {}

  place<K extends Kind>(kind: K, name: string) {
    return { ...kinds[kind], namespace: this.target.namespace, name } as const;
  }

  nameOf(piece: Piece): string {
    const { name } = this.target;
    return { target: name, primary: deploymentName(name, "primary"), interim: interimName(name) }[piece];
  }

  serviceOf(service: "apex" | "primary" | "canary"): string {
    const { service: name } = this.target;
    return service === "apex" ? name : serviceName(name, service);
  }

  find<T>(kind: Kind, name: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined> {
    return this.api.find({ verb: "get", ...this.place(kind, name) }, schema, signal);
  }

  async list<T>(kind: Kind, schema: z.ZodType<T>, signal: AbortSignal): Promise<readonly T[]> {
    const call: Call = { verb: "list", ...kinds[kind], namespace: this.target.namespace };
    // A kind that nobody has installed has no objects.
    return (await this.api.find(call, z.object({ items: z.array(schema) }), signal))?.items ?? [];
  }

  piece(piece: Piece, signal: AbortSignal): Promise<LiveDeployment | undefined> {
    return this.find("deployments", this.nameOf(piece), liveDeployment, signal);
  }

  service(service: "apex" | "primary" | "canary", signal: AbortSignal): Promise<LiveService | undefined> {
    return this.find("services", this.serviceOf(service), liveService, signal);
  }

  async flaggerCanary(signal: AbortSignal): Promise<LiveFlaggerCanary | undefined> {
    const { flaggerCanary: name } = this.target;
    return name === undefined ? undefined : this.find("canaries", name, liveFlaggerCanary, signal);
  }

  /** What is deleted with a Canary; a route under another name than the release's is to go with it. */
  async ownedBy(canary: LiveFlaggerCanary, signal: AbortSignal): Promise<readonly OwnedObject[]> {
    const all = await Promise.all(
      flaggers.map(async (kind) => {
        const found = this.list(kind, anyObject, signal);
        // Somebody who may not look at these has no copies in there either, or can't be helped.
        const items = kind === "scaledObjects" ? ((await found.catch(unlessForbidden)) ?? []) : await found;
        return items.map(({ metadata }) => ({ kind, name: metadata.name, metadata }));
      }),
    );
    return all
      .flat()
      .filter(({ metadata }) => metadata.ownerReferences.some(({ uid }) => uid === canary.metadata.uid))
      .filter(({ kind, name }) => kind !== "routes" || name === this.target.routeName);
  }

  /** Everything that a takeover touches or could harm; policies only where this user may look at them. */
  async surroundings(signal: AbortSignal): Promise<Surroundings> {
    const policies = async (kind: Kind) => (await this.list(kind, livePolicy, signal).catch(unlessForbidden)) ?? [];
    const [
      target,
      primary,
      apex,
      canary,
      services,
      deployments,
      autoscalers,
      scaledObjects,
      networkPolicies,
      disruptionBudgets,
    ] = await Promise.all([
      this.piece("target", signal),
      this.piece("primary", signal),
      this.service("apex", signal),
      this.flaggerCanary(signal),
      this.list("services", liveService, signal),
      this.list("deployments", liveDeployment, signal),
      this.list("autoscalers", liveScaler, signal),
      this.list("scaledObjects", liveScaler, signal).catch(unlessForbidden),
      policies("networkPolicies"),
      policies("disruptionBudgets"),
    ]);
    const keda = scaledObjects ?? [];
    return {
      ...{ target, primary, apex, canary, services, deployments, autoscalers },
      ...{ scaledObjects: keda, networkPolicies, disruptionBudgets },
    };
  }
}
