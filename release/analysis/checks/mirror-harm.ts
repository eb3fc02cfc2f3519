import type { CounterSeries } from "../contract.js";
import { upperTail } from "../evidence/binomial-tail.js";
import { ruleOf } from "../counting/populations.js";
import type { AnalysisState } from "../state.js";
import { emptyTally, minus, plus } from "../counting/tally.js";
import type { Tally } from "../counting/tally.js";
import { boundKey, countWithin } from "./latency.js";

/** What people take for at once (J. Nielsen, Usability Engineering, 1993): a busy machine alone makes more of a few milliseconds. */
const noticedMs = 100;
/** What users get now is looked at over so long, and over so many requests at least. */
const windowMs = 10_000;
const fewest = 20;
/** p-value of one look. */
const level = 1e-4;
/** Of users' requests: such a share was slower than a bound at most, and more than such a one is now. */
const worse = [
  { before: 0.25, now: 0.5 },
  { before: 0.05, now: 0.1 },
] as const;

/** How long users' own requests took in the moments before they were copied, as far as the first reading shows it. */
export function usersBefore(
  series: readonly CounterSeries[],
  startedAtMs: number,
  primaryNodes: readonly string[],
): Tally {
  return series
    .filter((each) => each.kind === "latencyBucket" && ruleOf(each) === "base" && primaryNodes.includes(each.node))
    .reduce((sum, each) => {
      const before = each.points.filter(({ timeMs }) => timeMs <= startedAtMs);
      const grown = (before.at(-1)?.value ?? 0) - (before[0]?.value ?? 0);
      if (grown <= 0) return sum;
      const isTotal = each.upperBoundMs === undefined || !Number.isFinite(each.upperBoundMs);
      const tally = isTotal
        ? { ...emptyTally, timed: grown }
        : { ...emptyTally, within: { [boundKey(each.upperBoundMs)]: grown } };
      return plus(sum, tally);
    }, emptyTally);
}

/** What copying does to users, where it slows them down: they never pay for a shadow. */
export function mirrorHarm(state: AnalysisState, nowMs: number): string | undefined {
  const { usersBefore: before, boundsMs, totals, history, weightStart } = state;
  if (before === undefined || before.timed < fewest) return undefined;
  const from = history.find(({ timeMs }) => timeMs >= nowMs - windowMs) ?? weightStart;
  const now = minus(totals.baseline, from.totals.baseline);
  if (now.timed < fewest) return undefined;
  for (const boundMs of boundsMs.filter((each) => each >= noticedMs)) {
    const slow = now.timed - countWithin(now, boundMs);
    const share = slowShare(before, boundMs);
    const isWorse = worse.some(
      (limit) => share <= limit.before && upperTail(limit.now, { count: now.timed, events: slow }) < level,
    );
    if (isWorse)
      return `mirroring slows users down: ${percent(slow / now.timed)} of their requests take longer than ${boundMs} ms, ${percent(share)} did before it`;
  }
  return undefined;
}

function slowShare(tally: Tally, boundMs: number): number {
  return (tally.timed - countWithin(tally, boundMs)) / tally.timed;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))}%`;
}
