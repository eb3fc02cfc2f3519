import { claimsOf } from "../checks/claims.js";
import type { Claim } from "../checks/claims.js";
import { countsOf, maxIncreaseOf, provedBetween, trialsBetween } from "../checks/hypotheses.js";
import { baselineTally } from "../counting/compared.js";
import { whole } from "../counting/strata.js";
import { emptyTally } from "../counting/tally.js";
import type { Tally, Totals, Trials } from "../counting/tally.js";
import type { AnalysisState, PartEvidence } from "../state.js";
import { lateEvidence, logEvidenceAbove, noLateStarts, startLate } from "./e-process.js";
import { addShare, freshShares, shareEvidence, startShares } from "./share-process.js";
import { changeWeight, checkWeight, logSum, wholeRunWeight } from "./starts.js";
import { addBlock, freshVersus, noBlocks, startVersus } from "./two-sample.js";

const fresh: PartEvidence = {
  late: noLateStarts,
  shares: freshShares,
  versus: freshVersus,
  intervalVersus: noBlocks,
  started: 0,
  checks: 0,
  onset: { count: 0, events: 0 },
  intervalChecks: 0,
  intervalWorst: { count: 0, events: 0 },
};

/** Adds what was counted since the last check to the evidence of every claim, for the whole traffic and its parts. */
export function updateEvidence(before: AnalysisState, after: AnalysisState): AnalysisState["evidence"] {
  const next: Record<string, Readonly<Record<string, PartEvidence>>> = { ...after.evidence };
  const parts = [whole, ...Object.keys(after.totals.strata)];
  for (const claim of after.settings.metrics.flatMap((metric) => claimsOf(before, metric))) {
    const known = next[claim.key] ?? {};
    const changed: Record<string, PartEvidence> = {};
    for (const part of parts) {
      const updated = updatePart(before, after, claim, part, known[part] ?? fresh);
      if (updated !== undefined) changed[part] = updated;
    }
    if (Object.keys(changed).length > 0) next[claim.key] = { ...known, ...changed };
  }
  return next;
}

/** The present interval's own evidence begins anew. */
export function restartInterval(evidence: AnalysisState["evidence"]): AnalysisState["evidence"] {
  const next: Record<string, Readonly<Record<string, PartEvidence>>> = {};
  for (const [key, parts] of Object.entries(evidence)) {
    const own = parts[whole];
    next[key] =
      own === undefined
        ? parts
        : {
            ...parts,
            [whole]: {
              ...own,
              intervalVersus: noBlocks,
              intervalChecks: 0,
              intervalWorst: fresh.intervalWorst,
            },
          };
  }
  return next;
}

/** undefined where there is nothing new. */
function updatePart(
  before: AnalysisState,
  after: AnalysisState,
  claim: Claim,
  part: string,
  known: PartEvidence,
): PartEvidence | undefined {
  const { event, limit } = claim.hypothesis;
  const block = blockOf(before, after, claim, part);
  const weightChanged = after.weightChanges > before.weightChanges;
  if (block.subject.count <= 0 && !weightChanged) return undefined;
  const started = weightChanged ? atWeightChange(after, claim, part, known) : known;
  if (block.subject.count <= 0) return started;
  const now = countsOf(event, subjectOf(after.totals, part), after.boundsMs);
  const checks = started.checks + 1;
  const weight = checkWeight(checks);
  const both = block.baseline.count > 0 ? { subject: block.subject, baseline: block.baseline } : undefined;
  const maxIncrease = (maxIncreaseOf(claim.metric) ?? 0) / 100;
  const past = pastOf(before, claim, part);
  const compared = (logs: readonly number[]): readonly number[] =>
    both === undefined ? logs : addBlock(logs, both, past, maxIncrease);
  const late = canBeWeighed(limit) ? startLate(started.late, limit, now, weight) : started.late;
  const moved: PartEvidence = {
    late,
    shares: addShare(started.shares, limit, block.subject),
    versus: startVersus(compared(started.versus), weight),
    intervalVersus: part === whole ? compared(started.intervalVersus) : started.intervalVersus,
    started: started.started + weight,
    checks,
    onset: started.onset,
    intervalChecks: started.intervalChecks + 1,
    intervalWorst: worseOf(started.intervalWorst, block.subject),
  };
  return { ...moved, onset: onsetOf(moved, limit, { count: now.seenOf, events: now.seen }) };
}

/** The change begins a start of its own, at what had been counted until then. */
function atWeightChange(after: AnalysisState, claim: Claim, part: string, known: PartEvidence): PartEvidence {
  const { event, limit } = claim.hypothesis;
  const index = after.weightChanges;
  const weight = changeWeight(index);
  const then = countsOf(event, subjectOf(after.weightStart.totals, part), after.boundsMs);
  return {
    ...known,
    late: canBeWeighed(limit) ? startLate(known.late, limit, then, weight) : known.late,
    shares: startShares(known.shares, index),
    versus: startVersus(known.versus, weight),
    started: known.started + weight,
  };
}

function canBeWeighed(limit: number): boolean {
  return limit > 0 && limit < 1;
}

interface Block {
  readonly subject: Trials;
  readonly baseline: Trials;
}

/** What was seen since the last check. */
function blockOf(before: AnalysisState, after: AnalysisState, { hypothesis }: Claim, part: string): Block {
  const between = (from: Tally, to: Tally): Trials => trialsBetween(hypothesis.event, from, to, after.boundsMs);
  return {
    subject: between(subjectOf(before.totals, part), subjectOf(after.totals, part)),
    baseline: between(baselineTally(before.totals, part), baselineTally(after.totals, part)),
  };
}

/**
 * What the other version had shown before the block. It begins as if it had just kept the limit in a few requests: any
 * guess that doesn't look at the block is valid, and this one is near from the first block on.
 */
function pastOf(before: AnalysisState, { hypothesis, absolute }: Claim, part: string): Trials {
  const { event, limit } = hypothesis;
  const from = countsOf(event, baselineTally(before.runStart.totals, part), before.boundsMs);
  const to = countsOf(event, baselineTally(before.totals, part), before.boundsMs);
  const guessed = absolute && canBeWeighed(limit) ? 1 / limit - 1 : 0;
  return { count: Math.max(0, to.seenOf - from.seenOf) + guessed, events: Math.max(0, to.seen - from.seen) };
}

export function subjectOf(totals: Totals, part: string): Tally {
  return part === whole ? totals.subject : (totals.strata[part]?.subject ?? emptyTally);
}

/** The check of an interval with most events: so that an interval can be looked at without it. */
function worseOf(worst: Trials, block: Trials): Trials {
  return block.events > worst.events ? block : worst;
}

/**
 * Where the present trouble began, by the rule of E. S. Page, Continuous inspection schemes (1954): the last moment at which
 * a start would have had nothing to say since.
 */
function onsetOf({ onset }: PartEvidence, limit: number, now: Trials): PartEvidence["onset"] {
  if (!canBeWeighed(limit)) return onset;
  const since = (counts: Trials): { count: number; atLeast: number; atMost: number } => ({
    count: counts.count,
    atLeast: counts.events,
    atMost: counts.events,
  });
  const log = lateEvidence(startLate(noLateStarts, limit, since(onset), 1), limit, since(now));
  return log <= 0 ? now : onset;
}

/** What a part's evidence has come to, as logarithms; it counts times the part's weight. */
export interface AgainstLimit {
  readonly log: number;
  /** The counts at the start whose part of it is the largest. */
  readonly from: Trials;
}

/** Evidence against the limit. */
export function againstLimit(state: AnalysisState, { key, hypothesis }: Claim, part: string): AgainstLimit {
  const evidence = evidenceOf(state, key, part);
  const { event, limit } = hypothesis;
  const now = countsOf(event, subjectOf(state.totals, part), state.boundsMs);
  const start = countsOf(event, subjectOf(state.runStart.totals, part), state.boundsMs);
  const run = Math.log(wholeRunWeight) + logEvidenceAbove(limit, provedBetween(start, now));
  const late = canBeWeighed(limit) ? lateEvidence(evidence.late, limit, now) : -Infinity;
  return {
    log: logWeightOf(state, part) + logSum([run, late, unstartedOf(evidence)]),
    from: run >= late ? { count: start.seenOf, events: start.seen } : evidence.onset,
  };
}

/** Evidence of the shares of failures per check against the limit. */
export function againstShares(state: AnalysisState, { key }: Claim, part: string): number {
  return logWeightOf(state, part) + shareEvidence(evidenceOf(state, key, part).shares);
}

/** Evidence that it is worse than the other version. */
export function againstOther(state: AnalysisState, { key }: Claim, part: string): number {
  const evidence = evidenceOf(state, key, part);
  return logWeightOf(state, part) + logSum([...evidence.versus, unstartedOf(evidence)]);
}

function evidenceOf({ evidence }: AnalysisState, key: string, part: string): PartEvidence {
  return evidence[key]?.[part] ?? fresh;
}

function logWeightOf({ strata }: AnalysisState, part: string): number {
  return Math.log(strata?.weights[part] ?? 1);
}

/** The starts to come stand at 1. */
function unstartedOf({ started }: PartEvidence): number {
  return Math.log(Math.max(Number.MIN_VALUE, 1 - wholeRunWeight - started));
}
