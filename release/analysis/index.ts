/** Decides on evidence: counters in, verdicts with sentences out. Pure, no I/O. */
export type * from "./contract.js";
export { startAnalysis } from "./state.js";
export type { AnalysisContext, AnalysisState } from "./state.js";
export { lossIn } from "./counting/series-of-target.js";
export { observe } from "./observe.js";
export type { Observed } from "./observe.js";
export { warningsOf } from "./preview/warnings.js";
export type { Circumstances } from "./preview/warnings.js";
export { ownAnalysesText } from "./preview/own-analyses.js";
export { correctedQuery } from "./preview/inverted-query.js";
export { usualBoundsMs } from "./checks/latency.js";
