import type { AnalysisSettings } from "../../settings/index.js";
import { judgedShare, planStages } from "../../strategy/index.js";
import { upperTail } from "../evidence/binomial-tail.js";
import { budgetOf } from "../evidence/budget.js";
import { logEvidenceAbove, logEvidenceBelow } from "../evidence/e-process.js";
import { wholeRunWeight } from "../evidence/starts.js";
import { isCustom, sharesOf } from "../checks/hypotheses.js";

/** A run "sees" what it rolls back with this probability. */
const certainty = 0.95;

/** Requests per second of the gateway to requests of the canary, stage by stage of the plan, as far as it can be known. */
function requestsOfStages(settings: AnalysisSettings, requestsPerSecond: number): readonly Pace[] {
  return planStages(settings).flatMap((stage) => {
    const share = judgedShare(stage);
    if (share === undefined) return [];
    const inInterval = (share / 100) * stage.intervalSeconds * requestsPerSecond;
    return [{ inInterval, inAll: inInterval * stage.intervals }];
  });
}

interface Pace {
  readonly inInterval: number;
  readonly inAll: number;
}

/** Canary requests of a run that passes every step at once. */
export function plannedRequests(settings: AnalysisSettings, requestsPerSecond: number): number {
  // Rounded before it is cut: 0.1 + 0.2 is a little more than 0.3 to a computer.
  const all = requestsOfStages(settings, requestsPerSecond).reduce((sum, { inAll }) => sum + inAll, 0);
  return Math.floor(Number(all.toFixed(6)));
}

/** Canary requests of the step with the least of them. */
export function requestsOfFirstStep(settings: AnalysisSettings, requestsPerSecond: number): number {
  return requestsOfStages(settings, requestsPerSecond)[0]?.inInterval ?? Infinity;
}

/**
 * The smallest probability of the event that so many requests prove to be above `limit`, in 95 of 100 runs; undefined
 * where even failing always would not be proved. By the evidence at the run's end alone, so a little pessimistic.
 */
export function visibleShare(settings: AnalysisSettings, limit: number, requests: number): number | undefined {
  const { failLog } = budgetOf(settings, { budgetShare: 1 }, sharesOf(settings));
  const proves = (events: number): boolean =>
    logEvidenceAbove(limit, { count: requests, events }) + Math.log(wholeRunWeight) >= failLog;
  if (requests <= 0 || !proves(requests)) return undefined;
  const needed = firstFrom(requests, proves);
  // The tail at a probability is exact; where it reaches the certainty lies by bisection.
  let low = limit;
  let high = 1;
  for (let round = 0; round < 50; round += 1) {
    const middle = (low + high) / 2;
    if (upperTail(middle, { count: requests, events: needed }) >= certainty) high = middle;
    else low = middle;
  }
  return high;
}

/** Requests without a single event that prove the probability to be below `limit`. */
export function cleanRequestsToProve(limit: number, confidence: number): number {
  const most = 10_000_000;
  return firstFrom(most, (count) => logEvidenceBelow(limit, { count, events: 0 }) >= -Math.log(1 - confidence));
}

/** The smallest whole number up to `most` from which on it holds. */
function firstFrom(most: number, holds: (value: number) => boolean): number {
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** Whether a metric is judged by requests, so that this page is about it. */
export function isJudgedByRequests(metric: AnalysisSettings["metrics"][number]): boolean {
  return !isCustom(metric) && !metric.dryRun;
}
