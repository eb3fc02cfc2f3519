import type { AnalysisInput } from "../../../release/settings/index.js";

/** Fresh pods of the old revision beside the primary's, two steps up and one jump back. */
export const baseline: Partial<AnalysisInput> = { stepWeight: 20, maxWeight: 40, baseline: true };
