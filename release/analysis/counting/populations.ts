import type { CounterSeries } from "../contract.js";
import type { Population, RuleKind } from "../../strategy/index.js";
import type { Side } from "./tally.js";

const ofUsers: readonly RuleKind[] = ["base", "match", "bucket", "newcomer"];
const ordinary: readonly RuleKind[] = ["base"];
type Rules = Readonly<Record<Side, readonly RuleKind[]>>;

/** By whom each version is judged: a shadow, or a load test by the preview, never counts as a user. */
const trialRules: Readonly<Record<Population, Rules>> = {
  users: { subject: ofUsers, baseline: ofUsers },
  matched: { subject: ["match"], baseline: ordinary },
  preview: { subject: ["preview"], baseline: ordinary },
  mirror: { subject: ["mirror"], baseline: ordinary },
  nobody: { subject: [], baseline: [] },
};

export function ruleOf({ rule }: Pick<CounterSeries, "rule">): RuleKind {
  return rule ?? "base";
}

/** Whether what a rule sends to a side says anything of it. */
export function isTrialOf(judged: Population, side: Side, rule: RuleKind): boolean {
  return trialRules[judged][side].includes(rule);
}

/** The same where nobody knows yet whose it was. */
export function mayBeTrialOf(judged: Population, rule: RuleKind): boolean {
  return isTrialOf(judged, "subject", rule) || isTrialOf(judged, "baseline", rule);
}
