import { checkEverySeconds } from "../../release/settings/index.js";
import { deadlineSeconds, observe, startAnalysis } from "../../release/analysis/index.js";
import type { AnalysisState, Observation, Observed } from "../../release/analysis/index.js";
import { Gateway, nodesOf } from "./gateway.js";
import { promoted, rolledBack, undecided } from "./outcome.js";
import type { Outcome } from "./outcome.js";
import type { Release } from "./scenarios.js";

/** A promotion waits so long for its primary's pods; meanwhile the canary keeps its weight and is watched. */
const primaryRolloutSeconds = 20;
/** Of the error budget, as the machine shares it out. */
const analysisShare = 0.9;
const watchShare = 0.1;

/** Our rule: the real analysis, asked at every check, obeyed as the machine obeys it. `see` is told of each check. */
export function ours(release: Release, see?: (observed: Observed) => void): Outcome {
  const { settings, steps } = release;
  const gateway = new Gateway(release);
  const checkSeconds = checkEverySeconds(settings);
  let state = started(release, { startedAtMs: 0, budgetShare: analysisShare });
  let step = 0;
  let weightSince = 0;
  let intervalStart = 0;
  let failedChecks = 0;
  // Its pods are ready at once.
  const plan = { analysis: settings, progressDeadline: 0 };
  let deadline = deadlineSeconds(plan);
  gateway.setWeight(steps[0] ?? 0);
  for (let second = checkSeconds; second <= deadline; second += checkSeconds) {
    gateway.runUntil(second);
    const intervalEnds = second - intervalStart >= settings.interval;
    const finalStep = step === steps.length - 1;
    const observation = observationOf(release, gateway, second, { weightSince, intervalEnds, finalStep });
    const observed = observe(state, observation);
    see?.(observed);
    const { assessment } = observed;
    state = observed.state;
    deadline = deadlineSeconds(plan, assessment.requestsPerSecond);
    if (intervalEnds) intervalStart = second;
    const { verdict } = assessment;
    if (verdict.kind === "failedCheck") failedChecks += 1;
    if (verdict.kind === "failNow" || failedChecks >= settings.threshold)
      return rolledBack(release, gateway, second, state.totals.subject.requests);
    if (verdict.kind === "giveUp") return undecided(release, gateway, second);
    if (verdict.kind !== "pass" || !intervalEnds) continue;
    if (finalStep && release.gateClosed) continue;
    if (finalStep) {
      const outcome = promoted(release, gateway, second);
      return { ...outcome, caughtInPromotion: isCaught(release, gateway, second) };
    }
    step += 1;
    weightSince = second;
    gateway.setWeight(steps[step] ?? 0);
  }
  return undecided(release, gateway, deadline);
}

function started(
  { settings, scrapeSeconds }: Release,
  more: { readonly startedAtMs: number; readonly budgetShare: number; readonly subject?: "primary" },
): AnalysisState {
  return startAnalysis(settings, { name: "podinfo", namespace: "test", scrapeIntervalSeconds: scrapeSeconds, ...more });
}

/** Whether a promoted revision is proved to be bad while its primary gets ready. */
function isCaught(release: Release, gateway: Gateway, from: number): boolean {
  const checkSeconds = checkEverySeconds(release.settings);
  let state = started(release, { startedAtMs: from * 1000, budgetShare: watchShare, subject: "primary" });
  for (let second = from + checkSeconds; second <= from + primaryRolloutSeconds; second += checkSeconds) {
    gateway.runUntil(second);
    const moment = { weightSince: from, intervalEnds: false, finalStep: false };
    const observation = observationOf(release, gateway, second, moment);
    const alone = { ...observation.surroundings, baselineNodes: [], baselineReady: 0, weightPercent: 100 };
    const observed = observe(state, { ...observation, surroundings: alone });
    state = observed.state;
    if (observed.assessment.verdict.kind === "failNow") return true;
  }
  return false;
}

interface Moment {
  readonly weightSince: number;
  readonly intervalEnds: boolean;
  readonly finalStep: boolean;
}

function observationOf(
  { pods }: Release,
  gateway: Gateway,
  second: number,
  { weightSince, intervalEnds, finalStep }: Moment,
): Observation {
  return {
    nowMs: second * 1000,
    reading: { kind: "reading", series: gateway.series(), custom: [] },
    surroundings: {
      subjectNodes: nodesOf("canary", pods),
      baselineNodes: nodesOf("primary", pods),
      subjectReady: pods,
      baselineReady: pods,
      weightPercent: gateway.weightPercent,
      weightSinceMs: weightSince * 1000,
    },
    intervalEnds,
    finalStep,
  };
}
