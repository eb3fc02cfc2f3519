import type { Assessment, Observation } from "../analysis/contract.js";
import type { CheckStatus, Phase } from "../model/index.js";

/** Something people should know, in Flagger's wording where the meaning is the same. */
export interface Announcement {
  readonly level: "info" | "warning" | "error";
  readonly message: string;
  readonly phase: Phase;
  readonly canaryWeight: number;
  /** True for what alerts are made of: start, promotion, rollback, failure. */
  readonly alert: boolean;
  /** Why, in one sentence, where the message doesn't say so itself. */
  readonly reason?: string;
  /** Of the plan, from 1: where the run is as it says so; undefined before and after its stages. */
  readonly stage?: number;
  /** What the last checks of the run found. */
  readonly checks?: readonly CheckStatus[];
}

/** One check with all that went into it, so that it can be decided again. */
export interface CheckRecord {
  /** Who is judged: the canary, or the primary's new pods during a promotion. */
  readonly subject: "canary" | "primary";
  /** Start of the analysis that this check belongs to, ms since the epoch: one for each analysis of a run. */
  readonly startedAtMs: number;
  /** Which of the release's analyses it is, from 0; default 0. */
  readonly part?: number;
  /** What that is called, where it isn't that of the steps. */
  readonly name?: string;
  readonly observation: Observation;
  readonly assessment: Assessment;
}

/** How a part of a release ended. `promotionFailed`: judged good, but its promotion could not be finished. */
export interface RunEnd {
  readonly part: "analysis" | "promotion";
  readonly outcome: "passed" | "skipped" | "promoted" | "failed" | "promotionFailed";
  /** One sentence; "" where the outcome says all. */
  readonly reason: string;
}

export interface ReporterPort {
  /** Kubernetes Event, live log line, event webhooks, alerts. Never throws, never blocks the caller for long. */
  announce(announcement: Announcement): void;
  /** The record of one check, for the report. */
  record(check: CheckRecord): void;
  /** Waits until what was announced is out, at most `milliseconds`. */
  flush(milliseconds: number): Promise<void>;
  /**
   * Stores the report of all that was announced and recorded, at most `milliseconds`, and only if anything was. For after the
   * traffic is where it belongs: never throws.
   */
  conclude(end: RunEnd, milliseconds: number): Promise<void>;
}
