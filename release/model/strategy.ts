/**
 * What the gateway is asked at one moment: which share of which rule the canary has. A rule that the split doesn't name
 * rests: 100/0, mirror off, buckets empty. Plain data, journaled as it is.
 */
export interface Split {
  /** Of ordinary users, by the weights of the base rules; percent, in steps of 0.01. */
  readonly base: number;
  /** A/B: of the users who match; all of them or nobody. */
  readonly matched?: 0 | 100;
  /** Of those who come by the preview's own way. */
  readonly preview?: 0 | 100;
  /** Copies of users' requests that the canary is shown besides, percent of them, in steps of 0.01; 0 is off. */
  readonly mirrorPercent?: number;
  /**
   * Session affinity: percent of the cookies' buckets whose users are the canary's, in steps of 0.01; where the route has a
   * rule for newcomers also of those, by the bucket that they are about to get.
   */
  readonly bucketsPercent?: number;
}

/** What a stage of a plan does. */
export const stageKinds = [
  "weight",
  "pause",
  "matched",
  "test",
  "preview",
  "mirror",
  "allUsers",
  "prePromotion",
  "postPromotion",
  "scaleDownDelay",
] as const;
export type StageKind = (typeof stageKinds)[number];

/** How users are moved. Mirror and affinity are ways of these, not strategies beside them. */
export const strategyKinds = ["canary", "abTesting", "blueGreen"] as const;
export type StrategyKind = (typeof strategyKinds)[number];

/** A revision that served all users once. */
export interface Former {
  readonly revision: string;
  /** ISO time of its promotion. */
  readonly at: string;
}
