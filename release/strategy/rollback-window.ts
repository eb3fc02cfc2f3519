import type { Former } from "../model/index.js";
import type { AnalysisSettings } from "../settings/index.js";
import { keepsSplit } from "./plan.js";
import type { Stage } from "./plan.js";

/** So many are remembered. */
const mostRemembered = 20;

/** What is remembered after one more promotion, newest first; a revision that comes again is there once. */
export function remembered(formers: readonly Former[], promoted: Former): readonly Former[] {
  return [promoted, ...formers.filter(({ revision }) => revision !== promoted.revision)].slice(0, mostRemembered);
}

/** Whether a revision served all users so few promotions ago, or so short a time. The newest serves them now. */
export function isWithinWindow(
  { revisions, time }: NonNullable<AnalysisSettings["rollbackWindow"]>,
  formers: readonly Former[],
  revision: string,
  nowMs: number,
): boolean {
  const index = formers.findIndex((each) => each.revision === revision);
  const found = formers[index];
  if (found === undefined || index === 0) return false;
  if (revisions !== undefined && index <= revisions) return true;
  return time !== undefined && nowMs - Date.parse(found.at) <= time * 1000;
}

/**
 * The plan of a way back: its last stage that moves anybody, watched for one interval. The rest is skipped by its place, but
 * for what is judged after users were moved.
 */
export function wayBack(plan: readonly Stage[]): { readonly plan: readonly Stage[]; readonly from: number } {
  const from = plan.findLastIndex((_, index) => !keepsSplit(plan, index));
  const after = plan.slice(from + 1).filter(({ kind }) => kind === "postPromotion");
  const until = plan.slice(0, from + 1).map((stage, index) => (index === from ? { ...stage, intervals: 1 } : stage));
  return { plan: [...until, ...after], from };
}
