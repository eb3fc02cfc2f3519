import betainc from "@stdlib/math-base-special-betainc";
import type { Figures, Row } from "./summary.js";
import type { ScenarioName } from "./scenarios.js";

/** One figure that must hold, and whether it does. */
export interface Requirement {
  readonly text: string;
  readonly limit: number;
  readonly value: number;
  readonly met: boolean;
}

type Value = (row: Row) => number | null;

/** Figures of single scenarios and what they may be at most. */
const limits: readonly (readonly [scenarios: readonly ScenarioName[], text: string, limit: number, value: Value])[] = [
  [["healthy"], "share rolled back, undecided included", 1 / 1000, ({ ours }) => notPromoted(ours)],
  [
    ["at-limit"],
    `upper 95% bound of that share (to be seen from ${runsToBound(2 / 1000)} runs on)`,
    2 / 1000,
    ({ ours, runs }) => upperBound(Math.round(notPromoted(ours) * runs), runs),
  ],
  [["fail-100"], "median of judged canary requests", 5, ({ ours }) => ours.medianRequestsToVerdict],
  [["fail-25"], "median of judged canary requests", 25, ({ ours }) => ours.medianRequestsToVerdict],
  [["fail-5"], "median of judged canary requests", 320, ({ ours }) => ours.medianRequestsToVerdict],
  [["fail-5"], "share promoted", 0.01, ({ ours }) => ours.promotedShare],
  [["fail-2"], "share promoted", 0.05, ({ ours }) => ours.promotedShare],
  [["fail-100"], "failed user requests, of Flagger's", 1 / 10, ({ ours, flagger }) => ratio(ours, flagger)],
  [["fail-25"], "failed user requests, of Flagger's", 1 / 5, ({ ours, flagger }) => ratio(ours, flagger)],
  [["fail-5"], "failed user requests, of Flagger's", 1 / 2, ({ ours, flagger }) => ratio(ours, flagger)],
  [
    ["healthy"],
    "median seconds to promotion, of Flagger's",
    1,
    ({ ours, flagger }) => quotient(ours.medianSecondsToPromotion, flagger.medianSecondsToPromotion),
  ],
  [
    ["healthy"],
    "mean seconds to promotion where both promote, of Flagger's",
    1,
    ({ bothPromoted }) => (bothPromoted === null ? null : bothPromoted.ours / bothPromoted.flagger),
  ],
  [
    ["retry-user-20", "retry-user-100", "beta-binomial-100", "blip-both-20", "blip-both-100", "both-5-compare"],
    "share rolled back, undecided included",
    0.01,
    ({ ours }) => notPromoted(ours),
  ],
  [
    ["thin-1", "thin-0.7", "thin-0.1"],
    "share rolled back, undecided included",
    1 / 1000,
    ({ ours }) => notPromoted(ours),
  ],
  [["torn-scrapes"], "share rolled back, undecided included", 1 / 1000, ({ ours }) => notPromoted(ours)],
  [["late-100"], "median seconds from the fault to the verdict", 5, ({ ours }) => ours.medianSecondsFromFault],
  [["late-25"], "median seconds from the fault to the verdict", 6, ({ ours }) => ours.medianSecondsFromFault],
  [["late-10"], "median seconds from the fault to the verdict", 8, ({ ours }) => ours.medianSecondsFromFault],
  [["late-5"], "median seconds from the fault to the verdict", 14, ({ ours }) => ours.medianSecondsFromFault],
  [["gate-100"], "median of failed user requests", 300, ({ ours }) => ours.medianFailedUserRequests],
  [["gate-25"], "median of failed user requests", 150, ({ ours }) => ours.medianFailedUserRequests],
  [["gate-10", "gate-5"], "median of failed user requests", 120, ({ ours }) => ours.medianFailedUserRequests],
  [["last-check-10"], "share promoted", 0.2, ({ ours }) => ours.promotedShare],
  [
    ["last-check-10"],
    "share promoted and not caught before the primary is ready",
    0.01,
    ({ ours }) => ours.promotedShare - ours.caughtInPromotionShare,
  ],
  [["one-pod-of-three"], "share promoted", 0.03, ({ ours }) => ours.promotedShare],
  [["post-only-10"], "share promoted", 0.1, ({ ours }) => ours.promotedShare],
];

/** Of the scenarios that were simulated. A figure that isn't there (nothing was ever rolled back) is missed. */
export function requirementsOf(rows: readonly Row[]): readonly Requirement[] {
  return limits.flatMap(([scenarios, text, limit, valueOf]) =>
    scenarios.flatMap((scenario) => {
      const row = rows.find((each) => each.scenario === scenario);
      if (row === undefined) return [];
      const value = valueOf(row) ?? Infinity;
      return [{ text: `${scenario}: ${text}${servedText(row, text)}`, limit, value, met: value <= limit }];
    }),
  );
}

/** What the verdict cost: metric lag, check interval and the change of weight included. */
function servedText({ ours }: Row, text: string): string {
  const served = ours.medianRequestsServedToZero;
  return served === null || !text.startsWith("median of judged") ? "" : ` (served until weight 0: ${served})`;
}

/** So many runs without a single event are needed for an upper 95% bound of `share`. */
function runsToBound(share: number): number {
  return Math.ceil(Math.log(0.05) / Math.log1p(-share));
}

/** What is not decided within its deadline is rolled back too. */
function notPromoted({ rolledBackShare, undecidedShare }: Figures): number {
  return rolledBackShare + undecidedShare;
}

function quotient(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a / b;
}

function ratio(ours: Figures, flagger: Figures): number {
  return ours.failedUserRequestsMean / flagger.failedUserRequestsMean;
}

/** One-sided 95% bound of Clopper and Pearson, by bisection. */
export function upperBound(events: number, runs: number): number {
  if (events >= runs) return 1;
  let low = 0;
  let high = 1;
  for (let round = 0; round < 60; round += 1) {
    const middle = (low + high) / 2;
    // P(at most `events` | middle) = I(1 - middle; runs - events, events + 1)
    if (betainc(1 - middle, runs - events, events + 1, true, false) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}
