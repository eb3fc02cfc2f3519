import type { AnalysisState } from "../state.js";

/** Requests that the subject should have had by now before their absence says something. */
const missing = 3;
/** The round robin of each gateway may begin with the other version for so many. */
const slackPerInstance = 4;
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
  if (share < 1 && (since * share) / (1 - share) >= missing + slack * share) return true;
  return requestsPerMs(state, nowMs) * (nowMs - lastTraffic.timeMs) >= silentRequests;
}

function requestsPerMs({ totals, context }: AnalysisState, nowMs: number): number {
  const lasted = nowMs - context.startedAtMs;
  return lasted <= 0 ? 0 : (totals.subject.requests + totals.baseline.requests) / lasted;
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
