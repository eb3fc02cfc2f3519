import { upperTail } from "../evidence/binomial-tail.js";
import type { AnalysisState } from "../state.js";

export interface Split {
  readonly sharePercent: number | undefined;
  readonly subjectRequests: number;
  readonly totalRequests: number;
  /** How the gateway does something else than it was asked; undefined while it may be chance. */
  readonly deviation: Deviation | undefined;
}

export interface Deviation {
  readonly direction: "less" | "more";
  /** p-value of the deviation, for one look. */
  readonly tail: number;
  readonly sentence: string;
}

/** The gateway's workers each count round robin by themselves: so many may be off per worker, and so many workers. */
const slackPerInstance = 4;
const slackOfAll = 2;
/** Standard deviations of a random split; a round robin strays less. */
const deviations = 3.5;

/** Compares the observed split with the asked one. */
export function splitOf(state: AnalysisState): Split {
  const { subject, baseline } = state.weightStart.totals;
  const sinceWeight = requestsSince(state, { subject: subject.requests, baseline: baseline.requests });
  const total = sinceWeight.subject + sinceWeight.baseline;
  return {
    sharePercent: total === 0 ? undefined : (100 * sinceWeight.subject) / total,
    subjectRequests: sinceWeight.subject,
    totalRequests: total,
    deviation: deviationOf(state),
  };
}

function deviationOf(state: AnalysisState): Deviation | undefined {
  const { splitStart, weightPercent, gateways } = state;
  if (splitStart === undefined || weightPercent === undefined) return undefined;
  const { subject, baseline } = requestsSince(state, splitStart);
  const total = subject + baseline;
  const share = weightPercent / 100;
  const expected = share * total;
  const roundRobin = slackPerInstance * Math.max(1, Object.keys(gateways).length) + slackOfAll;
  const slack = deviations * Math.sqrt(total * share * (1 - share)) + roundRobin;
  if (Math.abs(subject - expected) <= slack) return undefined;
  const who = state.context.subject ?? "canary";
  const observed = ((100 * subject) / total).toFixed(1);
  return {
    direction: subject < expected ? "less" : "more",
    // Were the split random; a round robin strays less, so this is never too small.
    tail: upperTail(share, { count: total, events: Math.max(0, subject - roundRobin) }),
    sentence: `traffic does not follow: ${who} gets ${observed}% of the requests instead of ${weightPercent}% (${subject} of ${total})`,
  };
}

function requestsSince(
  { totals }: AnalysisState,
  from: NonNullable<AnalysisState["splitStart"]>,
): { readonly subject: number; readonly baseline: number } {
  return {
    subject: totals.subject.requests - from.subject,
    baseline: totals.baseline.requests - from.baseline,
  };
}
