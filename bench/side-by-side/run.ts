import { setTimeout as pause } from "node:timers/promises";
import { startTraffic } from "../../sandbox/users/index.js";
import type { Tally, Traffic } from "../../sandbox/users/index.js";
import { readCounters, requestsBetween } from "../counters.js";
import { watchProcess } from "../process-use.js";
import type { Contender, Place } from "./contender.js";
import type { Outcome, Scenario } from "./scenarios.js";
import { secondsToZero, watchWeights } from "./weights.js";
import type { RouteWatch } from "./weights.js";

/** One release of one contender in one scenario. */
export interface Run {
  readonly outcome: Outcome;
  readonly right: boolean;
  /** From the first canary traffic to weight 0: rolled back, or promoted; undefined where there was no such traffic. */
  readonly secondsToZero: number | undefined;
  /** From shipping to decided and at rest. */
  readonly wallSeconds: number;
  readonly failedUserRequests: number;
  readonly slowUserRequests: number;
  /** Failed after weight 0 without any version having answered: the gateway asked a pod that was going. */
  readonly requestsLostAtScaleDown: number;
  readonly apiRequests: number;
  readonly prometheusQueries: number;
  readonly cpuSeconds: number;
  readonly peakMemoryMiB: number;
}

const longestMs = 6 * 60_000;
/** After the first revision serves, until the new one is shipped. */
const settleMs = 3_000;
/** After the decision: what is lost then is lost at scale-down. */
const afterwardsMs = 4_000;

/** Sets the release up, ships the new revision under load, and takes everything away again. */
export async function runOnce(
  contender: Contender,
  scenario: Scenario,
  place: Place,
  backgroundPerSecond: number,
): Promise<Run> {
  try {
    await contender.initialize(place, scenario);
    await pause(settleMs);
    return await shipUnderLoad(contender, scenario, place, backgroundPerSecond);
  } finally {
    await contender.remove(place);
  }
}

async function shipUnderLoad(
  contender: Contender,
  scenario: Scenario,
  place: Place,
  backgroundPerSecond: number,
): Promise<Run> {
  const { besides, requestsPerSecond: perSecond } = scenario;
  const { host } = place;
  const tests = besides?.areUsers === false ? startTraffic({ host, perSecond, headers: besides.headers }) : undefined;
  const more = besides?.areUsers === true ? [startTraffic({ host, perSecond, headers: besides.headers })] : [];
  const users = [startTraffic({ host, perSecond }), ...more];
  const { weights, lostSinceZero } = await watchLosses(place, users);
  const use = watchProcess(contender.process);
  const before = await readCounters();
  const started = performance.now();
  const outcome = await contender.ship(place, scenario, AbortSignal.timeout(longestMs));
  const wallSeconds = (performance.now() - started) / 1000;
  const after = await readCounters();
  const { cpuSeconds, peakMemoryMiB } = use.stop();
  await pause(afterwardsMs);
  const tallies = await Promise.all(users.map((each) => each.stop()));
  await tests?.stop();
  weights.stop();
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0);
  return {
    outcome,
    right: scenario.right.includes(outcome),
    secondsToZero: secondsToZero(weights.changes),
    wallSeconds,
    failedUserRequests: sum(({ failed }) => failed),
    slowUserRequests: sum(({ slow }) => slow),
    requestsLostAtScaleDown: lostSinceZero(),
    ...requestsBetween(before, after, backgroundPerSecond),
    cpuSeconds,
    peakMemoryMiB,
  };
}

interface Losses {
  readonly weights: RouteWatch;
  /** Requests that nobody answered since the canary's weight last became 0. */
  readonly lostSinceZero: () => number;
}

async function watchLosses(place: Place, users: readonly Traffic[]): Promise<Losses> {
  const unanswered = (): number => users.reduce((sum, { tally }) => sum + (tally.byVersion.get("")?.failed ?? 0), 0);
  const state = { atZero: 0 };
  const weights = await watchWeights(place.namespace, `${place.name}-canary`, ({ weight }) => {
    if (weight === 0) state.atZero = unanswered();
  });
  return { weights, lostSinceZero: () => unanswered() - state.atZero };
}
