import type { MetricSettings } from "../settings/index.js";
import { backgroundsOf, stageAfterPromotion } from "./own-analyses.js";
import { partsOf, planStages } from "./plan.js";
import type { PlanSettings } from "./plan.js";

/** One analysis of a release. */
export interface AnalysisOfRun {
  readonly subject: "canary" | "primary";
  /** In messages, where it isn't that of the steps. */
  readonly name?: string | undefined;
  /** In place of the settings'. */
  readonly metrics?: readonly MetricSettings[] | undefined;
  readonly intervalSeconds?: number;
  /** Of no request of the gateway's. */
  readonly judgesNobody?: true;
  /** Begins with the first traffic. */
  readonly isFirst?: true;
}

/**
 * All analyses of a release, by their numbers: those of the parts of its plan, from 0, those in the background, and the one
 * after a promotion by weights.
 */
export function analysesOf(settings: PlanSettings): readonly AnalysisOfRun[] {
  const after = stageAfterPromotion(settings);
  return [
    ...partsOf(planStages(settings)).map(({ name, metrics, judged, stages }, index) => ({
      subject: "canary" as const,
      name,
      metrics,
      ...(name === undefined || stages[0] === undefined ? {} : { intervalSeconds: stages[0].intervalSeconds }),
      ...(judged === "nobody" && name === undefined ? { judgesNobody: true as const } : {}),
      ...(index === 0 ? { isFirst: true as const } : {}),
    })),
    ...backgroundsOf(settings).map(({ name, metrics, from, intervalSeconds }) => ({
      subject: "canary" as const,
      name,
      metrics,
      intervalSeconds,
      ...(from === 1 ? { isFirst: true as const } : {}),
    })),
    ...(after === undefined
      ? []
      : [
          {
            subject: "primary" as const,
            name: after.name,
            metrics: after.metrics,
            intervalSeconds: after.intervalSeconds,
          },
        ]),
  ];
}

/** The number of the analysis that is called so. */
export function numberOfAnalysis(settings: PlanSettings, name: string): number {
  return analysesOf(settings).findIndex((each) => each.name === name);
}
