/** Words, names and records that every other room shares; no behaviour. */
export { canonicalJson } from "./canonical-json.js";
export * from "./conditions.js";
export * from "./duration.js";
export * from "./names.js";
export * from "./phases.js";
export * from "./requests.js";
export * from "./status.js";
export * from "./strategy.js";
export * from "./train.js";
