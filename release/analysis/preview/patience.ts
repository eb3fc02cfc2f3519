import { stepWeightsOf } from "../../settings/index.js";
import type { AnalysisSettings } from "../../settings/index.js";

/** What the length of a run depends on. */
type Pace = Parameters<typeof stepWeightsOf>[0] & Pick<AnalysisSettings, "interval" | "minRequests">;

/**
 * Seconds that a healthy run takes: each step lasts whole intervals, until the canary has had its `minRequests`. Without a
 * known traffic one interval each; Infinity where there is none.
 */
export function expectedSeconds(settings: Pace, requestsPerSecond = Infinity): number {
  return stepWeightsOf(settings).reduce((sum, weight) => sum + stepSeconds(settings, weight, requestsPerSecond), 0);
}

function stepSeconds({ interval, minRequests }: Pace, weight: number, requestsPerSecond: number): number {
  const canaryPerSecond = (requestsPerSecond * weight) / 100;
  const needed = canaryPerSecond > 0 ? minRequests / canaryPerSecond : Infinity;
  return Math.max(1, Math.ceil(needed / interval)) * interval;
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
