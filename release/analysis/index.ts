/** Decides on evidence: counters in, verdicts with sentences out. Pure, no I/O. */
export type * from "./contract.js";
export { startAnalysis } from "./state.js";
export type { AnalysisContext, AnalysisState } from "./state.js";
export { observe } from "./observe.js";
export { warningsOf } from "./warnings.js";
export type { Circumstances } from "./warnings.js";
export { correctedQuery } from "./inverted-query.js";
