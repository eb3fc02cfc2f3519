import { stepWeightsOf } from "../../settings/index.js";
import type { AnalysisSettings } from "../../settings/index.js";

/** However short a plan is, a run may last so long. */
const leastSeconds = 3600;
/** Holds, and traffic that gets thinner, may make a run so many times as long as its plan. */
const spare = 3;

/**
 * Seconds that a healthy run takes: each step lasts whole intervals, until the canary has had its `minRequests`. Without a
 * known traffic one interval each; Infinity where there is none.
 */
export function expectedSeconds(settings: AnalysisSettings, requestsPerSecond = Infinity): number {
  return stepWeightsOf(settings).reduce((sum, weight) => sum + stepSeconds(settings, weight, requestsPerSecond), 0);
}

function stepSeconds({ interval, minRequests }: AnalysisSettings, weight: number, requestsPerSecond: number): number {
  const canaryPerSecond = (requestsPerSecond * weight) / 100;
  const needed = canaryPerSecond > 0 ? minRequests / canaryPerSecond : Infinity;
  return Math.max(1, Math.ceil(needed / interval)) * interval;
}

/**
 * Seconds after which a run that isn't decided ends as `onUndecided` says, where no deadline was set: three times what the
 * plan needs at the traffic observed so far, and an hour at least. Where no traffic at all is observed, that of the plan
 * alone: then `inconclusiveLimit` ends it much earlier.
 */
export function deadlineSeconds(settings: AnalysisSettings, requestsPerSecond: number | undefined): number {
  const expected = expectedSeconds(settings, requestsPerSecond === 0 ? undefined : requestsPerSecond);
  return Math.max(leastSeconds, spare * expected);
}

/** `8 minutes`, `50 seconds`: for sentences about what is still to come. */
export function spanText(seconds: number): string {
  if (!Number.isFinite(seconds)) return "for ever";
  if (seconds < 100) return `${Math.ceil(seconds)} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}

/** `0.1 requests/s`, `1 request/s`. */
export function rateText(requestsPerSecond: number): string {
  const rounded = Number(requestsPerSecond.toPrecision(2));
  return `${rounded} ${rounded === 1 ? "request" : "requests"}/s`;
}
