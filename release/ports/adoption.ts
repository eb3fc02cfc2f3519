import type { Workload } from "./cluster.js";

/**
 * Deployments that take part in a takeover: the one that runs already and becomes the canary's, the primary, and one that
 * stands in while a primary of Flagger's is replaced.
 */
export type Piece = "target" | "primary" | "interim";

/** Whose a Deployment is: this release's, Flagger's (which manages the application), or anybody else's. */
export type Holder = "release" | "flagger" | "others";

export interface Holding extends Workload {
  readonly heldBy: Holder;
  /** Hash of the template that it was made from, where a takeover has made it. */
  readonly madeFrom: string | undefined;
}

/** Whose pods a Service selects. */
export type Pointing = Piece | "others" | "missing";

/** Flagger's Canary, while it is there. */
export interface FlaggerCanary {
  readonly phase: string;
  readonly canaryWeight: number;
  readonly suspended: boolean;
  /** Objects that would be deleted with it. */
  readonly owns: readonly string[];
}

/** Everything of a takeover as the cluster has it at one moment. */
export interface Holdings {
  readonly target: Holding | undefined;
  readonly primary: Holding | undefined;
  readonly interim: Holding | undefined;
  readonly apex: Pointing;
  readonly primaryService: Pointing;
  readonly canaryService: Pointing;
  readonly flagger: FlaggerCanary | undefined;
}

/** All methods throw on failure with a one-line message; `isTransient` of the error tells whether to try again. */
export interface AdoptionPort {
  read(signal: AbortSignal): Promise<Holdings>;
  /** Addresses of all pods of a Deployment: ready, not ready and terminating. */
  nodes(piece: Piece, signal: AbortSignal): Promise<readonly string[]>;
  /** Addresses behind a Service. */
  endpoints(
    service: "apex" | "primary",
    signal: AbortSignal,
  ): Promise<{ readonly nodes: readonly string[]; readonly ready: number }>;
  /** Creates or changes a Deployment of ours from the live template of another, with as many replicas. */
  raise(piece: "primary" | "interim", from: Piece, signal: AbortSignal): Promise<void>;
  /** Gives the Deployment that was taken over the primary's template and replicas, without anything of ours in it. */
  restore(signal: AbortSignal): Promise<void>;
  /** Creates the Services of primary and canary where they are missing. */
  makeServices(signal: AbortSignal): Promise<void>;
  /** Lets a Service select the pods of that Deployment; the apex remembers what it selected before. */
  point(service: "apex" | "primary", piece: Piece, signal: AbortSignal): Promise<void>;
  /** No pods for a Deployment that nobody asks any more: the target is scaled to 0, the others are deleted. */
  retire(piece: Piece, signal: AbortSignal): Promise<void>;
  /** Puts the release's mark on the target, and hands its template to the program. */
  take(signal: AbortSignal): Promise<void>;
  /** No decisions of Flagger's from now on. */
  haltFlagger(signal: AbortSignal): Promise<void>;
  /** Nothing hangs on Flagger's Canary any more, and what the release goes on with carries its mark. */
  freeFromFlagger(signal: AbortSignal): Promise<void>;
  /** Deletes Flagger's Canary, and nothing with it. */
  dismissFlagger(signal: AbortSignal): Promise<void>;
  /** Deletes what the release alone has, but for its Deployments: the weighted route first. */
  removeRest(signal: AbortSignal): Promise<void>;
  /** Deletes the Deployments of the release, its Service and its autoscaler. */
  removeAll(signal: AbortSignal): Promise<void>;
  /** Takes every trace of the release from the Deployment and the Service that stay. */
  letGo(signal: AbortSignal): Promise<void>;
  /** Whether the program still has the takeover: what is deleted is then the release, not the setting. */
  isMeant(signal: AbortSignal): Promise<boolean>;
  /** Requests that the gateway has sent to these addresses, by any route; undefined where nobody can tell. */
  requestsAt(nodes: readonly string[], signal: AbortSignal): Promise<number | undefined>;
}
