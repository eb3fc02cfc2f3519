/** Who gets which share of which rule of a release's route, when: the plan of a strategy. Pure; no I/O. */
export * from "./analyses.js";
export * from "./baseline.js";
export * from "./buckets.js";
export * from "./deadline.js";
export * from "./mirror.js";
export { backgroundsOf, ownNames, stageAfterPromotion } from "./own-analyses.js";
export type { Background } from "./own-analyses.js";
export * from "./plan.js";
export * from "./promotion-pace.js";
export * from "./rollback-window.js";
export * from "./rules.js";
export * from "./split.js";
