import { binomial, uniformsOf } from "./random.js";
import type { Gateway } from "./gateway.js";
import { lastingFailure } from "./scenarios.js";
import type { Release } from "./scenarios.js";

export type Ending = "rolledBack" | "promoted" | "undecided";

/** How one release ended under one rule. */
export interface Outcome {
  readonly ending: Ending;
  readonly seconds: number;
  /** Canary requests that the rule had seen when it rolled the release back. */
  readonly requestsToVerdict: number | undefined;
  /** Canary requests served until its weight was 0. */
  readonly requestsServedToZero: number | undefined;
  readonly failedUserRequests: number;
  /** From the fault that the release has from some second on, to the verdict against it. */
  readonly secondsFromFault: number | undefined;
  /** Promoted, and proved to be bad before its primary was ready. */
  readonly caughtInPromotion: boolean;
}

/** From the patch of the route to the new split, as measured on the real gateway (median 92 ms). */
const weightChangeSeconds = 0.1;
const wrongPromotionSeconds = 300;

export function rolledBack(release: Release, gateway: Gateway, seconds: number, requestsToVerdict: number): Outcome {
  gateway.serveFraction(weightChangeSeconds);
  return {
    ending: "rolledBack",
    seconds,
    requestsToVerdict,
    requestsServedToZero: gateway.served.canaryRequests,
    failedUserRequests: failedFor(release, gateway),
    secondsFromFault: release.fault === undefined ? undefined : seconds - release.fault.fromSecond,
    caughtInPromotion: false,
  };
}

/** After a promotion everybody is served by the new revision: for five minutes its failures are counted. */
export function promoted(release: Release, gateway: Gateway, seconds: number): Outcome {
  const requests = Math.round(release.requestsPerSecond * wrongPromotionSeconds);
  const failure = lastingFailure(release) ?? 0;
  const after = binomial(uniformsOf(release.seed, release.index, -3)(), requests, failure);
  return {
    ending: "promoted",
    seconds,
    requestsToVerdict: undefined,
    requestsServedToZero: undefined,
    failedUserRequests: failedFor(release, gateway) + after,
    secondsFromFault: undefined,
    caughtInPromotion: false,
  };
}

/** Neither promoted nor proved bad within the deadline: rolled back as undecided. */
export function undecided(release: Release, gateway: Gateway, seconds: number): Outcome {
  return {
    ending: "undecided",
    seconds,
    requestsToVerdict: undefined,
    requestsServedToZero: gateway.served.canaryRequests,
    failedUserRequests: failedFor(release, gateway),
    secondsFromFault: undefined,
    caughtInPromotion: false,
  };
}

/** Where a fault comes late, what failed before it is not its work. */
function failedFor({ fault }: Release, { served }: Gateway): number {
  return fault === undefined ? served.failed : served.failedSinceFault;
}
