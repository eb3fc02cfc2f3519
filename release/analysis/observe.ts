import { checkCustom } from "./checks/custom-check.js";
import { isNumber, sharesOf } from "./checks/hypotheses.js";
import { leakIn } from "./checks/leaks.js";
import { mirrorHarm } from "./checks/mirror-harm.js";
import { splitOf } from "./checks/split.js";
import { rateOf } from "./checks/traffic.js";
import { decide } from "./checks/verdict.js";
import { checkWeighed } from "./checks/weighed-check.js";
import type { Moment } from "./checks/findings.js";
import type { Assessment, CheckReport, Observation } from "./contract.js";
import { ingest, isDelayed } from "./counting/ingest.js";
import { budgetOf } from "./evidence/budget.js";
import { restartInterval, updateEvidence } from "./evidence/part-evidence.js";
import type { AnalysisState, Mark } from "./state.js";

export interface Observed {
  readonly state: AnalysisState;
  readonly assessment: Assessment;
}

/** A sample older than so many scrape intervals is no data. */
const staleScrapes = 3;
/** Marks of the past that are kept at most. */
const mostMarks = 60;

/** Takes in what is known at one moment and says what it means. Pure: the same inputs give the same answer. */
export function observe(state: AnalysisState, observation: Observation): Observed {
  const ingested = ingest(state, observation);
  const evidence = isDelayed(ingested) ? {} : updateEvidence(state, ingested);
  const known: AnalysisState = { ...ingested, evidence, history: historyOf(ingested, observation.nowMs) };
  const moment = momentOf(known, observation);
  const checks = known.settings.metrics.map((metric): CheckReport => {
    if (isNumber(metric)) return checkCustom(known, metric, observation, moment);
    const trouble = outcomeTrouble(metric.name, observation);
    return checkWeighed(known, metric, trouble === undefined ? moment : { ...moment, trouble });
  });
  const split = splitOf(known);
  const wrong = leakIn(known, observation.surroundings.split) ?? mirrorHarm(known, observation.nowMs);
  const { verdict, counters } = decide(known, checks, { split, wrong }, moment);
  const next = { ...known, ...counters };
  const requestsPerSecond = rateOf(known);
  return {
    state: observation.intervalEnds ? endInterval(next) : next,
    assessment: {
      verdict,
      checks,
      observedSharePercent: split.sharePercent,
      subjectRequests: split.subjectRequests,
      totalRequests: split.totalRequests,
      ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    },
  };
}

function momentOf(state: AnalysisState, observation: Observation): Moment {
  const { weightPercent = 0, baselineReady } = observation.surroundings;
  return {
    nowMs: observation.nowMs,
    intervalEnds: observation.intervalEnds,
    finalStep: observation.finalStep ?? true,
    besides: weightPercent < 100 && baselineReady > 0,
    budget: budgetOf(state.settings, state.context, sharesOf(state.settings)),
    trouble: troubleOf(state, observation),
  };
}

function troubleOf(state: AnalysisState, { nowMs, reading }: Observation): Moment["trouble"] {
  const { context, newestSampleMs, settings, spoiled } = state;
  if (reading.kind === "error") return { verdict: "error", sentence: reading.message };
  if (spoiled !== undefined) return { verdict: "error", sentence: spoiled };
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

/** What is wrong with the counters of one metric that has its own. */
function outcomeTrouble(metric: string, { reading }: Observation): Moment["trouble"] {
  if (reading.kind === "error") return undefined;
  const outcome = reading.custom.find((each) => each.metric === metric)?.outcome;
  return outcome?.kind === "error" ? { verdict: "error", sentence: `${metric}: ${outcome.message}` } : undefined;
}

/** Keeps marks for the longest window that is shown, and one before it; not more often than it needs. */
function historyOf(state: AnalysisState, nowMs: number): readonly Mark[] {
  const longestMs = Math.max(...state.settings.metrics.map(({ interval }) => interval)) * 1000;
  const expired = state.history.findLastIndex((mark) => mark.timeMs <= nowMs - longestMs);
  const kept = state.history.slice(Math.max(0, expired));
  const mark: Mark = { timeMs: nowMs, totals: { ...state.totals, strata: {} } };
  if (kept.length < mostMarks) return [...kept, mark];
  // The older half is thinned out: every second one will do.
  const middle = Math.floor(kept.length / 2);
  return [...kept.slice(0, middle).filter((_, index) => index % 2 === 0), ...kept.slice(middle), mark];
}

/** The next failed check is about fresh requests only. */
function endInterval(state: AnalysisState): AnalysisState {
  return {
    ...state,
    intervalStart: state.totals,
    evidence: restartInterval(state.evidence),
    intervals: state.intervals + 1,
    intervalsAtWeight: state.intervalsAtWeight + 1,
  };
}
