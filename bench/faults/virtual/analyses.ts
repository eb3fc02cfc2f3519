import type { AnalysisInput } from "../../../release/settings/index.js";

const metrics = [{ name: "request-success-rate" as const, thresholdRange: { min: 99 } }];

/** A run that is judged before and after its promotion, and in the background. */
export const ownAnalyses: Partial<AnalysisInput> = {
  stepWeight: 40,
  maxWeight: 40,
  prePromotion: { metrics, iterations: 2 },
  postPromotion: { metrics, for: "8s" },
  background: [{ metrics, for: "6s" }],
};
