import type { RuleKind, Split } from "../../strategy/index.js";
import { expectedShares } from "../../strategy/index.js";

/** Requests that one rule sent to each side. */
export interface RuleCounts {
  readonly subject: number;
  readonly baseline: number;
}

/** By rule, since a split is known to be in effect. */
export type CountsByRule = Readonly<Partial<Record<RuleKind, RuleCounts>>>;

/** So many, and such a share, may still be answers to what was asked before: downloads, streams. */
const lateAnswers = 2;
const lateShare = 0.005;

/** Who came by a rule, for sentences. */
const whose: Readonly<Record<RuleKind, string>> = {
  base: "requests of users who are not to get it",
  match: "requests of users who match",
  preview: "requests by the preview",
  bucket: "requests of users in the canary's buckets",
  newcomer: "requests of newcomers who get one of the canary's buckets",
  mirror: "copies",
};

/** A rule that does something else than it was asked, either way; undefined where none does. */
export function leakIn({ byRule }: { readonly byRule: CountsByRule }, split: Split | undefined): string | undefined {
  if (split === undefined) return undefined;
  const expected = expectedShares(split);
  const base = byRule.base;
  // While users are with the canary by weight, nobody is there by mistake.
  if (expected.base === 0 && base !== undefined && base.subject > 0) return toCanary("base", base);
  for (const rule of ["match", "preview", "bucket", "newcomer"] as const) {
    const counts = byRule[rule];
    if (counts === undefined || expected[rule] !== 100) continue;
    const late = Math.max(lateAnswers, lateShare * (counts.subject + counts.baseline));
    if (counts.baseline > late) return toPrimary(rule, counts);
  }
  return undefined;
}

function toCanary(rule: RuleKind, { subject, baseline }: RuleCounts): string {
  return `leak: ${subject} of ${subject + baseline} ${whose[rule]} were answered by the canary`;
}

function toPrimary(rule: RuleKind, { subject, baseline }: RuleCounts): string {
  return `leak: ${baseline} of ${subject + baseline} ${whose[rule]} were answered by the primary`;
}
