import type { Comparison } from "./compare.js";
import { figureOf, outcomeOf } from "./median.js";
import type { Figure } from "./median.js";
import type { Run } from "./run.js";
import { flaggerLacks } from "./scenarios.js";

const figures: readonly (readonly [Figure, string, number])[] = [
  ["secondsToZero", "s to weight 0", 1],
  ["wallSeconds", "wall s", 0],
  ["failedUserRequests", "failed", 0],
  ["slowUserRequests", "slow", 0],
  ["requestsLostAtScaleDown", "lost", 0],
  ["apiRequests", "API requests", 0],
  ["prometheusQueries", "Prometheus queries", 0],
  ["cpuSeconds", "CPU s", 1],
  ["peakMemoryMiB", "MiB", 0],
];

/** One row for each scenario and contender: medians, and min-max where runs differ. */
export function markdownOf(comparisons: readonly Comparison[]): string {
  const head = ["scenario", "", "outcome", "right", ...figures.map(([, title]) => title)];
  const rows = comparisons.flatMap(({ scenario, ours, flagger }) => [
    [scenario.title, "ours", ...cells(ours)],
    ["", "Flagger", ...(flagger.length === 0 ? absent(flaggerLacks(scenario) ?? "not run") : cells(flagger))],
  ]);
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Said in the place of an outcome. */
function absent(why: string): readonly string[] {
  return [why, "-", ...figures.map(() => "-")];
}

function cells(runs: readonly Run[]): readonly string[] {
  const { outcome, right } = outcomeOf(runs);
  return [outcome, right ? "yes" : "**no**", ...figures.map(([figure, , digits]) => cell(runs, figure, digits))];
}

function cell(runs: readonly Run[], figure: Figure, digits: number): string {
  const found = figureOf(runs, figure);
  if (found === undefined) return "-";
  const text = (value: number): string => value.toFixed(digits);
  const same = text(found.min) === text(found.max);
  return same ? text(found.median) : `${text(found.median)} (${text(found.min)}-${text(found.max)})`;
}

const jsonFigures: readonly Figure[] = [
  "secondsToZero",
  "wallSeconds",
  "failedUserRequests",
  "slowUserRequests",
  "requestsLostAtScaleDown",
];

export interface JsonRow {
  readonly scenario: string;
  readonly ours: Readonly<Record<string, unknown>>;
  readonly flagger: Readonly<Record<string, unknown>>;
}

/** The rows of the JSON file: medians only; null where there is no figure. */
export function jsonRowOf({ scenario, ours, flagger }: Comparison): JsonRow {
  const lacks = flaggerLacks(scenario);
  const others = lacks === undefined ? medians(flagger) : { ...medians(flagger), lacks };
  return { scenario: scenario.name, ours: medians(ours), flagger: others };
}

function medians(runs: readonly Run[]): Record<string, unknown> {
  const numbers = jsonFigures.map((figure): [string, number | null] => [
    figure,
    figureOf(runs, figure)?.median ?? null,
  ]);
  return { ...outcomeOf(runs), ...Object.fromEntries(numbers) };
}
