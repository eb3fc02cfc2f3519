import type { Ending, Outcome } from "./outcome.js";
import type { ScenarioName } from "./scenarios.js";

/** The figures of one rule in one scenario; null where nothing of the kind happened. */
export interface Figures {
  readonly rolledBackShare: number;
  readonly promotedShare: number;
  /** Neither, within the deadline of an hour. */
  readonly undecidedShare: number;
  readonly medianRequestsToVerdict: number | null;
  readonly medianRequestsServedToZero: number | null;
  readonly failedUserRequestsMean: number;
  readonly medianFailedUserRequests: number | null;
  /** From a late fault to the verdict against it. */
  readonly medianSecondsFromFault: number | null;
  /** Promoted, and proved to be bad before the primary was ready: the promotion stops, and says so. */
  readonly caughtInPromotionShare: number;
  readonly medianSecondsToPromotion: number | null;
  readonly meanSecondsToPromotion: number | null;
}

export interface Row {
  readonly scenario: ScenarioName;
  readonly runs: number;
  readonly ours: Figures;
  readonly flagger: Figures;
  /** Mean seconds to promotion of the releases that both rules promote; null where there are none. */
  readonly bothPromoted: { readonly ours: number; readonly flagger: number } | null;
}

export function rowOf(scenario: ScenarioName, ours: readonly Outcome[], flagger: readonly Outcome[]): Row {
  const pairs = ours.flatMap((own, index) => {
    const other = flagger[index];
    return own.ending === "promoted" && other?.ending === "promoted" ? [[own.seconds, other.seconds] as const] : [];
  });
  const own = mean(pairs.map(([seconds]) => seconds));
  const other = mean(pairs.map(([, seconds]) => seconds));
  return {
    scenario,
    runs: ours.length,
    ours: figuresOf(ours),
    flagger: figuresOf(flagger),
    bothPromoted: own === null || other === null ? null : { ours: own, flagger: other },
  };
}

function figuresOf(outcomes: readonly Outcome[]): Figures {
  const share = (ending: Ending): number => outcomes.filter((each) => each.ending === ending).length / outcomes.length;
  const numbers = (of: (outcome: Outcome) => number | undefined): readonly number[] =>
    outcomes.flatMap((outcome) => of(outcome) ?? []);
  const seconds = numbers((each) => (each.ending === "promoted" ? each.seconds : undefined));
  return {
    rolledBackShare: share("rolledBack"),
    promotedShare: share("promoted"),
    undecidedShare: share("undecided"),
    medianRequestsToVerdict: median(numbers((each) => each.requestsToVerdict)),
    medianRequestsServedToZero: median(numbers((each) => each.requestsServedToZero)),
    failedUserRequestsMean: mean(outcomes.map((each) => each.failedUserRequests)) ?? 0,
    medianFailedUserRequests: median(outcomes.map((each) => each.failedUserRequests)),
    medianSecondsFromFault: median(numbers((each) => each.secondsFromFault)),
    caughtInPromotionShare: outcomes.filter((each) => each.caughtInPromotion).length / outcomes.length,
    medianSecondsToPromotion: median(seconds),
    meanSecondsToPromotion: mean(seconds),
  };
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
