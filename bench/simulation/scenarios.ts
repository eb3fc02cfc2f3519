import { analysis } from "../../release/settings/index.js";
import type { AnalysisInput, AnalysisSettings } from "../../release/settings/index.js";
import { uniformsOf } from "./random.js";
import type { Uniform } from "./random.js";
import { healthyTraffic } from "./traffic.js";
import type { Behaviour } from "./traffic.js";

export const scenarioNames = [
  "healthy",
  "at-limit",
  "overdispersed",
  "fail-100",
  "fail-25",
  "fail-5",
  "fail-2",
  "latency-30",
  "retry-user-20",
  "retry-user-100",
  "beta-binomial-100",
  "blip-both-20",
  "blip-both-100",
  "thin-1",
  "thin-0.7",
  "thin-0.1",
  "both-5-compare",
  "late-100",
  "late-25",
  "late-10",
  "late-5",
  "gate-100",
  "gate-25",
  "gate-10",
  "gate-5",
  "last-check-10",
  "one-pod-of-three",
  "post-only-10",
  "torn-scrapes",
  "slow-5-scrape-2",
  "slow-5-scrape-15",
  "slow-2-scrape-2",
  "slow-2-scrape-15",
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
  readonly writeShare: number;
  /** Of each version. */
  readonly pods: number;
  readonly primary: Behaviour;
  readonly canary: Behaviour;
  /** A time in which both versions fail alike, whatever else they do. */
  readonly blip: { readonly fromSecond: number; readonly seconds: number; readonly failure: number } | undefined;
  /** From some second on the canary fails more than until then. */
  readonly fault: { readonly fromSecond: number; readonly failure: number } | undefined;
  /** Someone must approve the promotion, and doesn't: the last step lasts until something else ends the run. */
  readonly gateClosed: boolean;
  readonly scrapeSeconds: number;
  /** Buckets may be older than the total beside them. */
  readonly torn: boolean;
  /** The gateway's counters start from 0 again at this second. */
  readonly resetAtSecond: number | undefined;
}

/** How a version behaves in a second. */
export function behaviourAt(release: Release, version: "canary" | "primary", second: number): Behaviour {
  const { blip, fault } = release;
  const usual = release[version];
  if (blip !== undefined && second >= blip.fromSecond && second < blip.fromSecond + blip.seconds)
    return { ...usual, failure: blip.failure };
  if (version === "canary" && fault !== undefined && second >= fault.fromSecond)
    return { ...usual, failure: fault.failure };
  return usual;
}

/** What the canary fails of all requests in the end, as far as it is more than the primary does. */
export function lastingFailure({ canary, primary, fault, pods, writeShare }: Release): number | undefined {
  if (fault !== undefined) return fault.failure;
  if (canary.onePodFailure !== undefined) return (canary.onePodFailure + (pods - 1) * canary.failure) / pods;
  if (canary.writeFailure !== undefined) return writeShare * canary.writeFailure + (1 - writeShare) * canary.failure;
  return canary.failure > primary.failure ? canary.failure : undefined;
}

/** Scenarios whose figure is the share of something rare need many runs; medians and long waits need few. */
const partOf: Readonly<Record<ScenarioName, number>> = {
  ...{ healthy: 1, "at-limit": 1 },
  ...{ "fail-5": 4, "fail-2": 20, "retry-user-20": 3, "retry-user-100": 3, "beta-binomial-100": 3 },
  ...{ "blip-both-20": 4, "blip-both-100": 4, "both-5-compare": 6 },
  ...{ "last-check-10": 4, "one-pod-of-three": 4, "post-only-10": 4 },
  ...{ "thin-1": 6, "thin-0.7": 6, "thin-0.1": 6, "torn-scrapes": 6 },
  ...{ overdispersed: 20, "fail-100": 20, "fail-25": 20, "latency-30": 20 },
  ...{ "late-100": 20, "late-25": 20, "late-10": 20, "late-5": 20 },
  ...{ "gate-100": 30, "gate-25": 30, "gate-10": 30, "gate-5": 30 },
  ...{ "slow-5-scrape-2": 40, "slow-5-scrape-15": 40, "slow-2-scrape-2": 40, "slow-2-scrape-15": 40 },
};

/** How many releases of each scenario, for a given number of healthy ones. */
export function runsOf(scenario: ScenarioName, releases: number): number {
  return Math.ceil(releases / partOf[scenario]);
}

export function releaseOf(scenario: ScenarioName, index: number, seed: number): Release {
  const next = uniformsOf(seed, scenarioNames.indexOf(scenario), index);
  const primary = { ...healthyTraffic, failure: 0.005 * next(), slow: 0.005 * next() };
  const base: Release = {
    scenario,
    index,
    seed,
    primary,
    canary: primary,
    bursty: next() < 0.25,
    resetAtSecond: next() < 0.05 ? 5 + Math.floor(next() * 60) : undefined,
    requestsPerSecond: 20,
    writeShare: 0.2,
    pods: 1,
    blip: undefined,
    fault: undefined,
    gateClosed: false,
    scrapeSeconds: 2,
    torn: false,
    ...articlePlan,
  };
  return { ...base, ...specialities(scenario, base, next) };
}

type Speciality = Partial<Release>;

function specialities(scenario: ScenarioName, base: Release, next: Uniform): Speciality {
  const { primary } = base;
  const steady = { bursty: false };
  const canary = (change: Partial<Behaviour>): Speciality => ({ ...steady, canary: { ...primary, ...change } });
  const both = (change: Partial<Behaviour>): Speciality => {
    const alike = { ...primary, ...change };
    return { ...steady, canary: alike, primary: alike };
  };
  const at = (requestsPerSecond: number, rest: Speciality): Speciality => ({ ...rest, requestsPerSecond });
  switch (scenario) {
    case "healthy":
      return anyPlan(next);
    case "overdispersed":
      return { ...anyPlan(next), canary: { ...primary, failureBursts: 0.05 } };
    case "at-limit":
      return { ...anyPlan(next), canary: { ...primary, failure: 0.01, slow: 0.01 } };
    case "fail-100":
      return canary({ failure: 1 });
    case "fail-25":
      return canary({ failure: 0.25 });
    case "fail-5":
      return canary({ failure: 0.05 });
    case "fail-2":
      return at(200, canary({ failure: 0.02 }));
    case "latency-30":
      return canary({ slow: 0.3 });
    case "retry-user-20":
      return at(20, both({ failure: 0.005, retries: 5 }));
    case "retry-user-100":
      return at(100, both({ failure: 0.005, retries: 5 }));
    case "beta-binomial-100":
      return at(100, both({ failure: 0.005, correlation: 0.1 }));
    case "blip-both-20":
    case "blip-both-100":
      return at(scenario === "blip-both-20" ? 20 : 100, {
        ...steady,
        blip: { fromSecond: Math.floor(next() * 47), seconds: 3, failure: 0.5 },
      });
    case "thin-1":
      return at(1, steady);
    case "thin-0.7":
      return at(0.7, steady);
    case "thin-0.1":
      return at(0.1, steady);
    case "both-5-compare":
      return { ...both({ failure: 0.05 }), ...comparedPlan };
    case "late-100":
    case "late-25":
    case "late-10":
    case "late-5":
      return at(100, { ...steady, ...heldPlan, fault: { fromSecond: 60, failure: shareIn(scenario) } });
    case "gate-100":
    case "gate-25":
    case "gate-10":
    case "gate-5":
      return at(100, { ...steady, ...minutePlan, gateClosed: true, fault: lateFault(shareIn(scenario), next) });
    case "last-check-10":
      return at(20, { ...steady, ...minutePlan, fault: { fromSecond: 294, failure: 0.1 } });
    case "one-pod-of-three":
      return { ...canary({ failure: 0, onePodFailure: 0.09 }), pods: 3 };
    case "post-only-10":
      return canary({ writeFailure: 0.1 });
    case "torn-scrapes":
      return { ...anyPlan(next), torn: true };
    case "slow-5-scrape-2":
      return { ...canary({ slow: 0.05 }), ...minutePlan };
    case "slow-5-scrape-15":
      return { ...canary({ slow: 0.05 }), ...minutePlan, scrapeSeconds: 15 };
    case "slow-2-scrape-2":
      return { ...canary({ slow: 0.02 }), ...minutePlan };
    case "slow-2-scrape-15":
      return { ...canary({ slow: 0.02 }), ...minutePlan, scrapeSeconds: 15 };
  }
}

/** `late-25` is 25%. */
function shareIn(scenario: ScenarioName): number {
  return Number(scenario.split("-")[1]) / 100;
}

/** Some eight minutes after the last weight was reached, at 240 s. */
function lateFault(failure: number, next: Uniform): Release["fault"] {
  return { fromSecond: 240 + Math.floor(480 + 120 * (next() - 0.5)), failure };
}

type Planned = Pick<Release, "settings" | "steps">;

const cache = new Map<string, Planned>();

/** The article's: 10 s intervals, 10 to 50 percent, ten failed checks; everything else as it is by default. */
const articlePlan = planned({ interval: "10s" }, 10, 50, 10);
/** The same with the default interval of a minute. */
const minutePlan = planned({}, 10, 50, 10);
const comparedPlan = planned({ interval: "10s" }, 10, 50, 10, { maxIncrease: 1 });
/** One step to 50 that is held. */
const heldPlan = { ...planned({ interval: "10s" }, 50, 50, 10), gateClosed: true };

/** The default interval, with any traffic, pods and steps; the default threshold and the article's. */
function anyPlan(next: Uniform): Speciality {
  const requestsPerSecond = logUniform(next(), 1, 500);
  const stepWeight = [5, 10, 10, 25, 50][Math.floor(next() * 5)] ?? 10;
  const maxWeight = stepWeight === 5 ? 25 : 50;
  const threshold = next() < 0.5 ? 1 : 10;
  const pods = 1 + Math.floor(next() * 3);
  return { ...planned({}, stepWeight, maxWeight, threshold), requestsPerSecond, pods };
}

function planned(
  input: Partial<AnalysisInput>,
  stepWeight: number,
  maxWeight: number,
  threshold: number,
  compare?: { readonly maxIncrease: number },
): Planned {
  const compared = compare === undefined ? {} : { compare };
  const metrics: AnalysisInput["metrics"] = [
    { name: "request-success-rate", interval: "1m", thresholdRange: { min: 99 }, ...compared },
    { name: "request-duration", interval: "30s", thresholdRange: { max: 500 }, ...compared },
  ];
  const key = JSON.stringify([input, stepWeight, maxWeight, threshold, compare]);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const settings = analysis.parse({ ...input, stepWeight, maxWeight, threshold, metrics });
  const steps = Array.from({ length: maxWeight / stepWeight }, (_, step) => (step + 1) * stepWeight);
  const made = { settings, steps };
  cache.set(key, made);
  return made;
}

function logUniform(uniform: number, low: number, high: number): number {
  return low * (high / low) ** uniform;
}
