/** A release's ApisixRoute as it is at rest: the user's own rules, and behind them those that its strategy needs. */
export * from "./base-rules.js";
export type { HttpRule } from "./http-rule.js";
export { refusalsOf } from "./refusals.js";
export { rulesAtRest } from "./strategy-rules.js";
