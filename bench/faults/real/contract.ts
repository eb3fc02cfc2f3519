import type { Point } from "./points.js";
import type { StrategyName } from "./strategies.js";

/** One thing that was not as it must be. */
export interface Violation {
  readonly fault: string;
  /** `promote`, `ab-rollback`, …; none of the series. */
  readonly story?: string | undefined;
  readonly point: string;
  readonly invariant: Invariant;
  readonly detail: string;
}

export type Invariant =
  | "weight within the plan"
  | "only judged revisions on the primary"
  | "no failed request but the canary's own"
  | "nobody but the meant users reaches the canary"
  | "one verdict for all of a train"
  | "at rest within 90s"
  | "the next update works"
  | "nothing left behind"
  | "ends as it should"
  | typeof healthyPromoted;

/** Of faults that are weather alone. */
export const healthyPromoted = "the healthy release is promoted";

export const invariants: readonly Invariant[] = [
  "weight within the plan",
  "only judged revisions on the primary",
  "no failed request but the canary's own",
  "nobody but the meant users reaches the canary",
  "one verdict for all of a train",
  "at rest within 90s",
  "the next update works",
  "nothing left behind",
  "ends as it should",
  healthyPromoted,
];

/** When a fault strikes: at a point of the release, or so long after the start of the update, wherever that is. */
export type Moment =
  { readonly kind: "point"; readonly point: Point } | { readonly kind: "after"; readonly milliseconds: number };

/** `everybody`: it strikes all releases, so that it is tried alone. */
export type Strikes = "one" | "everybody";

/** One release (or train) under traffic, and what happens to it. */
export interface Case {
  readonly fault: string;
  /** How users are moved. Default: by weights. */
  readonly strategy?: StrategyName;
  readonly moment: Moment;
  /** Whether the canary answers every request with a 500. */
  readonly failing: boolean;
}

export interface CaseResult {
  readonly fault: string;
  readonly story: string;
  readonly point: string;
  readonly failing: boolean;
  /** Request count of the users during the case. */
  readonly requests: number;
  /** From the fault's end to 100/0 with the canary at 0; undefined where that was not reached. */
  readonly secondsToRest: number | undefined;
  readonly seconds: number;
  readonly violations: readonly Violation[];
}

/** Releases in a row under constant traffic. */
export interface Series {
  readonly runs: number;
  /** Requests that failed without the canary having answered them. */
  readonly failedRequests: number;
}

/** One case as it is told outside the sandbox. */
export type ToldCase = Omit<CaseResult, "violations" | "secondsToRest"> & {
  readonly secondsToRest?: number | undefined;
  readonly violations: number;
};

export interface RealResults {
  readonly cases: number;
  readonly realCases: readonly ToldCase[];
  /** Healthy releases that were not promoted although nothing but weather was in their way; each is a violation too. */
  readonly healthyNotPromoted: number;
  readonly violations: readonly Violation[];
  readonly promotions: Series;
  readonly rollbacks: Series;
}

export interface RealOptions {
  /** Of the random cases. Default 1. */
  readonly seed?: number;
  /** Number of random cases. Default 40. */
  readonly random?: number;
  /** Only faults whose name, or `name@point`, is here; `random`: the random cases, `strategies`: the strategies, `series`: the series. Default: all. */
  readonly only?: readonly string[];
  /** Only these stories, by name (`ab-rollback`) or strategy (`ab`); `promote` and `rollback` are by weights. Default: all. */
  readonly story?: readonly string[];
  /** The strategies at each of their points instead of one for each fault. Default false. */
  readonly everyPoint?: boolean;
  /** A handful of the most dangerous cases and two releases of the series. Default false. */
  readonly short?: boolean;
  /** Leaves the five minutes without an API server out. Default false. */
  readonly skipLong?: boolean;
  /** Only faults that strike one release, with the series, or only those that strike everybody. Default: both. */
  readonly strikes?: Strikes;
  /** Releases that are tried at the same time. Default 3. */
  readonly lanes?: number;
  /** Promotions, and as many rollbacks, of the zero-downtime series. Default 50. */
  readonly series?: number;
  /** Requests per second of the series. Default 200. */
  readonly seriesPerSecond?: number;
}
