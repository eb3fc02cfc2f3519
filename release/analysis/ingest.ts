import { attemptsOf, isServerError } from "./attempts.js";
import type { CounterSeries, Observation } from "./contract.js";
import { countIncrements } from "./increments.js";
import type { Increment } from "./increments.js";
import { ownerOf, updateOwners } from "./ownership.js";
import { boundKey } from "./latency.js";
import type { AnalysisState, Mark, Side } from "./state.js";
import { emptyTally, emptyTotals, plus, totalsPlus } from "./tally.js";
import type { Tally, Totals } from "./tally.js";

/** A change of weight is not compared with the split before this time plus one scrape has passed. */
const settleMs = 2000;
const mostStarts = 50;

/** Takes what the gateway counted into the state: who was asked how often, before and since the change of weight. */
export function ingest(state: AnalysisState, observation: Observation): AnalysisState {
  const { nowMs, surroundings, reading } = observation;
  const owners = updateOwners(state.owners, surroundings, nowMs, state.lastObservedMs);
  const emptySides = emptySidesOf(observation);
  const moved =
    surroundings.weightSinceMs !== state.weightSinceMs || surroundings.weightPercent !== state.weightPercent;
  const changed = moved && state.weightSinceMs !== undefined;
  const cutMs = changed ? surroundings.weightSinceMs : -Infinity;
  const series = reading.kind === "reading" ? reading.series : [];
  const counted = countIncrements(state, series);
  const credit = new Credit(owners, [...new Set([...emptySides, ...state.emptySides])]);
  for (const increment of counted.increments) credit.add(increment, increment.timeMs > cutMs ? "after" : "before");
  const settled = settleUnowned(owners, state.unowned);
  const credited = settled.totals === emptyTotals ? state.totals : totalsPlus(state.totals, settled.totals);
  const before = changed ? totalsPlus(credited, credit.totals("before")) : credited;
  const totals = totalsPlus(before, credit.totals("after"));
  const weightStart: Mark = { timeMs: surroundings.weightSinceMs, totals: before };
  const firstTrafficMs = state.firstTrafficMs ?? (totals.subject.requests > 0 ? nowMs : undefined);
  const next: AnalysisState = {
    ...state,
    counters: counted.counters,
    instances: counted.instances,
    owners,
    unowned: credit.unowned(settled.unowned),
    boundsMs: seenBounds(state.boundsMs, series),
    totals,
    readings: state.readings + (reading.kind === "reading" ? 1 : 0),
    newestSampleMs: counted.newestSampleMs,
    lastObservedMs: nowMs,
    emptySides,
    firstTrafficMs,
    weightPercent: surroundings.weightPercent,
    weightSinceMs: surroundings.weightSinceMs,
    starts: changed ? [...state.starts, weightStart].slice(0, mostStarts) : state.starts,
    weightStart: changed ? weightStart : state.weightStart,
    intervalsAtWeight: changed ? 0 : state.intervalsAtWeight,
    splitStart: moved ? undefined : state.splitStart,
  };
  return withSplitStart(waitForDelay(next));
}

/** While the initial delay lasts nothing becomes evidence: the start of everything moves along. */
function waitForDelay(state: AnalysisState): AnalysisState {
  if (!isDelayed(state)) return state;
  const now: Mark = { timeMs: state.lastObservedMs ?? state.context.startedAtMs, totals: state.totals };
  return { ...state, starts: [now], weightStart: now, intervalStart: state.totals };
}

export function isDelayed(state: AnalysisState): boolean {
  const delayMs = state.settings.initialDelay * 1000;
  if (delayMs === 0) return false;
  return state.firstTrafficMs === undefined || (state.lastObservedMs ?? 0) < state.firstTrafficMs + delayMs;
}

function withSplitStart(state: AnalysisState): AnalysisState {
  const { newestSampleMs, weightSinceMs, context } = state;
  if (state.splitStart !== undefined || newestSampleMs === undefined || weightSinceMs === undefined) return state;
  const settledMs = weightSinceMs + settleMs + context.scrapeIntervalSeconds * 1000;
  if (newestSampleMs < settledMs) return state;
  return { ...state, splitStart: { timeMs: newestSampleMs, totals: state.totals } };
}

function emptySidesOf({ surroundings }: Observation): readonly Side[] {
  const sides: Side[] = [];
  if (surroundings.weightPercent > 0 && surroundings.subjectReady === 0) sides.push("subject");
  if (surroundings.weightPercent < 100 && surroundings.baselineReady === 0) sides.push("baseline");
  return sides;
}

/** What was counted at addresses before anybody was known to own them goes to their first owner. */
function settleUnowned(
  owners: AnalysisState["owners"],
  unowned: AnalysisState["unowned"],
): { readonly totals: Totals; readonly unowned: AnalysisState["unowned"] } {
  let totals = emptyTotals;
  const rest: Record<string, Tally> = {};
  for (const [node, tally] of Object.entries(unowned)) {
    const side = owners[node]?.[0]?.side;
    if (side === "subject" || side === "baseline") totals = { ...totals, [side]: plus(totals[side], tally) };
    else if (side === undefined) rest[node] = tally;
  }
  return { totals, unowned: rest };
}

function seenBounds(known: readonly number[], series: readonly CounterSeries[]): readonly number[] {
  const fresh = series.flatMap(({ upperBoundMs }) =>
    upperBoundMs === undefined || !Number.isFinite(upperBoundMs) || known.includes(upperBoundMs) ? [] : [upperBoundMs],
  );
  return fresh.length === 0 ? known : [...new Set([...known, ...fresh])].toSorted((a, b) => a - b);
}

interface Draft {
  requests: number;
  failed: number;
  timed: number;
  within: Record<string, number>;
}

type Part = "before" | "after";

/** Adds increments up, each to the version it belongs to. */
class Credit {
  private readonly drafts = new Map<string, Draft>();
  private readonly undecided = { before: 0, after: 0 };
  private readonly strangers = new Map<string, Draft>();

  constructor(
    private readonly owners: AnalysisState["owners"],
    private readonly emptySides: readonly Side[],
  ) {}

  add(increment: Increment, part: Part): void {
    const { series, amount, timeMs } = increment;
    if (series.kind === "status") this.addStatus(increment, part);
    else {
      const draft = this.draftAt(series.node, timeMs, part);
      if (draft === undefined) return;
      if (series.kind === "latencyCount") draft.timed += amount;
      else if (series.upperBoundMs !== undefined && Number.isFinite(series.upperBoundMs)) {
        const key = boundKey(series.upperBoundMs);
        draft.within[key] = (draft.within[key] ?? 0) + amount;
      }
    }
  }

  private addStatus({ series, amount, timeMs }: Increment, part: Part): void {
    const attempts = attemptsOf(series);
    if (attempts.length === 0) {
      if (isServerError(series.code)) this.addWithoutEndpoint(amount, part);
      return;
    }
    const outcomes = new Map<Draft, boolean>();
    for (const { node, failed } of attempts) {
      const draft = this.draftAt(node, timeMs, part);
      if (draft !== undefined)
        outcomes.set(draft, (outcomes.get(draft) ?? false) || failed || isServerError(series.code));
    }
    for (const [draft, failed] of outcomes) {
      draft.requests += amount;
      if (failed) draft.failed += amount;
    }
  }

  /** The gateway had no endpoint: the fault of the version that has weight and no ready pod. */
  private addWithoutEndpoint(amount: number, part: Part): void {
    const [only, ...others] = this.emptySides;
    if (only === undefined || others.length > 0) {
      this.undecided[part] += amount;
      return;
    }
    const draft = this.draftFor(`${part} ${only}`, this.drafts);
    draft.requests += amount;
    draft.failed += amount;
  }

  private draftAt(node: string, timeMs: number, part: Part): Draft | undefined {
    const side = ownerOf(this.owners, node, timeMs);
    if (side === "unclear" || node === "") return undefined;
    return side === undefined ? this.draftFor(node, this.strangers) : this.draftFor(`${part} ${side}`, this.drafts);
  }

  private draftFor(key: string, drafts: Map<string, Draft>): Draft {
    const known = drafts.get(key);
    if (known !== undefined) return known;
    const draft: Draft = { requests: 0, failed: 0, timed: 0, within: {} };
    drafts.set(key, draft);
    return draft;
  }

  totals(part: Part): Totals {
    return {
      subject: this.drafts.get(`${part} subject`) ?? emptyTally,
      baseline: this.drafts.get(`${part} baseline`) ?? emptyTally,
      undecided: this.undecided[part],
    };
  }

  unowned(earlier: AnalysisState["unowned"]): AnalysisState["unowned"] {
    if (this.strangers.size === 0) return earlier;
    const next: Record<string, Tally> = { ...earlier };
    for (const [node, draft] of this.strangers) next[node] = plus(next[node] ?? emptyTally, draft);
    return next;
  }
}
