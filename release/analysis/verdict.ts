import type { CheckReport, HoldReason, Verdict } from "./contract.js";
import { isDelayed } from "./ingest.js";
import type { Split } from "./split.js";
import type { AnalysisState } from "./state.js";
import type { MetricSettings } from "../settings/index.js";

/** What one check wants done, after its policies. */
type Wish =
  | { readonly kind: "none" }
  | { readonly kind: "failNow" | "failedCheck"; readonly sentence: string }
  | { readonly kind: "hold"; readonly reason: HoldReason; readonly sentence: string; readonly counts: boolean };

type Demand = Extract<Wish, { kind: "failNow" | "failedCheck" }>;

export interface Decided {
  readonly verdict: Verdict;
  readonly counters: Pick<AnalysisState, "undecidedIntervals" | "errorIntervals" | "splitIntervals">;
}

const holdOrder: readonly HoldReason[] = ["error", "noData", "split", "breached", "inconclusive", "waiting"];

/** One answer out of all checks and the split. */
export function decide(
  state: AnalysisState,
  checks: readonly CheckReport[],
  split: Split,
  intervalEnds: boolean,
): Decided {
  const wishes = checks.map((check, index) => wishOf(check, state.settings.metrics[index], intervalEnds));
  const deviation = isDelayed(state) ? undefined : split.deviation;
  if (deviation !== undefined)
    wishes.push(
      deviation.direction === "more" && intervalEnds
        ? { kind: "failedCheck", sentence: deviation.sentence }
        : { kind: "hold", reason: "split", sentence: deviation.sentence, counts: true },
    );
  const counters = intervalEnds ? countIntervals(state, wishes) : state;
  const { undecidedIntervals, errorIntervals, splitIntervals } = counters;
  return {
    verdict: verdictOf(state, wishes, intervalEnds ? counters : undefined),
    counters: { undecidedIntervals, errorIntervals, splitIntervals },
  };
}

function wishOf(check: CheckReport, metric: MetricSettings | undefined, intervalEnds: boolean): Wish {
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
      return { kind: "hold", reason: "inconclusive", sentence, counts: check.awaitsProof !== true };
    case "noData":
      return byPolicy(metric.onNoData, "noData", sentence, metric, intervalEnds);
    case "error":
      return byPolicy(metric.onError, "error", sentence, metric, intervalEnds);
  }
}

function byPolicy(
  policy: MetricSettings["onNoData"],
  reason: "noData" | "error",
  sentence: string,
  metric: MetricSettings,
  intervalEnds: boolean,
): Wish {
  const hold: Wish = { kind: "hold", reason, sentence, counts: true };
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
function countIntervals(state: AnalysisState, wishes: readonly Wish[]): Counters {
  const held = (reasons: readonly HoldReason[]): boolean =>
    wishes.some((wish) => wish.kind === "hold" && wish.counts && reasons.includes(wish.reason));
  return {
    errorIntervals: held(["error"]) ? state.errorIntervals + 1 : 0,
    undecidedIntervals: held(["noData", "inconclusive"]) ? state.undecidedIntervals + 1 : 0,
    splitIntervals: held(["split"]) ? state.splitIntervals + 1 : 0,
  };
}

function verdictOf(state: AnalysisState, wishes: readonly Wish[], ended: Counters | undefined): Verdict {
  const failNow = wishes.find((wish): wish is Demand => wish.kind === "failNow");
  if (failNow !== undefined) return { kind: "failNow", sentence: failNow.sentence };
  const failed = wishes.find((wish): wish is Demand => wish.kind === "failedCheck");
  if (failed !== undefined) return { kind: "failedCheck", sentence: failed.sentence };
  const holds = wishes.filter((wish) => wish.kind === "hold");
  const reason = holdOrder.find((each) => holds.some((wish) => wish.reason === each));
  const hold = holds.find((wish) => wish.reason === reason);
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
  holds: readonly Extract<Wish, { kind: "hold" }>[],
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
  const cause = holds.find((wish) => wish.counts && over.reasons.includes(wish.reason))?.sentence ?? "undecided";
  return `${cause}; ${over.spent} intervals in a row without ${over.name} (limit ${over.limit})`;
}
