/** What goes into the analysis and what comes out: plain, immutable data, no I/O. */
import type { Population, RuleKind, Split } from "../strategy/index.js";

export interface CounterPoint {
  /** Time of the sample as Prometheus stored it, ms since the epoch. */
  readonly timeMs: number;
  readonly value: number;
}

/**
 * One counter: of the gateway for the release's own route, of the gateway itself (`metricErrors`: counts that it lost), or
 * of the workload (`counted`).
 */
export interface CounterSeries {
  /** All labels but those of the scrape, in canonical form: the identity of the series at its target. */
  readonly id: string;
  /** Scrape target (gateway pod). */
  readonly instance: string;
  /** Which of several readings of the same target this is (scrape job, replica of Prometheus); undefined where unknown. */
  readonly source?: string | undefined;
  readonly kind: "status" | "latencyBucket" | "latencyCount" | "metricErrors" | "counted";
  /** Upstream address without port; "" when the gateway had no endpoint. */
  readonly node: string;
  /** HTTP status; "" for latency series. */
  readonly code: string;
  /** `read`, `write` or `other`, where the gateway says so. */
  readonly methodClass?: string | undefined;
  /** Who gave the answer: `upstream`, `nginx` (the gateway's proxy) or `apisix` (its plugins), where the gateway says so. */
  readonly responseSource?: string | undefined;
  /** Which of the route's http rules; absent: a user's own. */
  readonly rule?: RuleKind | undefined;
  /** Of a bucket: all labels but `le`, the identity of its histogram. */
  readonly histogram?: string | undefined;
  /** Of a counter of the workload: which metric counts by it, as what, and whose pods it is of. */
  readonly counted?:
    | {
        readonly metric: string;
        readonly role: "numerator" | "denominator";
        readonly version: "subject" | "baseline";
      }
    | undefined;
  /** `$upstream_status` with all attempts ("502, 200"), where the gateway exports it. */
  readonly upstreamStatus: string | undefined;
  /** `$upstream_addr` with all attempts, same order, where the gateway exports it. */
  readonly upstreamAddress: string | undefined;
  /** `le` of a bucket in ms, Infinity for the last; undefined for others. */
  readonly upperBoundMs: number | undefined;
  /** Raw samples of the last scrapes, oldest first. */
  readonly points: readonly CounterPoint[];
}

/**
 * What a custom query answered. `noData`: it finds no series. `noTraffic`: it divides nothing by nothing (NaN), so that its
 * series are there and nothing happened. `counters`: its samples are among the reading's series.
 */
export type CustomOutcome =
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "noData" }
  | { readonly kind: "noTraffic" }
  | { readonly kind: "counters" }
  | { readonly kind: "error"; readonly message: string };

/** One answer of the metrics provider: everything that the checks of a release need at one moment. */
export type Reading =
  | {
      readonly kind: "reading";
      readonly series: readonly CounterSeries[];
      readonly custom: readonly { readonly metric: string; readonly outcome: CustomOutcome }[];
    }
  /** `answered`: the provider is there, but nothing can be judged by what it has. */
  | { readonly kind: "error"; readonly message: string; readonly answered?: true };

/** What the cluster says at the moment of a reading. */
export interface Surroundings {
  /** Addresses of the pods under judgement (canary's, or the primary's new ones), terminating ones included. */
  readonly subjectNodes: readonly string[];
  /** Addresses of the pods to compare with. */
  readonly baselineNodes: readonly string[];
  /**
   * Of these the addresses whose answers the subject's are compared with: of fresh pods of the old revision. None: just
   * now all of them. Unsaid where there never were such pods.
   */
  readonly comparedNodes?: readonly string[] | undefined;
  readonly subjectReady: number;
  readonly baselineReady: number;
  /** Share asked of the gateway for the subject, percent, and since when; undefined where it depends on who comes. */
  readonly weightPercent?: number | undefined;
  readonly weightSinceMs: number;
  /** What is asked of each rule, where that is known to be in effect: leaks are looked for. */
  readonly split?: Split | undefined;
  /** Whose requests are the subject's trials; default: users'. */
  readonly judged?: Population | undefined;
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
  /** ln E of the whole run against the revision, and from where on it is rolled back at once. */
  readonly logEvidence: number;
  readonly logNeeded: number;
  /**
   * ln E of the shares of failures per check, and from where on it agrees: failures that come together within a check are
   * one case to it, so that a burst is no proof.
   */
  readonly logShares: number;
  readonly logSharesNeeded: number;
  /** ln E against the other version, where it is compared. */
  readonly logVersus?: number;
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
  /** True where nothing is missing but requests: some come, not yet enough. */
  readonly awaitsRequests?: boolean;
  /** True where the limit is broken by both versions alike: not the subject's fault, and worth a warning. */
  readonly shared?: boolean;
  /** Of the built-in metrics only. */
  readonly statistics?: CheckStatistics;
  /** Flagger's wording where the meaning is the same: `success rate 26.76% < 99%`, plus figures. */
  readonly sentence: string;
}

export type HoldReason = "breached" | "inconclusive" | "noData" | "error" | "split" | "waiting";

/**
 * The overall answer. `pass`: this step may be left. `hold`: stay at the weight. `failedCheck`: one more
 * for Flagger's `threshold`, and stay. `failNow`: roll the revision back at once. `giveUp`: too long undecided.
 */
export type Verdict =
  /** The warning says what both versions do wrong alike. */
  | { readonly kind: "pass"; readonly warning?: string }
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
  /** Requests per second of both versions together in the run so far; undefined while nothing was counted. */
  readonly requestsPerSecond?: number;
}
