import { analysis } from "../../release/settings/index.js";
import type { AnalysisSettings } from "../../release/settings/index.js";
import { uniformsOf } from "./random.js";

export const scenarioNames = [
  "healthy",
  "at-limit",
  "overdispersed",
  "fail-100",
  "fail-25",
  "fail-5",
  "fail-2",
  "latency-30",
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** One release that is going to be simulated. */
export interface Release {
  readonly scenario: ScenarioName;
  readonly index: number;
  readonly seed: number;
  readonly settings: AnalysisSettings;
  readonly steps: readonly number[];
  readonly requestsPerSecond: number;
  /** Requests come in bursts: the rate changes between a fifth and three times its mean. */
  readonly bursty: boolean;
  readonly primaryFailure: number;
  readonly canaryFailure: number;
  /** Shares of requests slower than the limit. */
  readonly primarySlow: number;
  readonly canarySlow: number;
  /** Failures come together: in so large a share of seconds the canary fails ten times as often. */
  readonly failureBursts: number;
  /** The gateway's counters start from 0 again at this second. */
  readonly resetAtSecond: number | undefined;
}

/** How many releases of each scenario, for a given number of healthy ones. */
export function runsOf(scenario: ScenarioName, releases: number): number {
  switch (scenario) {
    case "healthy":
    case "at-limit":
      return releases;
    case "overdispersed":
    case "fail-100":
    case "fail-25":
    case "fail-5":
    case "fail-2":
    case "latency-30":
      return Math.ceil(releases / 10);
  }
}

export function releaseOf(scenario: ScenarioName, index: number, seed: number): Release {
  const next = uniformsOf(seed, scenarioNames.indexOf(scenario), index);
  const base = {
    scenario,
    index,
    seed,
    primaryFailure: 0.005 * next(),
    primarySlow: 0.005 * next(),
    bursty: next() < 0.25,
    resetAtSecond: next() < 0.05 ? 5 + Math.floor(next() * 60) : undefined,
    failureBursts: 0,
  };
  const article = { ...base, ...articleSettings(), requestsPerSecond: 20, bursty: false };
  const healthy = { canaryFailure: base.primaryFailure, canarySlow: base.primarySlow };
  switch (scenario) {
    case "healthy":
      return { ...base, ...healthy, ...anySettings(next) };
    case "overdispersed":
      return { ...base, ...healthy, ...anySettings(next), failureBursts: 0.05 };
    case "at-limit":
      return { ...base, ...anySettings(next), canaryFailure: 0.01, canarySlow: 0.01 };
    case "fail-100":
      return { ...article, ...healthy, canaryFailure: 1 };
    case "fail-25":
      return { ...article, ...healthy, canaryFailure: 0.25 };
    case "fail-5":
      return { ...article, ...healthy, canaryFailure: 0.05 };
    case "fail-2":
      return { ...article, ...healthy, canaryFailure: 0.02, requestsPerSecond: 200 };
    case "latency-30":
      return { ...article, ...healthy, canarySlow: 0.3 };
  }
}

type Planned = Pick<Release, "settings" | "steps">;

const ranges = [
  { name: "request-success-rate", interval: "1m", thresholdRange: { min: 99 } },
  { name: "request-duration", interval: "30s", thresholdRange: { max: 500 } },
] as const;

/** The article's: 10 s intervals, 10 to 50 percent, ten failed checks; everything else as it is by default. */
function articleSettings(): Planned {
  return planned("10s", 10, 50, 10);
}

/** The default interval, with any traffic and steps; the default threshold and the article's. */
function anySettings(next: () => number): Planned & Pick<Release, "requestsPerSecond"> {
  const requestsPerSecond = logUniform(next(), 1, 500);
  const stepWeight = [5, 10, 10, 25, 50][Math.floor(next() * 5)] ?? 10;
  const maxWeight = stepWeight === 5 ? 25 : 50;
  const threshold = next() < 0.5 ? 1 : 10;
  return { ...planned(undefined, stepWeight, maxWeight, threshold), requestsPerSecond };
}

const cache = new Map<string, Planned>();

function planned(interval: string | undefined, stepWeight: number, maxWeight: number, threshold: number): Planned {
  const key = [interval ?? "default", stepWeight, maxWeight, threshold].join();
  const known = cache.get(key);
  if (known !== undefined) return known;
  const settings = analysis.parse({
    ...(interval === undefined ? {} : { interval }),
    stepWeight,
    maxWeight,
    threshold,
    metrics: [...ranges],
  });
  const steps = Array.from({ length: maxWeight / stepWeight }, (_, step) => (step + 1) * stepWeight);
  const made = { settings, steps };
  cache.set(key, made);
  return made;
}

function logUniform(uniform: number, low: number, high: number): number {
  return low * (high / low) ** uniform;
}
