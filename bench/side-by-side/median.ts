import type { Run } from "./run.js";

/** Middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread | undefined {
  return values.length === 0
    ? undefined
    : { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

export type Figure = Exclude<keyof Run, "outcome" | "right">;

export function figureOf(runs: readonly Run[], figure: Figure): Spread | undefined {
  return spread(runs.map((run) => run[figure]).filter((value): value is number => value !== undefined));
}

/** The outcome of most runs, and whether all of them were right. */
export function outcomeOf(runs: readonly Run[]): { readonly outcome: string; readonly right: boolean } {
  const counts = new Map<string, number>();
  for (const { outcome } of runs) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return { outcome: most?.[0] ?? "none", right: runs.length > 0 && runs.every(({ right }) => right) };
}
