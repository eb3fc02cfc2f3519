import { mirrorWay } from "../settings/index.js";
import type { AnalysisSettings, MirrorSettings } from "../settings/index.js";

/** Paths that begin so are copies which the gateway sends to itself; no copy is made of them. */
export const mirrorPath = "/.mirror-";

/** What the switched off mirror at rest says: one in a hundred, if a hand switched it on. */
export const restMirrorRatio = 0.01;

/** How users' requests are copied; undefined where they aren't. */
export function mirrorOf({ mirror }: Pick<AnalysisSettings, "mirror">): MirrorSettings | undefined {
  if (mirror === undefined || mirror === false) return undefined;
  return mirror === true ? mirrorWay.parse({}) : mirror;
}
