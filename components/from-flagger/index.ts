/** Takes an existing Flagger `Canary` (and its MetricTemplates) as it is. */
export { fromFlagger } from "./from-flagger.js";
export type { FromFlagger } from "./from-flagger.js";
