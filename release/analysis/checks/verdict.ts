import type { MetricSettings } from "../../settings/index.js";
import type { CheckReport, HoldReason, Verdict } from "../contract.js";
import { isDelayed } from "../counting/ingest.js";
import type { AnalysisState } from "../state.js";
import { isNumber } from "./hypotheses.js";
import { isStarved } from "./traffic.js";
import type { Split } from "./split.js";
import type { Moment } from "./findings.js";

/** What comes of one check, after its policies. */
type PolicyOutcome =
  | { readonly kind: "none" }
  | { readonly kind: "failNow" | "failedCheck"; readonly sentence: string }
  | { readonly kind: "hold"; readonly reason: HoldReason; readonly sentence: string; readonly counts: boolean };

type Rollback = Extract<PolicyOutcome, { kind: "failNow" | "failedCheck" }>;

export interface Decided {
  readonly verdict: Verdict;
  readonly counters: Pick<AnalysisState, "undecidedIntervals" | "errorIntervals" | "splitIntervals">;
}

const holdOrder: readonly HoldReason[] = ["error", "noData", "split", "breached", "inconclusive", "waiting"];

/** One answer out of all checks and the split; what is `wrong` at the gateway ends the run, whatever they say. */
export function decide(
  state: AnalysisState,
  checks: readonly CheckReport[],
  { split, wrong }: { readonly split: Split; readonly wrong?: string | undefined },
  { intervalEnds, budget, nowMs }: Moment,
): Decided {
  const starved = isStarved(state, nowMs);
  const asked = state.totals.subject.requests > state.intervalStart.subject.requests;
  const outcomes = checks.map((check, index) =>
    outcomeOf(check, state.settings.metrics[index], { intervalEnds, starved, asked }),
  );
  if (wrong !== undefined) outcomes.push({ kind: "failNow", sentence: wrong });
  const deviation = isDelayed(state) ? undefined : split.deviation;
  if (deviation !== undefined) {
    const { direction, tail, sentence } = deviation;
    const fails = direction === "more" && intervalEnds && tail <= budget.failedCheckLevel(state.intervals, false);
    outcomes.push(
      fails ? { kind: "failedCheck", sentence } : { kind: "hold", reason: "split", sentence, counts: true },
    );
  }
  const counters = intervalEnds ? countIntervals(state, outcomes) : state;
  const { undecidedIntervals, errorIntervals, splitIntervals } = counters;
  const verdict = verdictOf(state, outcomes, intervalEnds ? counters : undefined);
  const shared = checks.find((check) => check.shared === true && !check.dryRun)?.sentence;
  return {
    verdict: verdict.kind === "pass" && shared !== undefined ? { kind: "pass", warning: shared } : verdict,
    counters: { undecidedIntervals, errorIntervals, splitIntervals },
  };
}

interface Look {
  readonly intervalEnds: boolean;
  /** No new request came where some were to be expected. */
  readonly starved: boolean;
  /** New requests came in this interval. */
  readonly asked: boolean;
}

function outcomeOf(check: CheckReport, metric: MetricSettings | undefined, look: Look): PolicyOutcome {
  const { sentence } = check;
  if (metric === undefined || check.dryRun) return { kind: "none" };
  switch (check.verdict) {
    case "pass":
      return { kind: "none" };
    case "failNow":
      return { kind: "failNow", sentence };
    case "fail":
      return { kind: metric.critical ? "failNow" : "failedCheck", sentence };
    case "breached":
      return { kind: "hold", reason: "breached", sentence, counts: false };
    case "inconclusive":
      return {
        kind: "hold",
        reason: "inconclusive",
        sentence,
        counts: check.awaitsProof !== true && (check.awaitsRequests !== true || look.starved),
      };
    case "noData":
      return byPolicy(metric.onNoData, "noData", sentence, metric, look);
    case "error":
      return byPolicy(metric.onError, "error", sentence, metric, look);
  }
}

function byPolicy(
  policy: MetricSettings["onNoData"],
  reason: "noData" | "error",
  sentence: string,
  metric: MetricSettings,
  { intervalEnds, starved, asked }: Look,
): PolicyOutcome {
  const counts = reason === "error" || starved || (asked && isNumber(metric));
  const hold: PolicyOutcome = { kind: "hold", reason, sentence, counts };
  switch (policy) {
    case "ignore":
      return { kind: "none" };
    case "hold":
      return hold;
    case "fail":
      if (!intervalEnds) return hold;
      return { kind: metric.critical ? "failNow" : "failedCheck", sentence };
  }
}

type Counters = Decided["counters"];

/** How many intervals in a row ended in the same trouble. */
function countIntervals(state: AnalysisState, outcomes: readonly PolicyOutcome[]): Counters {
  const held = (reasons: readonly HoldReason[]): boolean =>
    outcomes.some((outcome) => outcome.kind === "hold" && outcome.counts && reasons.includes(outcome.reason));
  return {
    errorIntervals: held(["error"]) ? state.errorIntervals + 1 : 0,
    undecidedIntervals: held(["noData", "inconclusive"]) ? state.undecidedIntervals + 1 : 0,
    splitIntervals: held(["split"]) ? state.splitIntervals + 1 : 0,
  };
}

function verdictOf(state: AnalysisState, outcomes: readonly PolicyOutcome[], ended: Counters | undefined): Verdict {
  const failNow = outcomes.find((outcome): outcome is Rollback => outcome.kind === "failNow");
  if (failNow !== undefined) return { kind: "failNow", sentence: failNow.sentence };
  const failed = outcomes.find((outcome): outcome is Rollback => outcome.kind === "failedCheck");
  if (failed !== undefined) return { kind: "failedCheck", sentence: failed.sentence };
  const holds = outcomes.filter((outcome) => outcome.kind === "hold");
  const reason = holdOrder.find((each) => holds.some((outcome) => outcome.reason === each));
  const hold = holds.find((outcome) => outcome.reason === reason);
  if (hold === undefined) return { kind: "pass" };
  if (isDelayed(state)) return { kind: "hold", reason: "waiting", sentence: hold.sentence };
  const spent = ended === undefined ? undefined : spentLimit(state, ended, holds);
  return spent === undefined
    ? { kind: "hold", reason: hold.reason, sentence: hold.sentence }
    : { kind: "giveUp", sentence: spent };
}

/** The limit of undecided intervals that has been reached, if any. */
function spentLimit(
  { settings }: AnalysisState,
  counters: Counters,
  holds: readonly Extract<PolicyOutcome, { kind: "hold" }>[],
): string | undefined {
  const limits = [
    { spent: counters.errorIntervals, limit: settings.consecutiveErrorLimit, reasons: ["error"], name: "an answer" },
    {
      spent: counters.undecidedIntervals,
      limit: settings.inconclusiveLimit,
      reasons: ["noData", "inconclusive"],
      name: "enough data",
    },
    { spent: counters.splitIntervals, limit: settings.inconclusiveLimit, reasons: ["split"], name: "the asked split" },
  ];
  const over = limits.find(({ spent, limit }) => spent >= limit);
  if (over === undefined) return undefined;
  const cause =
    holds.find((outcome) => outcome.counts && over.reasons.includes(outcome.reason))?.sentence ?? "undecided";
  return `${cause}; ${over.spent} intervals in a row without ${over.name} (limit ${over.limit})`;
}
