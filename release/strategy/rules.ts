import type { StrategyKind } from "../model/index.js";
import type { AnalysisSettings } from "../settings/index.js";

/**
 * Http rules of a release's route. `base`: the user's own. The others are ours, appended behind all base rules in this
 * order, one for each base rule (of `match` one for each base rule and entry): never inserted, for the gateway numbers them.
 */
export const ruleKinds = ["base", "match", "preview", "bucket", "newcomer", "mirror"] as const;
export type RuleKind = (typeof ruleKinds)[number];
export type OwnRuleKind = Exclude<RuleKind, "base">;

/** What the strategy of a release depends on. */
export type StrategySettings = Pick<
  AnalysisSettings,
  "match" | "preview" | "sessionAffinity" | "mirror" | "iterations" | "steps" | "stepWeight" | "stepWeights"
>;

/** `match`: A/B. Else `iterations` without any weights: blue/green. Else a canary. */
export function strategyKindOf(settings: StrategySettings): StrategyKind {
  if (settings.match !== undefined) return "abTesting";
  const hasWeights = [settings.steps, settings.stepWeight, settings.stepWeights].some((each) => each !== undefined);
  return settings.iterations !== undefined && !hasWeights ? "blueGreen" : "canary";
}

/** The rules that the route of such a release has beside the base rules, in their order. */
export function ownRulesOf(settings: StrategySettings): readonly OwnRuleKind[] {
  return [
    ...(settings.match === undefined ? [] : ["match" as const]),
    ...(settings.preview === undefined ? [] : ["preview" as const]),
    ...(settings.sessionAffinity === undefined ? [] : ["bucket" as const]),
    ...(settings.sessionAffinity?.cookieless === "weight" ? ["newcomer" as const] : []),
    ...(settings.mirror === undefined || settings.mirror === false ? [] : ["mirror" as const]),
  ];
}

/**
 * Name of a rule of ours: `<base>-match`, for the second entry of `match` `<base>-match-2`, `<base>-preview`,
 * `<base>-bucket`, `<base>-newcomer`, `<base>-mirror`. `entry` counts from 0.
 */
export function ruleNameOf(base: string, kind: RuleKind, entry = 0): string {
  if (kind === "base") return base;
  return entry === 0 ? `${base}-${kind}` : `${base}-${kind}-${entry + 1}`;
}

const ownName = /^(.+)-(match|preview|bucket|newcomer|mirror)(?:-(?:[2-9]|[1-9]\d+))?$/;

/**
 * Which rule a name is of, where the route has own rules of these kinds. A user's own rule must not be named like one of
 * them (`isOwnName`): preview refuses that.
 */
export function ruleKindOf(name: string, own: readonly OwnRuleKind[]): RuleKind {
  const kind = ownName.exec(name)?.[2];
  return own.find((each) => each === kind) ?? "base";
}

/** Whether a user's rule is named as if it were ours. */
export function isOwnName(name: string): boolean {
  return ownName.test(name);
}
