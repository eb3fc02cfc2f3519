import type { Command, Promoted, ReleaseStatus, Role, WorkloadRole } from "../model/index.js";
import type { Split } from "../strategy/index.js";

/**
 * Whose an object is: it carries this release's mark, or an earlier version of this package has made it (known by what
 * only that writes), or it is somebody else's, whatever its name.
 */
export type Owner = "ours" | "earlier" | "foreign";

/** Our own object, as far as the runtime reads it. */
export interface ReleaseObject {
  readonly owner: Owner;
  readonly uid: string;
  readonly status: ReleaseStatus | undefined;
  /** Requests of people, from annotations: command to its text. */
  readonly commands: Readonly<Partial<Record<Command, string>>>;
}

export interface Workload {
  readonly owner: Owner;
  /** Of the pod template's annotation; undefined where somebody else made the Deployment. */
  readonly revision: string | undefined;
  /** Of the template's containers, in their order. */
  readonly images: Promoted["images"];
  /** Hash of the live pod template: differs as soon as anybody edits it. */
  readonly templateHash: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly availableReplicas: number;
  readonly totalReplicas: number;
}

export interface RouteState {
  readonly owner: Owner;
  readonly uid: string;
  /** Of the base rule that sends most to the canary, as they are written. */
  readonly canaryWeight: number;
  readonly primaryWeight: number;
  /** What all rules ask of the gateway; where rules of a kind differ (an edit by hand), the one that sends most counts. */
  readonly split: Split;
  /** Fencing token of its last writer; 0 where none wrote yet. */
  readonly fence: number;
  readonly sync: Sync;
}

/** What the ingress controller says of a route at one moment. */
export type Sync = (
  | { readonly kind: "accepted" }
  /** The controller has not looked at it yet. */
  | { readonly kind: "pending" }
  /** Every gateway refuses the configuration: nothing that is written takes effect, for anybody. */
  | { readonly kind: "refused"; readonly message: string }
  /** Not every gateway can be reached: those that can follow all the same. */
  | { readonly kind: "unreachable"; readonly message: string }
) & {
  /** By a controller before 2.0, which tells the outcome of its first try of each version of the route, and no later one's. */
  readonly firstTryOnly?: true;
};

export interface Endpoints {
  /** Addresses of all pods behind the Service: ready, not ready and terminating. */
  readonly nodes: readonly string[];
  readonly ready: number;
}

/** A pod of the canary that can't get well by itself. */
export interface PodTrouble {
  readonly pod: string;
  readonly reason: "CrashLoopBackOff" | "OOMKilled" | "ImagePull" | "ConfigError";
  readonly message: string;
}

/** An object of the program that the runtime does not write itself. */
export interface Companion {
  readonly kind: "Service" | "HorizontalPodAutoscaler";
  readonly name: string;
  readonly owner: Owner;
}

/** The write was refused because the object of that name is somebody else's. */
export class ForeignError extends Error {
  constructor(readonly object: string) {
    super(`${object} is not this release's: it was not touched`);
    this.name = "ForeignError";
  }
}

/** The write was refused because somebody with a newer token has taken over. */
export class FencedError extends Error {
  constructor(readonly token: number) {
    super(`another run has taken over this release (our fencing token ${token} is old)`);
    this.name = "FencedError";
  }
}

/** All methods throw on failure with a one-line message; `isTransient` of the error tells whether to try again. */
export interface ClusterPort {
  readRelease(signal: AbortSignal): Promise<ReleaseObject | undefined>;
  /** The object of another release of the same train. */
  readMember(
    member: { readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<ReleaseObject | undefined>;
  /** Replaces our status as a whole; does nothing where the object is gone. */
  writeStatus(status: ReleaseStatus, signal: AbortSignal): Promise<void>;
  /** Removes an annotation that has been obeyed. */
  clearCommand(command: Command, signal: AbortSignal): Promise<void>;
  readWorkload(role: WorkloadRole, signal: AbortSignal): Promise<Workload | undefined>;
  /**
   * One patch, refused (FencedError) where a newer token is on the route: a late one would hit the next run's users; and
   * where the Deployment is somebody else's (ForeignError).
   */
  scaleCanary(replicas: number, token: number, signal: AbortSignal): Promise<void>;
  /** The same for the baseline's pods. */
  scaleBaseline(replicas: number, token: number, signal: AbortSignal): Promise<void>;
  /**
   * The primary's replicas, on behalf of a program that asks for others than before; only where they still are as seen,
   * else false. Refused as `scaleCanary` is.
   */
  scalePrimary(replicas: number, seen: number, token: number, signal: AbortSignal): Promise<boolean>;
  /** Autoscalers of any kind whose target is the primary's Deployment: `HorizontalPodAutoscaler a`. */
  readPrimaryScalers(signal: AbortSignal): Promise<readonly string[]>;
  readRoute(signal: AbortSignal): Promise<RouteState | undefined>;
  /** Puts our token on the route; throws FencedError where a newer one is there, ForeignError where it isn't ours. */
  claimRoute(token: number, signal: AbortSignal): Promise<void>;
  /**
   * Asks the split of the gateway, rules it doesn't name at rest: one atomic patch that tests the token (FencedError) and
   * each place that it writes to. Throws where the route lacks a rule that the split names.
   */
  setSplit(split: Split, token: number, signal: AbortSignal): Promise<void>;
  /**
   * What the API server and the gateway's own check have against such a split, in one line; nothing is written. Undefined
   * where nobody objects, or nobody looks.
   */
  rehearseSplit(split: Split, signal: AbortSignal): Promise<string | undefined>;
  readEndpoints(role: Role, signal: AbortSignal): Promise<Endpoints>;
  /** Addresses of a Deployment's pods that run the given revision. */
  readRevisionNodes(role: WorkloadRole, revision: string, signal: AbortSignal): Promise<Endpoints>;
  readCanaryTrouble(signal: AbortSignal): Promise<PodTrouble | undefined>;
  /**
   * What keeps pods of the revision from getting ready, in one sentence: a container's trouble, no node with room for
   * them, the last Warning Event, or why there are none; undefined where nobody says.
   */
  readStartTrouble(role: WorkloadRole, revision: string, signal: AbortSignal): Promise<string | undefined>;
  /** Services and, where asked, autoscalers under the names of this release, as far as they exist. */
  readCompanions(autoscalers: boolean, signal: AbortSignal): Promise<readonly Companion[]>;
}

/** Errors of ports that may pass by themselves (API server away, timeout, 429, 5xx). */
export class TransientError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TransientError";
  }
}
