import type { MetricSettings } from "../../settings/index.js";
import type { AnalysisState } from "../state.js";
import { baselineTally } from "../counting/compared.js";
import { whole } from "../counting/strata.js";
import { minus } from "../counting/tally.js";
import type { Hypothesis, Event } from "./hypotheses.js";
import { hypothesesOf, isCustom, isNumber, maxIncreaseOf, usualLimitMs } from "./hypotheses.js";
import { boundAtOrAbove, quantileMs, slowShareAllowed } from "./latency.js";

/** One statement about one metric, for which evidence is collected. */
export interface Claim {
  readonly key: string;
  readonly metric: MetricSettings;
  readonly hypothesis: Hypothesis;
  /** Whether it has a limit of its own; else it is judged beside the other version alone. */
  readonly absolute: boolean;
}

/** The statements of a metric's limits, or that it be no worse than the other version. */
export function claimsOf(state: AnalysisState, metric: MetricSettings): readonly Claim[] {
  if (isNumber(metric)) return [];
  const asked = hypothesesOf(metric);
  if (asked.length > 0)
    return asked.map((hypothesis, index) => ({ key: `${metric.name} ${index}`, metric, hypothesis, absolute: true }));
  if (maxIncreaseOf(metric) === undefined) return [];
  return [{ key: `${metric.name} 0`, metric, hypothesis: comparedAlone(state, metric), absolute: false }];
}

/** Without a limit the bad event is the usual one; its own limit is only there to be shown. */
function comparedAlone(state: AnalysisState, metric: MetricSettings): Hypothesis {
  const event = eventOf(state, metric);
  return event.kind === "slowerThan"
    ? { event, limit: 1, bad: "above", asked: event.limitMs }
    : { event, limit: 1, bad: event.kind === "failed" ? "below" : "above", asked: 0 };
}

function eventOf(state: AnalysisState, metric: MetricSettings): Event {
  if (isCustom(metric)) return { kind: "counted", metric: metric.name };
  if (metric.name === "request-success-rate") return { kind: "failed" };
  // By what was known before a block: else the choice would bias the test.
  const past = minus(baselineTally(state.totals, whole), baselineTally(state.runStart.totals, whole));
  const usual = quantileMs(past, state.boundsMs, 1 - slowShareAllowed);
  return { kind: "slowerThan", limitMs: boundAtOrAbove(state.boundsMs, usual ?? usualLimitMs) ?? usualLimitMs };
}
