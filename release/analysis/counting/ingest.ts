import { isTrial, isServerError, attemptsOf } from "./attempts.js";
import type { CounterSeries, Observation } from "../contract.js";
import { countGateways } from "./gateways.js";
import type { Increment, LatencyGrowth } from "./gateways.js";
import { ownerOf, updateOwners } from "./ownership.js";
import { strataFor, strataOf, withNewPods } from "./strata.js";
import type { Strata } from "./strata.js";
import { trackedLimitsMs } from "../checks/hypotheses.js";
import { lastTrafficOf } from "../checks/traffic.js";
import type { AnalysisState, Mark } from "../state.js";
import { emptySides, emptyTally, emptyTotals, noTrials, plus, TallySum, totalsPlus } from "./tally.js";
import type { Side, Sides, Tally, Totals } from "./tally.js";

/** A change of weight is not compared with the split before this time plus one scrape has passed. */
const settleMs = 2000;
/** Samples from so far ahead are nonsense, or of a Prometheus whose clock is wrong. */
const mostAheadMs = 60_000;
/** Addresses of nobody that are remembered. */
const mostStrangers = 50;

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
  const strata = strataAt(state, series, surroundings.subjectNodes);
  const counted = countGateways(state, series, trackedLimitsMs(state));
  const credit = new Credit(owners, [...new Set([...emptySidesNow, ...state.emptySides])], strata);
  for (const each of counted.increments) credit.add(each, each.timeMs > cutMs ? "after" : "before");
  for (const each of counted.latencies) credit.addLatency(each, each.timeMs > cutMs ? "after" : "before");
  const settled = settleUnowned(owners, state.unowned);
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
  };
  return withSplitStart(waitForDelay(next));
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
  if (surroundings.weightPercent > 0 && surroundings.subjectReady === 0) sides.push("subject");
  if (surroundings.weightPercent < 100 && surroundings.baselineReady === 0) sides.push("baseline");
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

type Part = "before" | "after";
type SidesSum = Readonly<Record<Side, TallySum>>;

/** Whose requests they were. */
class Credit {
  private readonly undecided: Record<Part, number> = { before: 0, after: 0 };
  /** By part and stratum; the whole under "". */
  private readonly sides: Record<Part, Map<string, SidesSum>> = { before: new Map(), after: new Map() };
  private readonly strangers = new Map<string, TallySum>();

  constructor(
    private readonly owners: AnalysisState["owners"],
    private readonly emptySides: readonly Side[],
    private readonly strata: Strata | undefined,
  ) {}

  add(increment: Increment, part: Part): void {
    if (increment.series.kind === "status") this.addStatus(increment, part);
    else this.addCounted(increment, part);
  }

  addLatency({ series, tally, timeMs }: LatencyGrowth, part: Part): void {
    this.at(series.node, timeMs, part, series.methodClass, tally);
  }

  private addStatus({ series, amount, timeMs }: Increment, part: Part): void {
    if (!isTrial(series)) return;
    const attempts = attemptsOf(series);
    if (attempts.length === 0) {
      if (isServerError(series.code)) this.addWithoutEndpoint(amount, part, series.methodClass);
      return;
    }
    const finallyFailed = isServerError(series.code);
    const failed = new Map<string, boolean>();
    const nodes = new Map<string, string>();
    for (const attempt of attempts) {
      const owner = this.ownerAt(attempt.node, timeMs);
      if (owner === "unclear") continue;
      // Several attempts on one version are one trial, failed if any of them was.
      const key = owner ?? attempt.node;
      failed.set(key, (failed.get(key) ?? false) || attempt.failed || finallyFailed);
      if (attempt.failed || !nodes.has(key)) nodes.set(key, attempt.node);
    }
    for (const [key, isFailed] of failed)
      this.at(nodes.get(key) ?? "", timeMs, part, series.methodClass, {
        ...emptyTally,
        requests: amount,
        failed: isFailed ? amount : 0,
      });
  }

  /** A counter of the workload's own: of a metric that is a ratio of two. */
  private addCounted({ series, amount }: Increment, part: Part): void {
    const { metric, role, version } = series.counted ?? {};
    if (metric === undefined || version === undefined) return;
    const trials = role === "denominator" ? { count: amount, events: 0 } : { count: 0, events: amount };
    this.give(part, "", version, { ...emptyTally, counted: { [metric]: { ...noTrials, ...trials } } });
  }

  /** The gateway had no endpoint: the fault of the version that has weight and no ready pod. */
  private addWithoutEndpoint(amount: number, part: Part, methodClass: string | undefined): void {
    const [only, ...others] = this.emptySides;
    if (only === undefined || others.length > 0) {
      this.undecided[part] += amount;
      return;
    }
    const tally = { ...emptyTally, requests: amount, failed: amount };
    for (const key of ["", ...this.partsOf("", methodClass, only)]) this.give(part, key, only, tally);
  }

  private at(node: string, timeMs: number, part: Part, methodClass: string | undefined, tally: Tally): void {
    const side = this.ownerAt(node, timeMs);
    if (side === "unclear") return;
    if (side === undefined) {
      const known = this.strangers.get(node) ?? new TallySum();
      known.add(tally);
      this.strangers.set(node, known);
      return;
    }
    this.give(part, "", side, tally);
    for (const key of this.partsOf(node, methodClass, side)) this.give(part, key, side, tally);
  }

  private partsOf(node: string, methodClass: string | undefined, side: Side): readonly string[] {
    return this.strata === undefined ? [] : strataOf(this.strata, node, methodClass, side);
  }

  private ownerAt(node: string, timeMs: number): Side | "unclear" | undefined {
    return node === "" ? "unclear" : ownerOf(this.owners, node, timeMs);
  }

  private give(part: Part, key: string, side: Side, tally: Tally): void {
    const known = this.sides[part].get(key);
    const sides = known ?? { subject: new TallySum(), baseline: new TallySum() };
    if (known === undefined) this.sides[part].set(key, sides);
    sides[side].add(tally);
  }

  totals(part: Part): Totals {
    const sums = [...this.sides[part]].map(([key, { subject, baseline }]): readonly [string, Sides] => [
      key,
      { subject: subject.tally, baseline: baseline.tally },
    ]);
    const [, whole] = sums.find(([key]) => key === "") ?? ["", emptySides];
    const strata = Object.fromEntries(sums.filter(([key]) => key !== ""));
    return { ...whole, undecided: this.undecided[part], strata };
  }

  unowned(earlier: AnalysisState["unowned"]): AnalysisState["unowned"] {
    if (this.strangers.size === 0) return earlier;
    const next: Record<string, Tally> = { ...earlier };
    for (const [node, { tally }] of this.strangers)
      if (next[node] !== undefined || Object.keys(next).length < mostStrangers)
        next[node] = plus(next[node] ?? emptyTally, tally);
    return next;
  }
}
