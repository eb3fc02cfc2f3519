import type { AnalysisSettings } from "../settings/index.js";
import { restSplit, sameSplit, withoutRest } from "./split.js";
import type { Split } from "./split.js";

/** What says how a promotion goes back to the primary. */
export type PromotionSettings = Pick<AnalysisSettings, "stepWeightPromotion"> &
  Partial<Pick<AnalysisSettings, "stepWeightsPromotion">>;

/** Percent that the primary gains with each step, 0 for one jump; or its shares one by one. */
type PromotionPace = number | readonly number[];

export function promotionPaceOf({ stepWeightPromotion, stepWeightsPromotion }: PromotionSettings): PromotionPace {
  return stepWeightsPromotion ?? stepWeightPromotion;
}

/** Whether users come back in more than one move. */
export function isPromotedInSteps(settings: PromotionSettings): boolean {
  const pace = promotionPaceOf(settings);
  return typeof pace === "number" ? pace > 0 : pace.some((share) => share < 100);
}

/** The splits on the way to the promoted primary, the last one at rest. Shares that the primary has already are skipped. */
export function planPromotion(from: Split, pace: PromotionPace): readonly Split[] {
  const shares = { base: from.base, bucketsPercent: from.bucketsPercent ?? 0 };
  const highest = Math.max(shares.base, shares.bucketsPercent);
  if (pace === 0 || highest === 0) return sameSplit(from, restSplit) ? [] : [restSplit];
  return typeof pace === "number" ? backBy(pace, shares) : backTo(pace, shares);
}

interface Shares {
  readonly base: number;
  readonly bucketsPercent: number;
}

function backBy(step: number, { base, bucketsPercent }: Shares): readonly Split[] {
  const count = Math.ceil(Math.max(base, bucketsPercent) / step);
  return Array.from({ length: count }, (_, index) => {
    const back = (index + 1) * step;
    const less = (share: number): number => Math.max(0, Math.round((share - back) * 100) / 100);
    return withoutRest({ base: less(base), bucketsPercent: less(bucketsPercent) });
  });
}

function backTo(primaryShares: readonly number[], { base, bucketsPercent }: Shares): readonly Split[] {
  const highest = Math.max(base, bucketsPercent);
  const left = primaryShares.map((share) => 100 - share).filter((share) => share > 0 && share < highest);
  const atMost = (most: number): Split =>
    withoutRest({ base: Math.min(base, most), bucketsPercent: Math.min(bucketsPercent, most) });
  return [...left.map(atMost), restSplit];
}
