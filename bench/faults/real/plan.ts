import { uniformsOf } from "../../simulation/random.js";
import { isStoryOf } from "../story-names.js";
import type { Case, RealOptions } from "./contract.js";
import { faultNamed, faults } from "./catalogue.js";
import type { Fault } from "./catalogue.js";
import type { Point } from "./points.js";
import { storyNameOf, strategyFaults, strategyNamed, strategyNames } from "./strategies.js";
import type { StrategyName } from "./strategies.js";

/** From the start of `pulumi up` to its end it takes about this long, milliseconds. */
const updateMs = 20_000;

/** The most dangerous ones: what a short run tries. */
const short: readonly string[] = [
  "ctrl-c-twice@first-step",
  "kill-engine-and-provider@waiting-promotion",
  "machine-frozen-then-resumed@first-step",
  "api-server-away-1s@promoting",
  "gateway-pod-restarted@first-step",
];

/** All cases of a run, in order: each fault at each of its points, then the strategies, then the random ones. */
export function planCases(options: RealOptions): readonly Case[] {
  const quick = faults.filter(({ long }) => long !== true);
  const exhaustive = (options.skipLong === true ? quick : faults).flatMap(casesOf);
  const ofStrategies = strategyNames.flatMap((name) => strategyCases(name, options.everyPoint === true));
  const all = [...exhaustive, ...ofStrategies, ...randomCases(quick, options.random ?? 40, options.seed ?? 1)];
  const { story: stories } = options;
  const only = options.only ?? (options.short === true ? short : undefined);
  return all.filter(
    (each) =>
      (only === undefined || isAmong(only, each, stories !== undefined)) &&
      (stories === undefined || isStoryOf(stories, storyOf(each))) &&
      (options.strikes === undefined || faultNamed(each.fault).strikes === options.strikes),
  );
}

/** Whether the zero-downtime series is part of the run. */
export function wantsSeries({ only, story, series, strikes }: RealOptions): boolean {
  const isMeant = only === undefined ? story === undefined : only.includes("series");
  return strikes !== "everybody" && series !== 0 && isMeant;
}

/** `ab-rollback`; of those by weights `promote` and `rollback`. */
export function storyOf({ strategy = "weights", failing }: Case): string {
  return storyNameOf(strategy, failing);
}

/** Names of all that is told here. */
export const realStories: readonly string[] = strategyNames.flatMap((name) =>
  [false, true].map((failing) => storyNameOf(name, failing)),
);

function casesOf({ name, points, failingPoints = [] }: Fault): readonly Case[] {
  const at = (point: Point, failing: boolean): Case => ({ fault: name, moment: { kind: "point", point }, failing });
  return [
    ...points.map((point) => at(point, point === "taking-back")),
    ...failingPoints.map((point) => at(point, true)),
  ];
}

function strategyCases(strategy: StrategyName, everyPoint: boolean): readonly Case[] {
  const { points, usual } = strategyNamed(strategy);
  const every = strategyFaults.flatMap((fault) =>
    (["healthy", "failing"] as const).flatMap((outcome) =>
      points[outcome].map((point) => [fault, point, outcome] as const),
    ),
  );
  return (everyPoint ? every : usual).map(([fault, point, outcome]) => ({
    ...{ fault, strategy, moment: { kind: "point", point }, failing: outcome === "failing" },
  }));
}

function randomCases(chosen: readonly Fault[], count: number, seed: number): readonly Case[] {
  const draw = uniformsOf(seed);
  return Array.from({ length: count }, () => {
    const fault = chosen[Math.floor(draw() * chosen.length)];
    const milliseconds = Math.floor(draw() * updateMs);
    const failing = draw() < 0.5;
    return { fault: fault?.name ?? "", moment: { kind: "after", milliseconds }, failing };
  });
}

/** Strategies are meant where they, or stories, are named. */
function isAmong(only: readonly string[], each: Case, storiesNamed: boolean): boolean {
  if (each.strategy !== undefined && only.includes("strategies")) return true;
  if (each.strategy !== undefined && !storiesNamed) return false;
  if (each.moment.kind === "after" && only.includes("random")) return true;
  return only.includes(each.fault) || only.includes(`${each.fault}@${describeMoment(each)}`);
}

/** Point of the case, or its random time. */
export function describeMoment({ moment }: Case): string {
  return moment.kind === "point" ? moment.point : `random ${(moment.milliseconds / 1000).toFixed(1)}s`;
}
