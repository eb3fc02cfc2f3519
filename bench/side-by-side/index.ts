/** Flagger and ours, one after the other, in the same sandbox, behind the same gateway. */
export { compareAll } from "./compare.js";
export type { Comparison } from "./compare.js";
export { jsonRowOf, markdownOf } from "./table.js";
export { chartOf } from "./chart.js";
export { installFlagger } from "./flagger-install.js";
export { requirementsOf } from "./required.js";
export { scenarios } from "./scenarios.js";
