import { budgetOf } from "./budget.js";
import { checkBuiltin } from "./builtin-check.js";
import type { Moment } from "./builtin-check.js";
import { updateComparisons } from "./comparison.js";
import type { Assessment, CheckReport, Observation } from "./contract.js";
import { checkCustom } from "./custom-check.js";
import { isCustom, sharesOf } from "./hypotheses.js";
import { ingest, isDelayed } from "./ingest.js";
import { splitOf } from "./split.js";
import type { AnalysisState, Mark } from "./state.js";
import { decide } from "./verdict.js";

export interface Observed {
  readonly state: AnalysisState;
  readonly assessment: Assessment;
}

/** A sample older than so many scrape intervals is no data. */
const staleScrapes = 3;

/** Takes in what is known at one moment and says what it means. Pure: the same inputs give the same answer. */
export function observe(state: AnalysisState, observation: Observation): Observed {
  const ingested = ingest(state, observation);
  const comparisons = isDelayed(ingested) ? ingested.comparisons : updateComparisons(state, ingested);
  const known: AnalysisState = { ...ingested, comparisons, history: historyOf(ingested, observation.nowMs) };
  const moment = momentOf(known, observation);
  const checks = known.settings.metrics.map((metric): CheckReport =>
    isCustom(metric) ? checkCustom(metric, observation, moment) : checkBuiltin(known, metric, moment),
  );
  const split = splitOf(known);
  const { verdict, counters } = decide(known, checks, split, observation.intervalEnds);
  const next = { ...known, ...counters };
  return {
    state: observation.intervalEnds ? endInterval(next) : next,
    assessment: {
      verdict,
      checks,
      observedSharePercent: split.sharePercent,
      subjectRequests: split.subjectRequests,
      totalRequests: split.totalRequests,
    },
  };
}

function momentOf(state: AnalysisState, observation: Observation): Moment {
  return {
    nowMs: observation.nowMs,
    intervalEnds: observation.intervalEnds,
    finalStep: observation.finalStep ?? true,
    budget: budgetOf(state.settings, state.context, sharesOf(state.settings)),
    trouble: troubleOf(state, observation),
  };
}

function troubleOf(state: AnalysisState, { nowMs, reading }: Observation): Moment["trouble"] {
  const { context, newestSampleMs, settings } = state;
  if (reading.kind === "error") return { verdict: "error", sentence: reading.message };
  if (isDelayed(state))
    return { verdict: "inconclusive", sentence: `waiting for the initial delay of ${settings.initialDelay}s` };
  if (newestSampleMs === undefined) return undefined;
  const ageSeconds = (nowMs - newestSampleMs) / 1000;
  const limitSeconds = staleScrapes * context.scrapeIntervalSeconds;
  if (ageSeconds <= limitSeconds) return undefined;
  return {
    verdict: "noData",
    sentence: `the newest sample of the gateway is ${ageSeconds.toFixed(1)}s old, more than ${staleScrapes} scrape intervals (${limitSeconds}s): is Prometheus scraping it, and are the clocks in step?`,
  };
}

/** Keeps marks for the longest window that is shown, and one before it. */
function historyOf(state: AnalysisState, nowMs: number): readonly Mark[] {
  const longestMs = Math.max(...state.settings.metrics.map(({ interval }) => interval)) * 1000;
  const expired = state.history.findLastIndex((mark) => mark.timeMs <= nowMs - longestMs);
  return [...state.history.slice(Math.max(0, expired)), { timeMs: nowMs, totals: state.totals }];
}

/** The next failed check is about fresh requests only. */
function endInterval(state: AnalysisState): AnalysisState {
  return {
    ...state,
    intervalStart: state.totals,
    intervalComparisons: state.comparisons,
    intervals: state.intervals + 1,
    intervalsAtWeight: state.intervalsAtWeight + 1,
  };
}
