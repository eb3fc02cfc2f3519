import type { Assessment } from "../analysis/contract.js";
import type { Phase } from "../model/index.js";

/** Something people should know, in Flagger's wording where the meaning is the same. */
export interface Announcement {
  readonly level: "info" | "warning" | "error";
  readonly message: string;
  readonly phase: Phase;
  readonly canaryWeight: number;
  /** True for what alerts are made of: start, promotion, rollback, failure. */
  readonly alert: boolean;
}

export interface ReporterPort {
  /** Kubernetes Event, live log line, event webhooks, alerts. Never throws, never blocks the caller for long. */
  announce(announcement: Announcement): void;
  /** The record of one check, for the report. */
  record(entry: { readonly atMs: number; readonly weightPercent: number; readonly assessment: Assessment }): void;
  /** Waits until what was announced is out, at most `milliseconds`. */
  flush(milliseconds: number): Promise<void>;
}
