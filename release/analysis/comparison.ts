import type { MetricSettings } from "../settings/index.js";
import { upperTail } from "./binomial-tail.js";
import { noiseLevel } from "./budget.js";
import { logSum } from "./e-process.js";
import type { Trials } from "./e-process.js";
import { trialsOf } from "./hypotheses.js";
import type { Event, Hypothesis } from "./hypotheses.js";
import { boundAtOrAbove, quantileMs, slowShareAllowed } from "./latency.js";
import { countText } from "./sentences.js";
import { startMark } from "./state.js";
import type { AnalysisState, ComparisonState } from "./state.js";
import { minus, totalsMinus } from "./tally.js";
import { addBlock, comparisonEvidence, freshComparison } from "./two-sample.js";

/** How the subject does beside the other version. */
export interface Compared {
  readonly hypothesis: Hypothesis;
  readonly log: number;
  /** Bound on the p-value of the present interval alone: 1/E of its blocks. */
  readonly intervalTail: number;
  readonly subject: Trials;
  readonly baseline: Trials;
  readonly maxIncrease: number;
  readonly text: string;
}

/** Where nobody set a limit for the duration, and nothing has been measured yet. */
const usualLimitMs = 500;

/** Adds what was counted since the last check to every comparison. */
export function updateComparisons(before: AnalysisState, state: AnalysisState): AnalysisState["comparisons"] {
  const metrics = state.settings.metrics.filter(({ compare }) => compare !== undefined);
  if (metrics.length === 0) return state.comparisons;
  const past = minus(before.totals.baseline, startMark(before).totals.baseline);
  const block = totalsMinus(state.totals, before.totals);
  const next: Record<string, ComparisonState> = { ...state.comparisons };
  for (const metric of metrics) {
    // The event is chosen by what was known before the block: else the choice would bias the test.
    const event = eventOf(before, metric);
    next[metric.name] = addBlock(
      next[metric.name] ?? freshComparison,
      {
        subject: trialsOf(event, block.subject, state.boundsMs),
        baseline: trialsOf(event, block.baseline, state.boundsMs),
      },
      trialsOf(event, past, state.boundsMs),
      (metric.compare?.maxIncrease ?? 0) / 100,
    );
  }
  return next;
}

export function compared(state: AnalysisState, metric: MetricSettings, maxIncreasePercent: number): Compared {
  const comparison = state.comparisons[metric.name] ?? freshComparison;
  const start = state.intervalComparisons[metric.name] ?? freshComparison;
  const intervalLog = logSum(comparison.logs.map((log, index) => log - (start.logs[index] ?? 0)));
  const run = totalsMinus(state.totals, startMark(state).totals);
  const event = eventOf(state, metric);
  const subject = trialsOf(event, run.subject, state.boundsMs);
  const baseline = trialsOf(event, run.baseline, state.boundsMs);
  const maxIncrease = maxIncreasePercent / 100;
  const allowed = Math.min(1, rate(baseline) + maxIncrease);
  return {
    hypothesis: {
      event,
      limit: allowed,
      bad: event.kind === "failed" ? "below" : "above",
      asked: event.kind === "slowerThan" ? event.limitMs : Number((100 * (1 - allowed)).toFixed(4)),
    },
    log: comparisonEvidence(comparison),
    intervalTail: Math.min(1, Math.exp(Math.log(comparison.logs.length) - intervalLog)),
    subject,
    baseline,
    maxIncrease,
    text: `${state.context.subject === "primary" ? "the other version" : "primary"}: ${countText(event, baseline)}, at most ${maxIncreasePercent} points more allowed`,
  };
}

/** Worse than the primary by more than chance alone gives. */
export function isWorse({ subject, baseline, maxIncrease }: Compared, intervalsAtWeight: number): boolean {
  if (baseline.count === 0 || rate(subject) <= rate(baseline) + maxIncrease) return false;
  const careful = Math.min(1, (baseline.events + 1) / (baseline.count + 2) + maxIncrease);
  return upperTail(careful, subject) <= noiseLevel(intervalsAtWeight);
}

function eventOf(state: AnalysisState, metric: MetricSettings): Event {
  if (metric.name === "request-success-rate") return { kind: "failed" };
  const limitMs = metric.thresholdRange?.max;
  if (limitMs !== undefined) return { kind: "slowerThan", limitMs };
  const past = minus(state.totals.baseline, startMark(state).totals.baseline);
  const usual = quantileMs(past, state.boundsMs, 1 - slowShareAllowed);
  return { kind: "slowerThan", limitMs: boundAtOrAbove(state.boundsMs, usual ?? usualLimitMs) ?? usualLimitMs };
}

function rate({ count, events }: Trials): number {
  return count === 0 ? 0 : events / count;
}
