import { rateText, spanText } from "../preview/patience.js";
import type { AnalysisState } from "../state.js";

/** Requests that the subject should have had by now before their absence says something. */
const missing = 3;
/** The round robin of each gateway may begin with the other version for so many. */
const slackPerInstance = 4;
/** Below it the light side of a weight is seldom picked at all. */
const fineShare = 0.01;
/** A silence that chance gives once in a million is one. */
const silentRequests = 14;

/**
 * Whether an interval counts against a release that waits for requests: no new one came to the subject, though the
 * route's traffic should have brought some, or the route itself has fallen silent. Thin traffic alone is none of both: then
 * the run waits for as long as its deadline allows.
 */
export function isStarved(state: AnalysisState, nowMs: number): boolean {
  const { totals, intervalStart, lastTraffic, weightPercent, gateways } = state;
  if (totals.subject.requests > intervalStart.subject.requests) return false;
  if (lastTraffic === undefined) return true;
  const share = (weightPercent ?? 0) / 100;
  const since = totals.baseline.requests - lastTraffic.baselineAtSubject;
  const slack = slackPerInstance * Math.max(1, Object.keys(gateways).length);
  // Of a fine weight each worker's first request is late in its cycle, which is long.
  const late = share < fineShare ? slack : slack * share;
  if (share < 1 && (since * share) / (1 - share) >= missing + late) return true;
  return requestsPerMs(state, nowMs) * (nowMs - lastTraffic.timeMs) >= silentRequests;
}

function requestsPerMs({ totals, context }: AnalysisState, nowMs: number): number {
  const lasted = nowMs - context.startedAtMs;
  return lasted <= 0 ? 0 : (totals.subject.requests + totals.baseline.requests) / lasted;
}

/** Requests per second of both versions since the run's start. */
export function rateOf({ totals, runStart, newestSampleMs, context }: AnalysisState): number | undefined {
  const seconds = ((newestSampleMs ?? 0) - Math.max(runStart.timeMs, context.startedAtMs)) / 1000;
  if (seconds <= 0) return undefined;
  const { subject, baseline } = totals;
  const before = runStart.totals;
  return (subject.requests + baseline.requests - before.subject.requests - before.baseline.requests) / seconds;
}

/** How long so many more requests of the subject will take at the present traffic; "" where that is soon or unknown. */
export function waitText(state: AnalysisState, requests: number): string {
  const rate = rateOf(state);
  const ofSubject = ((rate ?? 0) * (state.weightPercent ?? 0)) / 100;
  if (rate === undefined || ofSubject <= 0 || requests / ofSubject <= state.settings.interval) return "";
  return `; at ${rateText(rate)} this takes about ${spanText(requests / ofSubject)}`;
}

/** When the route had its newest request, and what the other version had been asked when the subject had its own. */
export function lastTrafficOf(
  before: AnalysisState,
  after: Pick<AnalysisState, "totals">,
  nowMs: number,
): AnalysisState["lastTraffic"] {
  const { subject, baseline } = after.totals;
  const grewSubject = subject.requests > before.totals.subject.requests;
  if (!grewSubject && baseline.requests <= before.totals.baseline.requests) return before.lastTraffic;
  return {
    timeMs: nowMs,
    baselineAtSubject: grewSubject ? baseline.requests : (before.lastTraffic?.baselineAtSubject ?? 0),
  };
}
