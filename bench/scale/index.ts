/** Ours with many releases at once. */
export { measureNoopAlone, measureScale } from "./measure.js";
export { scaleMarkdownOf, scaleRequirementsOf } from "./report.js";
export type { Scale } from "./report.js";
