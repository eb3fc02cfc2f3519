import type { Former, Split, StageKind, StrategyKind } from "./strategy.js";
import type { Phase } from "./phases.js";
import type { TrainStatus } from "./train.js";

/** Where a run stands in its plan. */
export interface StrategyStatus {
  readonly kind: StrategyKind;
  /** From 1, and of how many. */
  readonly stage: number;
  readonly stages: number;
  readonly doing: StageKind;
  /** Passed intervals of a stage that has several. */
  readonly iteration?: number;
  readonly iterations?: number;
  /** Analyses in the background that run now, by name. */
  readonly background?: readonly string[];
  /** When a stage that only waits is over at the earliest; ISO time. */
  readonly until?: string;
}

/** What the last run decided about a revision. */
export interface Judged {
  readonly revision: string;
  readonly verdict: "passed" | "failed";
  /** A pass that is not the analysis' own. */
  readonly without?: "skipped" | "onRequest";
  /** One sentence with metric, value, limit, requests and confidence. */
  readonly reason: string;
  readonly at: string;
  /** A person passed it, whatever its checks said. */
  readonly byHand?: true;
}

/** How a promoted revision came to the primary. `unjudged`: around the analysis (`--target` on the primary alone). */
export const promotedVerdicts = ["passed", "initialized", "skipped", "onRequest", "unjudged"] as const;
/** How a promoted revision came to the primary. */
export type PromotedVerdict = (typeof promotedVerdicts)[number];

/** What serves all users now, as it was found on the primary: never what a program asks for. */
export interface Promoted {
  readonly revision: string;
  /** Of the containers, in the template's order. */
  readonly images: readonly { readonly container: string; readonly image: string }[];
  /** ISO time. */
  readonly at: string;
  readonly verdict: PromotedVerdict;
  /** One sentence: why, and the last figures of each check. */
  readonly summary: string;
}

export interface CheckStatus {
  readonly metric: string;
  readonly verdict: string;
  readonly value: string;
  readonly limit: string;
  readonly requests: number;
  /** Evidence against the revision, percent; absent in what earlier versions wrote. */
  readonly confidence?: string;
}

export interface Condition {
  readonly type: "Promoted";
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

/** Why a promotion can't go on and no earlier revision is left to return to. */
export const stallReasons = ["PrimaryFailing", "PrimaryNotReady"] as const;
export type StallReason = (typeof stallReasons)[number];

/** The journal: status of the CanaryRelease object, written before each change of traffic. Plain JSON. */
export interface ReleaseStatus {
  readonly phase: Phase;
  /** Share of the canary that is about to be, or is, set on the route; percent. */
  readonly canaryWeight: number;
  /** The whole of what is about to be, or is, asked of the gateway. */
  readonly split?: Split;
  /** Highest share the present run may reach; percent. */
  readonly plannedWeight: number;
  /** The highest split of the present run, all rules. */
  readonly plannedSplit?: Split;
  /** Where the present run stands in its plan. */
  readonly strategy?: StrategyStatus;
  /** Fresh pods of the old revision that the canary is compared with, while there are any. */
  readonly baseline?: { readonly replicas: number; readonly revision: string };
  /** Of a member of a train: where it stands in the update that it last took part in. */
  readonly train?: TrainStatus;
  readonly failedChecks: number;
  readonly iterations: number;
  readonly lastTransitionTime: string;
  /** Revision of the present or last run. */
  readonly revision: string;
  /** Revision on the primary that was judged (or was the first). */
  readonly promotedRevision?: string;
  readonly promoted?: Promoted;
  /** Revisions that served all users, newest first. */
  readonly formers?: readonly Former[];
  readonly judged?: Judged;
  /** After a pass: until then the primary must have been updated, else the traffic is rolled back. ISO time. */
  readonly handoverDeadline?: string;
  /** Seconds that the handover lasts, for observers that trust only their own clock. */
  readonly handoverSeconds?: number;
  /** After a rollback whose canary keeps its pods: when they go; ISO time. */
  readonly scaleDownAt?: string;
  /** Seconds that they stay, for observers that trust only their own clock. */
  readonly scaleDownSeconds?: number;
  /** Changes with every beat of a live run; observers compare it with itself, never with their clock. */
  readonly heartbeat?: { readonly holder: string; readonly beat: number };
  /** A promotion that stopped on purpose: the split stays until a person decides, and nobody else touches it. */
  readonly stalled?: StallReason;
  /** Replicas of the primary that the program asked for and got; undefined where others scale it. */
  readonly primaryReplicas?: number;
  readonly fence: number;
  readonly drainSeconds: number;
  readonly routeName: string;
  readonly message: string;
  readonly conditions: readonly Condition[];
  readonly checks: readonly CheckStatus[];
}

/** Whether the release waits for its promotion, passed, and is given back after a while; at a gate it has not passed yet. */
export function isHandedOver({ phase, handoverDeadline }: Pick<ReleaseStatus, "phase" | "handoverDeadline">): boolean {
  return phase === "WaitingPromotion" && handoverDeadline !== undefined;
}
