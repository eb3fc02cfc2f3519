/** The release's state machine: pure decisions, and runs over the ports. */
export { runAnalysis } from "./analysis.js";
export { LostLock, ReleaseFailed, sentenceOf } from "./failure.js";
export { createGuardian, Guardian, takeBackHandover } from "./guardian.js";
export { judge } from "./judge.js";
export { needsJudgement } from "./needs-judgement.js";
export { decideStart, mustBeJudgedAgain, planShiftBack, planSteps, readinessOf, requiredReady } from "./plan.js";
export type { Judge, Outcome, Ports } from "./ports.js";
export { runPreparation } from "./preparation.js";
export { runPromotion } from "./promotion.js";
