import { binomial, uniformsOf } from "./random.js";
import type { Gateway } from "./gateway.js";
import type { Release } from "./scenarios.js";

export type Ending = "rolledBack" | "promoted" | "undecided";

/** How one release ended under one rule. */
export interface Outcome {
  readonly ending: Ending;
  readonly seconds: number;
  /** Canary requests that the rule had seen when it took the release back. */
  readonly requestsToVerdict: number | undefined;
  /** Canary requests served until its weight was 0. */
  readonly requestsServedToZero: number | undefined;
  readonly failedUserRequests: number;
}

/** From the patch of the route to the new split, as measured on the real gateway (median 92 ms). */
const weightChangeSeconds = 0.1;
const wrongPromotionSeconds = 300;

export function rolledBack(gateway: Gateway, seconds: number, requestsToVerdict: number): Outcome {
  gateway.serveFraction(weightChangeSeconds);
  const { canaryRequests, failed } = gateway.served;
  return {
    ending: "rolledBack",
    seconds,
    requestsToVerdict,
    requestsServedToZero: canaryRequests,
    failedUserRequests: failed,
  };
}

/** After a promotion everybody is served by the new revision: for five minutes its failures are counted. */
export function promoted(release: Release, gateway: Gateway, seconds: number): Outcome {
  const requests = Math.round(release.requestsPerSecond * wrongPromotionSeconds);
  const bad = release.canaryFailure > release.primaryFailure;
  const after = bad ? binomial(uniformsOf(release.seed, release.index, -3)(), requests, release.canaryFailure) : 0;
  return {
    ending: "promoted",
    seconds,
    requestsToVerdict: undefined,
    requestsServedToZero: undefined,
    failedUserRequests: gateway.served.failed + after,
  };
}

/** Neither promoted nor proved bad within the deadline: taken back as undecided. */
export function undecided(gateway: Gateway, seconds: number): Outcome {
  return {
    ending: "undecided",
    seconds,
    requestsToVerdict: undefined,
    requestsServedToZero: gateway.served.canaryRequests,
    failedUserRequests: gateway.served.failed,
  };
}
