import type { AnalysisState } from "./state.js";

export interface Split {
  readonly sharePercent: number | undefined;
  readonly subjectRequests: number;
  readonly totalRequests: number;
  /** How the gateway does something else than it was asked; undefined while it may be chance. */
  readonly deviation: { readonly direction: "less" | "more"; readonly sentence: string } | undefined;
}

/** The gateway's workers each count round robin by themselves: so many may be off per worker, and so many workers. */
const slackPerInstance = 4;
const slackOfAll = 2;
/** Standard deviations of a random split; a round robin strays less. */
const deviations = 3.5;

/** Compares the observed split with the asked one. */
export function splitOf(state: AnalysisState): Split {
  const sinceWeight = requestsSince(state, state.weightStart);
  const total = sinceWeight.subject + sinceWeight.baseline;
  return {
    sharePercent: total === 0 ? undefined : (100 * sinceWeight.subject) / total,
    subjectRequests: sinceWeight.subject,
    totalRequests: total,
    deviation: deviationOf(state),
  };
}

function deviationOf(state: AnalysisState): Split["deviation"] {
  const { splitStart, weightPercent, instances } = state;
  if (splitStart === undefined || weightPercent === undefined) return undefined;
  const { subject, baseline } = requestsSince(state, splitStart);
  const total = subject + baseline;
  const share = weightPercent / 100;
  const expected = share * total;
  const slack =
    deviations * Math.sqrt(total * share * (1 - share)) + slackPerInstance * Math.max(1, instances.length) + slackOfAll;
  if (Math.abs(subject - expected) <= slack) return undefined;
  const who = state.context.subject ?? "canary";
  const observed = ((100 * subject) / total).toFixed(1);
  return {
    direction: subject < expected ? "less" : "more",
    sentence: `traffic does not follow: ${who} gets ${observed}% of the requests instead of ${weightPercent}% (${subject} of ${total})`,
  };
}

function requestsSince(
  { totals }: AnalysisState,
  mark: AnalysisState["weightStart"],
): { readonly subject: number; readonly baseline: number } {
  return {
    subject: totals.subject.requests - mark.totals.subject.requests,
    baseline: totals.baseline.requests - mark.totals.baseline.requests,
  };
}
