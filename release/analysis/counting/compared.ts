import type { Surroundings } from "../contract.js";
import type { AnalysisState } from "../state.js";
import { baselineOf, whole } from "./strata.js";
import { emptyTally } from "./tally.js";
import type { Tally, Totals } from "./tally.js";

/**
 * Whose answers of the other side the subject's are compared with, where fresh pods of the old revision stand beside the
 * primary's warm ones. While none of them is ready all of the other side stand in: what has begun to be compared is
 * never left without anything to compare with, which would excuse every failure.
 */
export class Compared {
  private readonly nodes: ReadonlySet<string>;

  private constructor(nodes: readonly string[]) {
    this.nodes = new Set(nodes);
  }

  /** Undefined where a run has begun without such pods: counts from before could not be told apart. */
  static of(
    { totals, lastObservedMs }: Pick<AnalysisState, "totals" | "lastObservedMs">,
    { comparedNodes }: Pick<Surroundings, "comparedNodes">,
  ): Compared | undefined {
    const begins = lastObservedMs === undefined && comparedNodes !== undefined;
    return begins || totals.compared !== undefined ? new Compared(comparedNodes ?? []) : undefined;
  }

  has(node: string): boolean {
    return this.nodes.size === 0 || this.nodes.has(node);
  }
}

/** What a part of the subject's traffic is compared with. */
export function baselineTally(totals: Totals, part: string): Tally {
  const other = baselineOf(part);
  if (totals.compared !== undefined) return totals.compared[other === whole ? "" : other] ?? emptyTally;
  return other === whole ? totals.baseline : (totals.strata[other]?.baseline ?? emptyTally);
}
