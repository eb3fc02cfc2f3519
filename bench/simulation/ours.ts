import { checkEverySeconds } from "../../release/settings/index.js";
import { observe, startAnalysis } from "../../release/analysis/index.js";
import type { Observation, Observed } from "../../release/analysis/index.js";
import { Gateway, nodesOf } from "./gateway.js";
import { promoted, rolledBack, undecided } from "./outcome.js";
import type { Outcome } from "./outcome.js";
import type { Release } from "./scenarios.js";

const deadlineSeconds = 3600;

/** Our rule: the real analysis, asked at every check, obeyed as the machine obeys it. `see` is told of each check. */
export function ours(release: Release, see?: (observed: Observed) => void): Outcome {
  const { settings, steps } = release;
  const gateway = new Gateway(release);
  const checkSeconds = checkEverySeconds(settings);
  let state = startAnalysis(settings, {
    name: "podinfo",
    namespace: "test",
    startedAtMs: 0,
    scrapeIntervalSeconds: release.scrapeSeconds,
  });
  let step = 0;
  let weightSince = 0;
  let intervalStart = 0;
  let failedChecks = 0;
  gateway.setWeight(steps[0] ?? 0);
  for (let second = checkSeconds; second <= deadlineSeconds; second += checkSeconds) {
    gateway.runUntil(second);
    const intervalEnds = second - intervalStart >= settings.interval;
    const finalStep = step === steps.length - 1;
    const observation = observationOf(release, gateway, second, weightSince, intervalEnds, finalStep);
    const observed = observe(state, observation);
    see?.(observed);
    const { assessment } = observed;
    state = observed.state;
    if (intervalEnds) intervalStart = second;
    const { verdict } = assessment;
    if (verdict.kind === "failedCheck") failedChecks += 1;
    if (verdict.kind === "failNow" || failedChecks >= settings.threshold)
      return rolledBack(release, gateway, second, state.totals.subject.requests);
    if (verdict.kind === "giveUp") return undecided(release, gateway, second);
    if (verdict.kind !== "pass" || !intervalEnds) continue;
    if (finalStep && release.gateClosed) continue;
    if (finalStep) return promoted(release, gateway, second);
    step += 1;
    weightSince = second;
    gateway.setWeight(steps[step] ?? 0);
  }
  return undecided(release, gateway, deadlineSeconds);
}

function observationOf(
  { pods }: Release,
  gateway: Gateway,
  second: number,
  weightSince: number,
  intervalEnds: boolean,
  finalStep: boolean,
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
