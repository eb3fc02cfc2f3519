import Table from "cli-table3";
import type { Requirement } from "./required.js";
import type { Figures, Row } from "./summary.js";

const head = [
  "scenario",
  "runs",
  "",
  "rolled back",
  "promoted",
  "of these caught",
  "undecided",
  "requests to verdict",
  "served to zero",
  "failed for users",
  "median",
  "s from fault",
  "s to promotion",
];

export function tableOf(rows: readonly Row[]): string {
  const table = new Table({ head, style: { head: [], border: [] }, colAligns: ["left", "right", "left"] });
  for (const { scenario, runs, ours, flagger } of rows) {
    table.push([scenario, runs, "ours", ...cells(ours)], ["", "", "Flagger", ...cells(flagger)]);
  }
  return table.toString();
}

function cells(figures: Figures): readonly string[] {
  return [
    percent(figures.rolledBackShare),
    percent(figures.promotedShare),
    figures.promotedShare === 0 ? "-" : percent(figures.caughtInPromotionShare / figures.promotedShare),
    percent(figures.undecidedShare),
    number(figures.medianRequestsToVerdict, 0),
    number(figures.medianRequestsServedToZero, 0),
    number(figures.failedUserRequestsMean, 1),
    number(figures.medianFailedUserRequests, 0),
    number(figures.medianSecondsFromFault, 1),
    number(figures.medianSecondsToPromotion, 0),
  ];
}

export function requirementLines(requirements: readonly Requirement[]): string {
  return requirements
    .map(
      ({ text, limit, value, met }) =>
        `${met ? "met   " : "MISSED"} ${text}: ${round(value)} (at most ${round(limit)})`,
    )
    .join("\n");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function number(value: number | null, digits: number): string {
  return value === null ? "-" : value.toFixed(digits);
}

function round(value: number): string {
  return String(Number(value.toPrecision(4)));
}
