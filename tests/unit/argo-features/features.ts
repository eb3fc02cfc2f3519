/** What Argo Rollouts can do, where its documentation says so, and what there is here. */
import { analysis } from "./analysis.js";
import type { Chapter } from "./feature.js";
import { people, places, traffic } from "./operation.js";
import { strategies } from "./strategies.js";

export const chapters: readonly Chapter[] = [strategies, analysis, traffic, people, places];
