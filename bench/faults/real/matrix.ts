import Table from "cli-table3";
import type { CaseResult } from "./contract.js";

const classic: ReadonlySet<string> = new Set(["promote", "rollback"]);

/**
 * One line for each fault, one column for each point: seconds to rest, or the number of violations; then one line for each
 * story of the strategies, one column for each fault.
 */
export function matrixOf(all: readonly CaseResult[]): string {
  const [weights, others] = [true, false].map((is) => all.filter(({ story }) => classic.has(story) === is));
  const tables = [pointsOf(weights ?? []), storiesOf(others ?? [])].filter((each) => each !== "");
  const legend = "✔ n s: every invariant held, at rest n seconds after the fault; ✘ n: n violations; blank: not tried";
  return [...tables, legend].join("\n");
}

function pointsOf(results: readonly CaseResult[]): string {
  if (results.length === 0) return "";
  const points = [...new Set(results.map(columnOf))];
  const faults = [...new Set(results.map(({ fault }) => fault))];
  const table = new Table({ head: ["fault", ...points], style: { head: [], border: [] } });
  for (const fault of faults) {
    const cells = points.map((point) =>
      cellOf(results.filter((each) => each.fault === fault && columnOf(each) === point)),
    );
    table.push([fault, ...cells]);
  }
  return table.toString();
}

function storiesOf(results: readonly CaseResult[]): string {
  if (results.length === 0) return "";
  const faults = [...new Set(results.map(({ fault }) => fault))];
  const table = new Table({ head: ["story", ...faults], style: { head: [], border: [] } });
  for (const story of new Set(results.map((each) => each.story))) {
    const own = results.filter((each) => each.story === story);
    const cellAt = (fault: string): string => cellOf(own.filter((each) => each.fault === fault));
    table.push([story, ...faults.map(cellAt)]);
  }
  return table.toString();
}

function columnOf({ point }: CaseResult): string {
  return point.startsWith("random") ? "random" : point;
}

function cellOf(results: readonly CaseResult[]): string {
  if (results.length === 0) return "";
  const violations = results.reduce((sum, each) => sum + each.violations.length, 0);
  if (violations > 0) return `✘ ${violations}`;
  const seconds = Math.max(...results.map(({ secondsToRest }) => secondsToRest ?? 0));
  return `✔ ${seconds.toFixed(0)}s${results.length > 1 ? ` (${results.length})` : ""}`;
}
