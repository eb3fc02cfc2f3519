import type { Command, ReleaseStatus, Role } from "../model/index.js";

/** Our own object, as far as the runtime reads it. */
export interface ReleaseObject {
  readonly uid: string;
  readonly status: ReleaseStatus | undefined;
  /** Requests of people, from annotations: command to its text. */
  readonly commands: Readonly<Partial<Record<Command, string>>>;
}

export interface Workload {
  /** Of the pod template's annotation; undefined where somebody else made the Deployment. */
  readonly revision: string | undefined;
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
  readonly canaryWeight: number;
  readonly primaryWeight: number;
  /** Fencing token of its last writer; 0 where none wrote yet. */
  readonly fence: number;
  /** Condition Accepted of the ingress controller; `frozen` when its sync fails. */
  readonly sync:
    | { readonly kind: "accepted" }
    | { readonly kind: "pending" }
    | { readonly kind: "frozen"; readonly message: string };
}

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
  /** Replaces our status as a whole; does nothing where the object is gone. */
  writeStatus(status: ReleaseStatus, signal: AbortSignal): Promise<void>;
  /** Removes an annotation that has been obeyed. */
  clearCommand(command: Command, signal: AbortSignal): Promise<void>;
  readWorkload(role: Role, signal: AbortSignal): Promise<Workload | undefined>;
  /** One patch, refused (FencedError) where a newer token is on the route: a late one would hit the next run's users. */
  scaleCanary(replicas: number, token: number, signal: AbortSignal): Promise<void>;
  readRoute(signal: AbortSignal): Promise<RouteState | undefined>;
  /** Puts our token on the route; throws FencedError where a newer one is there. */
  claimRoute(token: number, signal: AbortSignal): Promise<void>;
  /** Canary gets `weightPercent`, primary the rest; one atomic patch that tests the token (FencedError). */
  setCanaryWeight(weightPercent: number, token: number, signal: AbortSignal): Promise<void>;
  readEndpoints(role: Role, signal: AbortSignal): Promise<Endpoints>;
  /** Addresses of the primary's pods that run the given revision. */
  readRevisionNodes(role: Role, revision: string, signal: AbortSignal): Promise<Endpoints>;
  readCanaryTrouble(signal: AbortSignal): Promise<PodTrouble | undefined>;
}

/** Errors of ports that may pass by themselves (API server away, timeout, 429, 5xx). */
export class TransientError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TransientError";
  }
}
