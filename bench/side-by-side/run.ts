import { setTimeout as pause } from "node:timers/promises";
import { startTraffic } from "../../sandbox/users/index.js";
import type { Contender, Place } from "./contender.js";
import { readCounters } from "./counters.js";
import { secondsToZero, watchProcess, watchWeights } from "./measure.js";
import type { Outcome, Scenario } from "./scenarios.js";

/** One release of one contender in one scenario. */
export interface Run {
  readonly outcome: Outcome;
  readonly right: boolean;
  readonly secondsToZero: number | undefined;
  /** From shipping to decided and at rest. */
  readonly wallSeconds: number;
  readonly failedUserRequests: number;
  readonly slowUserRequests: number;
  /** Failed without any version having answered: the gateway had nobody to ask. */
  readonly requestsLostAtScaleDown: number;
  readonly apiRequests: number;
  readonly prometheusQueries: number;
  readonly cpuSeconds: number;
  readonly peakMemoryMiB: number;
}

const longestMs = 6 * 60_000;
/** After the decision: what is lost then is lost at scale-down. */
const afterwardsMs = 4_000;

export async function runOnce(contender: Contender, scenario: Scenario, place: Place): Promise<Run> {
  await contender.initialize(place, scenario);
  await pause(3_000);
  const weights = await watchWeights(place.namespace, `${place.name}-canary`);
  const use = watchProcess(contender.process);
  const before = await readCounters();
  const users = startTraffic({ host: place.host, perSecond: scenario.requestsPerSecond });
  const started = performance.now();
  const outcome = await contender.ship(place, scenario, AbortSignal.timeout(longestMs));
  const wallSeconds = (performance.now() - started) / 1000;
  const after = await readCounters();
  await pause(afterwardsMs);
  const tally = await users.stop();
  const { cpuSeconds, peakMemoryMiB } = use.stop();
  weights.stop();
  await contender.remove(place);
  return {
    outcome,
    right: scenario.right.includes(outcome),
    secondsToZero: secondsToZero(weights.changes),
    wallSeconds,
    failedUserRequests: tally.failed,
    slowUserRequests: tally.slow,
    requestsLostAtScaleDown: tally.byVersion.get("")?.failed ?? 0,
    apiRequests: after.apiRequests - before.apiRequests,
    prometheusQueries: after.prometheusQueries - before.prometheusQueries,
    cpuSeconds,
    peakMemoryMiB,
  };
}
