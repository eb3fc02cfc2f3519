/** The release's state machine: pure decisions, and runs over the ports. */
export { runAdoption, runHandBack, runRemoval } from "./adoption.js";
export type { AdoptionPorts } from "./adoption.js";
export { runAnalysis } from "./analysis.js";
export { judge } from "./judging.js";
export { needsAnalysis, needsPromotion } from "./needs-analysis.js";
export type { Outcome, Ports } from "./ports.js";
export { runPreparation } from "./preparation.js";
export { runPromotion } from "./promotion.js";
export { rollBackHandover, RunRegistry } from "./registry.js";
