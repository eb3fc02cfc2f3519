import type { CounterSeries, Observation } from "../contract.js";
import { Compared } from "./compared.js";
import { Credit } from "./credit.js";
import { countGateways } from "./gateways.js";
import { updateOwners } from "./ownership.js";
import { strataFor, withNewPods } from "./strata.js";
import type { Strata } from "./strata.js";
import { usersBefore } from "../checks/mirror-harm.js";
import { trackedLimitsMs } from "../checks/hypotheses.js";
import { lastTrafficOf } from "../checks/traffic.js";
import type { AnalysisState, Mark } from "../state.js";
import { emptyTally, emptyTotals, plus, totalsPlus } from "./tally.js";
import type { Side, Tally, Totals } from "./tally.js";

/** A change of weight is not compared with the split before this time plus one scrape has passed. */
const settleMs = 2000;
/** Samples from so far ahead are nonsense, or of a Prometheus whose clock is wrong. */
const mostAheadMs = 60_000;

/** Takes what the gateway counted into the state: who was asked how often, before and since the change of weight. */
export function ingest(state: AnalysisState, observation: Observation): AnalysisState {
  const { nowMs, surroundings, reading } = observation;
  const owners = updateOwners(state.owners, surroundings, nowMs, state.lastObservedMs);
  const emptySidesNow = emptySidesOf(observation);
  const moved =
    surroundings.weightSinceMs !== state.weightSinceMs || surroundings.weightPercent !== state.weightPercent;
  const changed = moved && state.weightSinceMs !== undefined;
  const cutMs = changed ? surroundings.weightSinceMs : -Infinity;
  const series = reading.kind === "reading" ? notAhead(reading.series, nowMs) : [];
  const compared = Compared.of(state, surroundings);
  const strata = strataAt(state, series, surroundings.subjectNodes);
  const counted = countGateways(state, series, trackedLimitsMs(state));
  const credit = new Credit(owners, [...new Set([...emptySidesNow, ...state.emptySides])], strata, {
    judged: surroundings.judged ?? "users",
    settledMs: settledAtMs(state, observation),
    compared,
  });
  for (const each of counted.increments) credit.add(each, each.timeMs > cutMs ? "after" : "before");
  for (const each of counted.latencies) credit.addLatency(each, each.timeMs > cutMs ? "after" : "before");
  const settled = settleUnowned(owners, state.unowned, compared);
  const credited = totalsPlus(state.totals, settled.totals);
  const before = changed ? totalsPlus(credited, credit.totals("before")) : credited;
  const totals = totalsPlus(before, credit.totals("after"));
  const weightStart: Mark = { timeMs: surroundings.weightSinceMs, totals: before };
  const next: AnalysisState = {
    ...state,
    strata,
    gateways: counted.gateways,
    spoiled: counted.spoiled,
    owners,
    unowned: credit.unowned(settled.unowned),
    boundsMs: boundsOf(counted.gateways, state.boundsMs),
    totals,
    readings: state.readings + (reading.kind === "reading" ? 1 : 0),
    newestSampleMs: counted.newestSampleMs,
    lastObservedMs: nowMs,
    emptySides: emptySidesNow,
    firstTrafficMs: state.firstTrafficMs ?? (totals.subject.requests > 0 ? nowMs : undefined),
    lastTraffic: lastTrafficOf(state, { totals }, nowMs),
    weightPercent: surroundings.weightPercent,
    weightSinceMs: surroundings.weightSinceMs,
    weightChanges: state.weightChanges + (changed ? 1 : 0),
    weightStart: changed ? weightStart : state.weightStart,
    intervalsAtWeight: changed ? 0 : state.intervalsAtWeight,
    splitStart: moved ? undefined : state.splitStart,
    byRule: credit.byRuleAfter(moved ? {} : state.byRule),
    usersBefore: usersBeforeCopies(state, observation, series),
  };
  return withSplitStart(waitForDelay(next));
}

/** From then on what a rule does is what it was asked; never, while that isn't known to be in effect. */
function settledAtMs({ context }: AnalysisState, { surroundings }: Observation): number {
  if (surroundings.split === undefined) return Infinity;
  return surroundings.weightSinceMs + settleMs + 2 * context.scrapeIntervalSeconds * 1000;
}

function usersBeforeCopies(
  state: AnalysisState,
  { surroundings }: Observation,
  series: readonly CounterSeries[],
): AnalysisState["usersBefore"] {
  if (surroundings.judged !== "mirror" || state.usersBefore !== undefined || series.length === 0)
    return state.usersBefore;
  return usersBefore(series, state.context.startedAtMs, surroundings.baselineNodes);
}

/** While the initial delay lasts nothing becomes evidence: the start of everything moves along. */
function waitForDelay(state: AnalysisState): AnalysisState {
  if (!isDelayed(state)) return state;
  const now: Mark = { timeMs: state.lastObservedMs ?? state.context.startedAtMs, totals: state.totals };
  return { ...state, runStart: now, weightStart: now, intervalStart: state.totals };
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
  return { ...state, splitStart: requestsOf(state.totals) };
}

function requestsOf({ subject, baseline }: Totals): AnalysisState["splitStart"] {
  return { subject: subject.requests, baseline: baseline.requests };
}

function emptySidesOf({ surroundings }: Observation): readonly Side[] {
  const sides: Side[] = [];
  const { weightPercent = 50, subjectReady, baselineReady } = surroundings;
  if (weightPercent > 0 && subjectReady === 0) sides.push("subject");
  if (weightPercent < 100 && baselineReady === 0) sides.push("baseline");
  return sides;
}

/** Which parts are judged is decided at the first reading that shows anything. */
function strataAt(
  state: AnalysisState,
  series: readonly CounterSeries[],
  nodes: readonly string[],
): Strata | undefined {
  if (state.strata !== undefined) return withNewPods(state.strata, nodes);
  if (series.length === 0 || nodes.length === 0) return undefined;
  const hasMethods = series.some(({ methodClass }) => methodClass !== undefined);
  return strataFor(state.settings.strata, nodes, hasMethods);
}

function notAhead(series: readonly CounterSeries[], nowMs: number): readonly CounterSeries[] {
  const latestMs = nowMs + mostAheadMs;
  if (series.every(({ points }) => (points.at(-1)?.timeMs ?? 0) <= latestMs)) return series;
  return series.map((each) => ({ ...each, points: each.points.filter(({ timeMs }) => timeMs <= latestMs) }));
}

function boundsOf(gateways: AnalysisState["gateways"], known: readonly number[]): readonly number[] {
  const all = new Set(Object.values(gateways).flatMap(({ boundsMs }) => boundsMs));
  return all.size === known.length ? known : [...all].toSorted((a, b) => a - b);
}

/** What was counted at addresses before anybody was known to own them goes to their first owner. */
function settleUnowned(
  owners: AnalysisState["owners"],
  unowned: AnalysisState["unowned"],
  compared: Compared | undefined,
): { readonly totals: Totals; readonly unowned: AnalysisState["unowned"] } {
  let totals = emptyTotals;
  const rest: Record<string, Tally> = {};
  for (const [node, tally] of Object.entries(unowned)) {
    const side = owners[node]?.[0]?.side;
    if (side === "subject" || side === "baseline")
      totals = {
        ...totals,
        [side]: plus(totals[side], tally),
        ...(side === "baseline" && compared?.has(node) === true
          ? { compared: { "": plus(totals.compared?.[""] ?? emptyTally, tally) } }
          : {}),
      };
    else if (side === undefined) rest[node] = tally;
  }
  return { totals, unowned: rest };
}
