/** What goes into the analysis and what comes out: plain, immutable data, no I/O. */

export interface CounterPoint {
  /** Time of the sample as Prometheus stored it, ms since the epoch. */
  readonly timeMs: number;
  readonly value: number;
}

/** One time series of the gateway for the release's own route. */
export interface CounterSeries {
  /** All labels in canonical form: the identity of the series. */
  readonly id: string;
  /** Scrape target (gateway pod). */
  readonly instance: string;
  readonly kind: "status" | "latencyBucket" | "latencyCount";
  /** Upstream address without port; "" when the gateway had no endpoint. */
  readonly node: string;
  /** HTTP status; "" for latency series. */
  readonly code: string;
  /** `$upstream_status` with all attempts ("502, 200"), where the gateway exports it. */
  readonly upstreamStatus: string | undefined;
  /** `$upstream_addr` with all attempts, same order, where the gateway exports it. */
  readonly upstreamAddress: string | undefined;
  /** `le` of a bucket in ms, Infinity for the last; undefined for others. */
  readonly upperBoundMs: number | undefined;
  /** Raw samples of the last scrapes, oldest first. */
  readonly points: readonly CounterPoint[];
}

export type CustomOutcome =
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "noData" }
  | { readonly kind: "error"; readonly message: string };

/** One answer of the metrics provider: everything that the checks of a release need at one moment. */
export type Reading =
  | {
      readonly kind: "reading";
      readonly series: readonly CounterSeries[];
      readonly custom: readonly { readonly metric: string; readonly outcome: CustomOutcome }[];
    }
  | { readonly kind: "error"; readonly message: string };

/** What the cluster says at the moment of a reading. */
export interface Surroundings {
  /** Addresses of the pods under judgement (canary's, or the primary's new ones), terminating ones included. */
  readonly subjectNodes: readonly string[];
  /** Addresses of the pods to compare with. */
  readonly baselineNodes: readonly string[];
  readonly subjectReady: number;
  readonly baselineReady: number;
  /** Share asked of the gateway for the subject, percent, and since when. */
  readonly weightPercent: number;
  readonly weightSinceMs: number;
}

export interface Observation {
  readonly nowMs: number;
  readonly reading: Reading;
  readonly surroundings: Surroundings;
  /** True when a step `interval` ends here: only then failed checks are counted and a step may be passed. */
  readonly intervalEnds: boolean;
  /**
   * False where another step follows this one. Only the last step needs the proof of `promoteWithConfidence`; when it
   * isn't said, every step does.
   */
  readonly finalStep?: boolean;
}

export type CheckVerdict = "pass" | "fail" | "failNow" | "breached" | "inconclusive" | "noData" | "error";

/** The test statistics behind a verdict about requests. */
export interface CheckStatistics {
  /** ln E of the whole run against the revision, and from where on it is taken back at once. */
  readonly logEvidence: number;
  readonly logNeeded: number;
  /** Of the hypothesis with most evidence: its limit as a probability, its trials and events in the whole run. */
  readonly limitShare: number;
  readonly trials: number;
  readonly events: number;
  /** p-value of the present interval alone, and up to which value the check fails at the interval's end. */
  readonly intervalTail: number;
  readonly intervalLevel: number;
}

/** One check at one moment, explained. */
export interface CheckReport {
  readonly metric: string;
  readonly verdict: CheckVerdict;
  readonly value: number | undefined;
  readonly limit: number | undefined;
  readonly unit: "%" | "ms" | "";
  readonly requests: number;
  /** 1 - 1/e of the evidence against the revision, 0 where there is none. */
  readonly confidence: number;
  readonly dryRun: boolean;
  /** True where nothing is missing but the proof that `promoteWithConfidence` asks for. */
  readonly awaitsProof?: boolean;
  /** Of the built-in metrics only. */
  readonly statistics?: CheckStatistics;
  /** Flagger's wording where the meaning is the same: `success rate 26.76% < 99%`, plus figures. */
  readonly sentence: string;
}

export type HoldReason = "breached" | "inconclusive" | "noData" | "error" | "split" | "waiting";

/**
 * The overall answer. `pass`: this step may be left. `hold`: stay at the weight. `failedCheck`: one more
 * for Flagger's `threshold`, and stay. `failNow`: take the revision back at once. `giveUp`: too long undecided.
 */
export type Verdict =
  | { readonly kind: "pass" }
  | { readonly kind: "hold"; readonly reason: HoldReason; readonly sentence: string }
  | { readonly kind: "failedCheck"; readonly sentence: string }
  | { readonly kind: "failNow"; readonly sentence: string }
  | { readonly kind: "giveUp"; readonly sentence: string };

export interface Assessment {
  readonly verdict: Verdict;
  readonly checks: readonly CheckReport[];
  /** Share of requests that reached the subject since the last change of weight, percent. */
  readonly observedSharePercent: number | undefined;
  /** Requests of the subject and of all since the last change of weight. */
  readonly subjectRequests: number;
  readonly totalRequests: number;
}
