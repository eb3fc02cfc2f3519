/** Words, names and records that every other room shares; no behaviour. */
export * from "./names.js";
export * from "./status.js";
