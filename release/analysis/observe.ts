import type { Assessment, Observation } from "./contract.js";
import type { AnalysisState } from "./state.js";

export interface Observed {
  readonly state: AnalysisState;
  readonly assessment: Assessment;
}

/** Takes in what is known at one moment and says what it means. Pure: the same inputs give the same answer. */
export function observe(state: AnalysisState, observation: Observation): Observed {
  const sentence = "the evidence is not there yet";
  return {
    state: { ...state, lastObservedMs: observation.nowMs },
    assessment: {
      verdict: { kind: "hold", reason: "waiting", sentence },
      checks: [],
      observedSharePercent: undefined,
      subjectRequests: 0,
      totalRequests: 0,
    },
  };
}
