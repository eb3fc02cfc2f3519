import { atMost } from "../requirement.js";
import type { Requirement } from "../requirement.js";
import type { Comparison } from "./compare.js";
import { terms } from "./contender.js";
import { figureOf, outcomeOf } from "./median.js";
import type { Figure } from "./median.js";
import type { Scenario } from "./scenarios.js";

type Name = Scenario["name"];

/** What the two must show against each other, as far as the scenarios were run. */
export function requirementsOf(comparisons: readonly Comparison[]): readonly Requirement[] {
  const of = (name: Name, make: (found: Comparison) => readonly Requirement[]): readonly Requirement[] =>
    comparisons.filter(({ scenario }) => scenario.name === name).flatMap(make);
  return [
    ...of("fail-100", (found) => shares(found, 0.1)),
    ...of("fail-25", (found) => shares(found, 0.2)),
    ...of("healthy", healthy),
    ...of("blue-green-fail-25", unharmed),
    ...of("mirror-fail-100", unharmed),
    ...comparisons.map(wrongOnes),
  ];
}

function shares(found: Comparison, limit: number): readonly Requirement[] {
  const name = found.scenario.name;
  return [
    atMost(`${name}, seconds to weight 0, share of Flagger's`, ratio(found, "secondsToZero"), limit),
    atMost(`${name}, failed user requests, share of Flagger's`, ratio(found, "failedUserRequests"), limit),
  ];
}

function healthy(found: Comparison): readonly Requirement[] {
  const steps = terms.maxWeight / terms.stepWeight;
  const shortest = figureOf(found.ours, "secondsToZero")?.min;
  const missing = shortest === undefined ? undefined : Math.max(0, steps * terms.intervalSeconds - shortest);
  return [
    atMost("healthy, wall seconds, share of Flagger's", ratio(found, "wallSeconds"), 0.8),
    atMost("healthy, failed user requests", figureOf(found.ours, "failedUserRequests")?.max, 0),
    atMost(`healthy, seconds missing from ${steps} full intervals`, missing, 0),
  ];
}

/** It fails before any user is to come. */
function unharmed({ scenario, ours }: Comparison): readonly Requirement[] {
  return [atMost(`${scenario.name}, failed user requests`, figureOf(ours, "failedUserRequests")?.max, 0)];
}

function wrongOnes({ scenario, ours }: Comparison): Requirement {
  return atMost(`${scenario.name}, ours ended wrongly`, outcomeOf(ours).right ? 0 : 1, 0);
}

function ratio({ ours, flagger }: Comparison, figure: Figure): number | undefined {
  const own = figureOf(ours, figure)?.median;
  const other = figureOf(flagger, figure)?.median;
  return own === undefined || other === undefined || other === 0 ? undefined : own / other;
}
