import { scenarios } from "../../../bench/side-by-side/scenarios.js";
import type { Scenario } from "../../../bench/side-by-side/scenarios.js";
import type { Run } from "../../../bench/side-by-side/run.js";

/** A run with what a test says of it. */
export function runOf(rest: Partial<Run> = {}): Run {
  return {
    outcome: "rolledBack",
    right: true,
    secondsToZero: 5,
    wallSeconds: 20,
    failedUserRequests: 3,
    slowUserRequests: 0,
    requestsLostAtScaleDown: 0,
    apiRequests: 400,
    prometheusQueries: 20,
    cpuSeconds: 1.5,
    peakMemoryMiB: 200,
    ...rest,
  };
}

export function scenarioOf(name: Scenario["name"]): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return found;
}
