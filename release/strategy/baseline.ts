import type { AnalysisSettings } from "../settings/index.js";
import { knownShare } from "./split.js";
import type { Split } from "./split.js";
import type { Stage } from "./plan.js";

/** Whether fresh pods of the old revision are asked for, to compare the canary with. */
export function hasBaseline({ baseline = false }: Partial<Pick<AnalysisSettings, "baseline">> = {}): boolean {
  return baseline !== false;
}

/** Whether the primary has users beside the canary, so that the two can be compared. */
export function leavesPrimaryUsers(split: Split): boolean {
  return (knownShare(split) ?? 0) < 100;
}

/** Whether anything that a plan judges is compared. */
export function isEverCompared(plan: readonly Stage[]): boolean {
  return plan.some(({ judged, split }) => judged !== "nobody" && leavesPrimaryUsers(split));
}
