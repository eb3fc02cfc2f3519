import type { AnalysisSettings, AwaitedAnalysis, BackgroundAnalysis, MetricSettings } from "../settings/index.js";
import { strategyKindOf } from "./rules.js";
import type { StrategySettings } from "./rules.js";
import { restSplit } from "./split.js";
import type { Split } from "./split.js";

/** What of the settings says which analyses there are beside that of the steps. */
export type OwnAnalysesSettings = StrategySettings &
  Pick<AnalysisSettings, "interval"> &
  Partial<Pick<AnalysisSettings, "background" | "prePromotion" | "postPromotion">>;

export const ownNames = {
  prePromotion: "pre-promotion analysis",
  postPromotion: "post-promotion analysis",
} as const;

/** A stage of intervals of their own length, at the split of the stage before. */
export function awaitedStage<const Judged extends string>(
  kind: keyof typeof ownNames,
  { interval }: Pick<AnalysisSettings, "interval">,
  own: AwaitedAnalysis,
  { split, judged }: { readonly split: Split; readonly judged: Judged },
) {
  const { metrics, for: seconds, iterations = 1, interval: each = interval } = own;
  const length =
    seconds === undefined
      ? ({ intervalSeconds: each, intervals: iterations, counts: "passed" } as const)
      : ({ ...intervalsOf(seconds, each), counts: "elapsed" } as const);
  return { kind, split, ...length, judged, metrics, name: ownNames[kind] };
}

/** A time in intervals that are as long as asked or a little shorter. */
export function intervalsOf(seconds: number, interval: number) {
  const intervals = Math.max(1, Math.ceil(seconds / interval));
  return { intervalSeconds: seconds / intervals, intervals };
}

/**
 * What is judged when the promoted primary has all users: of weights and A/B. Blue/green judges it while users are with the
 * canary and the primary has the earlier revision: there it is a stage of the plan.
 */
export function stageAfterPromotion(settings: OwnAnalysesSettings) {
  const { postPromotion } = settings;
  if (postPromotion === undefined || strategyKindOf(settings) === "blueGreen") return undefined;
  return awaitedStage("postPromotion", settings, postPromotion, { split: restSplit, judged: "users" });
}

/** One in the background, with all that was left out. */
export interface Background {
  readonly name: string;
  readonly metrics: readonly MetricSettings[];
  /** Stage of the plan, from 1. */
  readonly from: number;
  readonly forSeconds: number;
  readonly intervalSeconds: number;
  readonly onFailure: BackgroundAnalysis["onFailure"];
}

export function backgroundsOf({ background = [], interval }: OwnAnalysesSettings): readonly Background[] {
  return background.map(({ name, metrics, from, for: forSeconds, interval: each, onFailure }, index) => ({
    name: `background analysis ${name ?? index + 1}`,
    metrics,
    from,
    forSeconds: forSeconds ?? Infinity,
    intervalSeconds: Math.min(each ?? interval, forSeconds ?? Infinity),
    onFailure,
  }));
}
