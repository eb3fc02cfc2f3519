import { observe, startAnalysis } from "../analysis/index.js";
import type { Judge } from "./ports.js";

/** Our own analysis as the machine's judge: carries its state from one observation to the next. */
export const judge: Judge = (settings, startedAtMs, subject) => {
  const { name, namespace, scrapeInterval } = settings;
  let state = startAnalysis(settings.analysis, {
    name,
    namespace,
    startedAtMs,
    scrapeIntervalSeconds: scrapeInterval,
    subject,
    // One budget for the whole release: a shift back in steps is judged too, and has its half.
    budgetShare: settings.analysis.stepWeightPromotion > 0 ? 0.5 : 1,
  });
  return (observation) => {
    const observed = observe(state, observation);
    state = observed.state;
    return observed.assessment;
  };
};
