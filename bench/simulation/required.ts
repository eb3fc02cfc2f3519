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

export function requirementsOf(rows: readonly Row[]): readonly Requirement[] {
  const found: Requirement[] = [];
  const atMost = (scenario: ScenarioName, text: string, limit: number, value: (row: Row) => number | null): void => {
    const row = rows.find((each) => each.scenario === scenario);
    const measured = row === undefined ? undefined : (value(row) ?? Infinity);
    if (measured !== undefined)
      found.push({ text: `${scenario}: ${text}`, limit, value: measured, met: measured <= limit });
  };
  atMost("healthy", "share rolled back, undecided included", 1 / 1000, ({ ours }) => takenBack(ours));
  atMost(
    "at-limit",
    `upper 95% bound of that share (to be seen from ${runsToBound(2 / 1000)} runs on)`,
    2 / 1000,
    ({ ours, runs }) => upperBound(Math.round(takenBack(ours) * runs), runs),
  );
  atMost(
    "fail-100",
    `median of judged canary requests${servedText(rows, "fail-100")}`,
    5,
    ({ ours }) => ours.medianRequestsToVerdict,
  );
  atMost(
    "fail-25",
    `median of judged canary requests${servedText(rows, "fail-25")}`,
    25,
    ({ ours }) => ours.medianRequestsToVerdict,
  );
  atMost("fail-5", "share promoted", 0.01, ({ ours }) => ours.promotedShare);
  atMost("fail-2", "share promoted", 0.05, ({ ours }) => ours.promotedShare);
  const failures: readonly (readonly [ScenarioName, number])[] = [
    ["fail-100", 1 / 10],
    ["fail-25", 1 / 5],
    ["fail-5", 1 / 2],
  ];
  for (const [scenario, limit] of failures)
    atMost(scenario, "failed user requests, of Flagger's", limit, ({ ours, flagger }) => ratio(ours, flagger));
  atMost("healthy", "median seconds to promotion, of Flagger's", 1, ({ ours, flagger }) =>
    ours.medianSecondsToPromotion === null || flagger.medianSecondsToPromotion === null
      ? null
      : ours.medianSecondsToPromotion / flagger.medianSecondsToPromotion,
  );
  atMost("healthy", "mean seconds to promotion where both promote, of Flagger's", 1, ({ bothPromoted }) =>
    bothPromoted === null ? null : bothPromoted.ours / bothPromoted.flagger,
  );
  return found;
}

/** What the verdict cost: metric lag, check interval and the change of weight included. */
function servedText(rows: readonly Row[], scenario: ScenarioName): string {
  const served = rows.find((row) => row.scenario === scenario)?.ours.medianRequestsServedToZero ?? null;
  return served === null ? "" : ` (served until weight 0: ${served})`;
}

/** So many runs without a single event are needed for an upper 95% bound of `share`. */
function runsToBound(share: number): number {
  return Math.ceil(Math.log(0.05) / Math.log1p(-share));
}

/** What is not decided within its deadline is rolled back too. */
function takenBack({ rolledBackShare, undecidedShare }: Figures): number {
  return rolledBackShare + undecidedShare;
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
