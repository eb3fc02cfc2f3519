import type { MetricSettings } from "../../settings/index.js";
import { baselineTally } from "../counting/compared.js";
import { whole } from "../counting/strata.js";
import type { Trials } from "../counting/tally.js";
import type { Budget } from "../evidence/budget.js";
import { againstLimit, againstOther, againstShares } from "../evidence/part-evidence.js";
import { shareLog } from "../evidence/share-process.js";
import type { AnalysisState } from "../state.js";
import { claimsOf } from "./claims.js";
import type { Claim } from "./claims.js";
import { maxIncreaseOf, trialsBetween } from "./hypotheses.js";

// What is known of one metric at one moment, of the whole traffic and its parts; `weighed-check.ts` makes a verdict of it.

/** What a check needs to know of the moment. */
export interface Moment {
  readonly nowMs: number;
  readonly intervalEnds: boolean;
  readonly finalStep: boolean;
  readonly budget: Budget;
  /** Whether the other version is asked to take traffic now, so that there may be something to compare with. */
  readonly besides: boolean;
  /** Why nothing can be judged now. */
  readonly trouble: { readonly verdict: "error" | "noData" | "inconclusive"; readonly sentence: string } | undefined;
}

/** One claim about the whole traffic or a part of it, with what speaks against it. */
export interface Finding {
  readonly claim: Claim;
  readonly part: string;
  /** The counts at the start that speaks loudest. */
  readonly from: Trials;
  /** ln E of the shares of failures per check. */
  readonly shares: number;
  /** ln E against the other version, and whether that is asked. */
  readonly versus: number;
  readonly needsVersus: boolean;
  /** ln E against the revision: with a limit and a comparison both must speak. */
  readonly log: number;
  /** What the weakest of those that must agree has over what it needs; from 0 on it is proved. */
  readonly margin: number;
}

/** All that is known of one metric at one moment. */
export interface Evaluation {
  readonly state: AnalysisState;
  readonly metric: MetricSettings;
  readonly moment: Moment;
  readonly claims: readonly Claim[];
  /** Of the whole traffic and its parts. */
  readonly findings: readonly Finding[];
  /** The finding that is nearest to a proof against the revision. */
  readonly worst: Finding;
}

/** Undefined: the metric has no limit and nothing to be compared with. */
export function evaluate(state: AnalysisState, metric: MetricSettings, moment: Moment): Evaluation | undefined {
  const claims = claimsOf(state, metric);
  const parts = Object.keys(state.totals.strata);
  const findings = claims.flatMap((claim) => [
    findingOf(state, claim, whole, moment),
    ...parts.flatMap((part) => partFinding(state, claim, part, moment) ?? []),
  ]);
  const worst = findings.toSorted((a, b) => b.margin - a.margin)[0];
  return worst === undefined ? undefined : { state, metric, moment, claims, findings, worst };
}

function findingOf(state: AnalysisState, claim: Claim, part: string, moment: Moment): Finding {
  const needsVersus = !claim.absolute || isCompared(state, claim, moment);
  const limit = againstLimit(state, claim, part);
  const shares = againstShares(state, claim, part);
  const versus = againstOther(state, claim, part);
  const log = Math.min(claim.absolute ? limit.log : Infinity, needsVersus ? versus : Infinity);
  const { limit: share } = claim.hypothesis;
  const hasRoom = claim.absolute && share > 0 && share < mostForShares;
  const margin = Math.min(log - moment.budget.failLog, hasRoom ? shares - shareLog : Infinity);
  return { claim, part, from: limit.from, shares, versus, needsVersus, log, margin };
}

/**
 * A share of failures per check can be proved to be too large only where there is room above the limit: from here on the
 * single requests alone decide.
 */
const mostForShares = 0.5;

/**
 * Of a part only what may be proved. A limit is the whole's, so that a part is judged only beside the same part of the other
 * version.
 */
function partFinding(state: AnalysisState, claim: Claim, part: string, moment: Moment): Finding | undefined {
  if (!claim.absolute || !isCompared(state, claim, moment)) return undefined;
  if (againstShares(state, claim, part) < shareLog) return undefined;
  if (againstOther(state, claim, part) < moment.budget.failLog) return undefined;
  return findingOf(state, claim, part, moment);
}

/**
 * Wherever the other version gets traffic. Where a limit leaves no room a single failure is enough, unless a comparison was
 * asked for.
 */
export function isCompared(state: AnalysisState, { metric, hypothesis }: Claim, { besides }: Moment): boolean {
  if (!besides || maxIncreaseOf(metric) === undefined) return false;
  const { event, limit } = hypothesis;
  const [from, to] = [baselineTally(state.runStart.totals, whole), baselineTally(state.totals, whole)];
  if (trialsBetween(event, from, to, state.boundsMs).count <= 0) return false;
  return limit > 0 || metric.compare !== undefined;
}
