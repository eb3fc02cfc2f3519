/** The release's state machine: pure decisions, and runs over the ports. */
export { runAnalysis } from "./analysis.js";
export { ReleaseFailed, sentenceOf } from "./failure.js";
export { judge } from "./judging.js";
export { needsAnalysis } from "./needs-analysis.js";
export type { Outcome, Ports, RollbackPorts } from "./ports.js";
export { runPreparation } from "./preparation.js";
export { runPromotion } from "./promotion.js";
export { rollBackHandover, RunRegistry } from "./registry.js";
