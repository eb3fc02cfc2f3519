import Table from "cli-table3";
import type { CaseResult } from "./contract.js";

/** One line for each fault, one column for each point: seconds to rest, or the number of violations. */
export function matrixOf(results: readonly CaseResult[]): string {
  const points = [...new Set(results.map(columnOf))];
  const faults = [...new Set(results.map(({ fault }) => fault))];
  const table = new Table({ head: ["fault", ...points], style: { head: [], border: [] } });
  for (const fault of faults) {
    const cells = points.map((point) =>
      cellOf(results.filter((each) => each.fault === fault && columnOf(each) === point)),
    );
    table.push([fault, ...cells]);
  }
  return `${table.toString()}\n✔ n s: every invariant held, at rest n seconds after the fault; ✘ n: n violations; blank: not tried`;
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
