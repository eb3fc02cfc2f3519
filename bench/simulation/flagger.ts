import type { CounterSeries } from "../../release/analysis/index.js";
import { Gateway } from "./gateway.js";
import { promoted, rolledBack, undecided } from "./outcome.js";
import type { Outcome } from "./outcome.js";
import type { Release } from "./scenarios.js";

const deadlineSeconds = 3600;
const successWindowSeconds = 60;
const durationWindowSeconds = 30;

/** What the route as a whole had counted, both versions together. */
interface Sample {
  readonly second: number;
  readonly requests: number;
  readonly failed: number;
  readonly timed: number;
  readonly slow: number;
}

/**
 * Flagger's rule: at each tick the success rate of the last minute and the 99th percentile of the last 30 s of the route,
 * canary and primary mixed; a tick beyond a limit is a failed check and holds the weight; with `threshold` of them the next
 * tick rolls the release back; a passing tick at the last weight promotes. In its favour the traffic starts with the run
 * (nothing older dilutes its windows) and it sees every counter's first request.
 */
export function flagger(release: Release): Outcome {
  const { settings, steps } = release;
  const gateway = new Gateway(release);
  const samples: Sample[] = [{ second: 0, requests: 0, failed: 0, timed: 0, slow: 0 }];
  const previous = new Map<string, number>();
  let failedChecks = 0;
  let step = 0;
  gateway.setWeight(steps[0] ?? 0);
  for (let second = 0; second <= deadlineSeconds;) {
    const tick = second + settings.interval;
    while (second < tick) {
      second = Math.min(tick, second + release.scrapeSeconds);
      gateway.runUntil(second);
      samples.push(sampleOf(gateway.series(), previous, second, samples.at(-1)));
    }
    if (failedChecks >= settings.threshold) return rolledBack(release, gateway, second, gateway.served.canaryRequests);
    if (isBad(samples)) {
      failedChecks += 1;
      continue;
    }
    if (step === steps.length - 1 && release.gateClosed) continue;
    if (step === steps.length - 1) return promoted(release, gateway, second);
    step += 1;
    gateway.setWeight(steps[step] ?? 0);
  }
  return undecided(release, gateway, deadlineSeconds);
}

function isBad(samples: readonly Sample[]): boolean {
  const minute = windowOf(samples, successWindowSeconds);
  const half = windowOf(samples, durationWindowSeconds);
  return (
    (minute.requests > 0 && minute.failed / minute.requests > 0.01) || (half.timed > 0 && half.slow / half.timed > 0.01)
  );
}

function windowOf(samples: readonly Sample[], seconds: number): Omit<Sample, "second"> {
  const last = samples.at(-1);
  if (last === undefined) return { requests: 0, failed: 0, timed: 0, slow: 0 };
  const first = samples.findLast((sample) => sample.second <= last.second - seconds) ?? samples[0] ?? last;
  return {
    requests: last.requests - first.requests,
    failed: last.failed - first.failed,
    timed: last.timed - first.timed,
    slow: last.slow - first.slow,
  };
}

/** Adds what the counters grew by, resets handled as `rate()` does. */
function sampleOf(
  series: readonly CounterSeries[],
  previous: Map<string, number>,
  second: number,
  last: Sample | undefined,
): Sample {
  let { requests, failed, timed, slow } = last ?? { requests: 0, failed: 0, timed: 0, slow: 0 };
  for (const { id, kind, code, upperBoundMs, points } of series) {
    const value = points.at(-1)?.value ?? 0;
    const before = previous.get(id) ?? 0;
    const grown = value < before ? value : value - before;
    previous.set(id, value);
    if (kind === "status") requests += grown;
    if (kind === "status" && code === "500") failed += grown;
    if (kind === "latencyCount") timed += grown;
    if (kind === "latencyCount") slow += grown;
    if (kind === "latencyBucket" && upperBoundMs === 500) slow -= grown;
  }
  return { second, requests, failed, timed, slow };
}
