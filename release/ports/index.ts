/** What the runtime needs of the world. Adapters implement these; tests inject fakes in virtual time. */
export * from "./clock.js";
export * from "./cluster.js";
export * from "./fleet.js";
export * from "./lock.js";
export * from "./metrics.js";
export * from "./reporter.js";
export * from "./webhooks.js";
