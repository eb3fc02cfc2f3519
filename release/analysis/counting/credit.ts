import { isTrial, isServerError, attemptsOf } from "./attempts.js";
import type { CounterSeries } from "../contract.js";
import type { Increment, LatencyGrowth } from "./gateways.js";
import { ownerOf } from "./ownership.js";
import { isTrialOf, mayBeTrialOf, ruleOf } from "./populations.js";
import type { Compared } from "./compared.js";
import { strataOf } from "./strata.js";
import type { Strata } from "./strata.js";
import type { CountsByRule, RuleCounts } from "../checks/leaks.js";
import type { AnalysisState } from "../state.js";
import type { Population, RuleKind } from "../../strategy/index.js";
import { emptySides, emptyTally, noTrials, plus, TallySum } from "./tally.js";
import type { Side, Sides, Tally, Totals } from "./tally.js";

/** Addresses of nobody that are remembered. */
const mostStrangers = 50;

type Part = "before" | "after";
type SidesSum = Readonly<Record<Side, TallySum>>;

/** Which requests are trials, and from when on a rule's answers are those to the present split. */
interface Meaning {
  readonly judged: Population;
  readonly settledMs: number;
  /** Whom the subject is compared with; undefined: always everybody of the other side. */
  readonly compared: Compared | undefined;
}

/** Whose requests they were. */
export class Credit {
  private readonly undecided: Record<Part, number> = { before: 0, after: 0 };
  /** By part and stratum; the whole under "". */
  private readonly sides: Record<Part, Map<string, SidesSum>> = { before: new Map(), after: new Map() };
  private readonly strangers = new Map<string, TallySum>();
  private readonly byRule = new Map<RuleKind, RuleCounts>();
  /** By part and stratum: what the subject is compared with. */
  private readonly compared: Record<Part, Map<string, TallySum>> = { before: new Map(), after: new Map() };

  constructor(
    private readonly owners: AnalysisState["owners"],
    private readonly emptySides: readonly Side[],
    private readonly strata: Strata | undefined,
    private readonly meaning: Meaning,
  ) {}

  add(increment: Increment, part: Part): void {
    if (increment.series.kind === "status") this.addStatus(increment, part);
    else this.addCounted(increment, part);
  }

  addLatency({ series, tally, timeMs }: LatencyGrowth, part: Part): void {
    this.at(series, series.node, timeMs, part, tally);
  }

  private addStatus({ series, amount, timeMs }: Increment, part: Part): void {
    if (!isTrial(series)) return;
    const attempts = attemptsOf(series);
    if (attempts.length === 0) {
      if (isServerError(series.code)) this.addWithoutEndpoint(series, amount, part);
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
    this.countRule(series, [...failed.keys()], amount, timeMs);
    for (const [key, isFailed] of failed)
      this.at(series, nodes.get(key) ?? "", timeMs, part, {
        ...emptyTally,
        requests: amount,
        failed: isFailed ? amount : 0,
      });
  }

  /** Connections that stay open for hours were opened under another split. */
  private countRule(series: CounterSeries, owners: readonly string[], amount: number, timeMs: number): void {
    if (timeMs < this.meaning.settledMs || series.code === "101") return;
    const rule = ruleOf(series);
    const { subject, baseline } = this.byRule.get(rule) ?? { subject: 0, baseline: 0 };
    this.byRule.set(rule, {
      subject: subject + (owners.includes("subject") ? amount : 0),
      baseline: baseline + (owners.includes("baseline") ? amount : 0),
    });
  }

  byRuleAfter(earlier: CountsByRule): CountsByRule {
    if (this.byRule.size === 0) return earlier;
    const next: Partial<Record<RuleKind, RuleCounts>> = { ...earlier };
    for (const [rule, { subject, baseline }] of this.byRule) {
      const known = next[rule] ?? { subject: 0, baseline: 0 };
      next[rule] = { subject: known.subject + subject, baseline: known.baseline + baseline };
    }
    return next;
  }

  /** A counter of the workload's own: of a metric that is a ratio of two. */
  private addCounted({ series, amount }: Increment, part: Part): void {
    const { metric, role, version } = series.counted ?? {};
    if (metric === undefined || version === undefined) return;
    const trials = role === "denominator" ? { count: amount, events: 0 } : { count: 0, events: amount };
    this.give(part, "", version, { ...emptyTally, counted: { [metric]: { ...noTrials, ...trials } } }, true);
  }

  /** The gateway had no endpoint: the fault of the version that has weight and no ready pod. */
  private addWithoutEndpoint(series: CounterSeries, amount: number, part: Part): void {
    const { judged } = this.meaning;
    const rule = ruleOf(series);
    if (!mayBeTrialOf(judged, rule)) return;
    const [only, ...others] = this.emptySides.filter((side) => isTrialOf(judged, side, rule));
    if (only === undefined || others.length > 0) {
      this.undecided[part] += amount;
      return;
    }
    const tally = { ...emptyTally, requests: amount, failed: amount };
    for (const key of ["", ...this.partsOf("", series.methodClass, only)]) this.give(part, key, only, tally, true);
  }

  private at(series: CounterSeries, node: string, timeMs: number, part: Part, tally: Tally): void {
    const { judged } = this.meaning;
    const side = this.ownerAt(node, timeMs);
    if (side === "unclear") return;
    if (side === undefined) {
      if (!mayBeTrialOf(judged, ruleOf(series))) return;
      const known = this.strangers.get(node) ?? new TallySum();
      known.add(tally);
      this.strangers.set(node, known);
      return;
    }
    if (!isTrialOf(judged, side, ruleOf(series))) return;
    const isCompared = this.meaning.compared?.has(node) ?? false;
    for (const key of ["", ...this.partsOf(node, series.methodClass, side)])
      this.give(part, key, side, tally, isCompared);
  }

  private partsOf(node: string, methodClass: string | undefined, side: Side): readonly string[] {
    return this.strata === undefined ? [] : strataOf(this.strata, node, methodClass, side);
  }

  private ownerAt(node: string, timeMs: number): Side | "unclear" | undefined {
    return node === "" ? "unclear" : ownerOf(this.owners, node, timeMs);
  }

  private give(part: Part, key: string, side: Side, tally: Tally, isCompared: boolean): void {
    const known = this.sides[part].get(key);
    const sides = known ?? { subject: new TallySum(), baseline: new TallySum() };
    if (known === undefined) this.sides[part].set(key, sides);
    sides[side].add(tally);
    if (this.meaning.compared !== undefined && side === "baseline" && isCompared) this.compare(part, key, tally);
  }

  private compare(part: Part, key: string, tally: Tally): void {
    const known = this.compared[part].get(key) ?? new TallySum();
    known.add(tally);
    this.compared[part].set(key, known);
  }

  totals(part: Part): Totals {
    const sums = [...this.sides[part]].map(([key, { subject, baseline }]): readonly [string, Sides] => [
      key,
      { subject: subject.tally, baseline: baseline.tally },
    ]);
    const [, whole] = sums.find(([key]) => key === "") ?? ["", emptySides];
    const strata = Object.fromEntries(sums.filter(([key]) => key !== ""));
    const totals = { ...whole, undecided: this.undecided[part], strata };
    if (this.meaning.compared === undefined) return totals;
    return {
      ...totals,
      compared: Object.fromEntries([...this.compared[part]].map(([key, { tally }]) => [key, tally])),
    };
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
