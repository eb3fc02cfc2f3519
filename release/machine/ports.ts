import type { Assessment, Observation } from "../analysis/contract.js";
import type { Clock, ClusterPort, LockPort, MetricsPort, ReporterPort, WebhookPort } from "../ports/index.js";
import type { Promoted } from "../model/index.js";
import type { ReleaseSettings } from "../settings/index.js";

/**
 * Judges by one of a release's analyses (a number of `analysesOf`): each observation is answered by an assessment of all
 * evidence so far.
 */
export type Judge = (
  settings: ReleaseSettings,
  startedAtMs: number,
  subject: "canary" | "primary",
  part: number,
) => (observation: Observation) => Assessment;

/** Everything that a rollback needs of the world: a run has more, the watchdog no more. */
export interface RollbackPorts {
  readonly clock: Clock;
  readonly cluster: ClusterPort;
  readonly lock: LockPort;
  readonly metrics: MetricsPort;
  readonly reporter: ReporterPort;
}

/** Everything the machine needs of the world. */
export interface Ports extends RollbackPorts {
  readonly webhooks: WebhookPort;
  readonly judge: Judge;
  /** Which update this is: the same for all releases of one. */
  readonly update: string;
}

/** How a part of a release ended, when it did not fail; a promotion says what all users have now. */
export type Outcome =
  | { readonly kind: "nothingToDo" }
  | { readonly kind: "healed" }
  | { readonly kind: "initialized"; readonly promoted?: Promoted }
  | { readonly kind: "alreadyPromoted"; readonly promoted?: Promoted }
  | { readonly kind: "passed" }
  | { readonly kind: "skipped" }
  | { readonly kind: "promoted"; readonly promoted: Promoted }
  | { readonly kind: "unjudged"; readonly promoted?: Promoted };
