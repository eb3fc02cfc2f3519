import { uniformsOf } from "../../simulation/random.js";
import type { Case, RealOptions } from "./contract.js";
import { faultNamed, faults } from "./catalogue.js";
import type { Fault } from "./catalogue.js";

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

/** All cases of a run, in order: each fault at each of its points, then the random ones. */
export function planCases(options: RealOptions): readonly Case[] {
  const quick = faults.filter(({ long }) => long !== true);
  const exhaustive = (options.skipLong === true ? quick : faults).flatMap(casesOf);
  const all = [...exhaustive, ...randomCases(quick, options.random ?? 40, options.seed ?? 1)];
  const only = options.only ?? (options.short === true ? short : undefined);
  return all.filter(
    (each) =>
      (only === undefined || isAmong(only, each)) &&
      (options.strikes === undefined || faultNamed(each.fault).strikes === options.strikes),
  );
}

/** Whether the zero-downtime series is part of the run. */
export function wantsSeries({ only, series, strikes }: RealOptions): boolean {
  return strikes !== "everybody" && series !== 0 && (only === undefined || only.includes("series"));
}

function casesOf({ name, points }: Fault): readonly Case[] {
  return points.map((point) => ({ fault: name, moment: { kind: "point", point }, failing: point === "taking-back" }));
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

function isAmong(only: readonly string[], each: Case): boolean {
  if (each.moment.kind === "after" && only.includes("random")) return true;
  return only.includes(each.fault) || only.includes(`${each.fault}@${describeMoment(each)}`);
}

/** Point of the case, or its random time. */
export function describeMoment({ moment }: Case): string {
  return moment.kind === "point" ? moment.point : `random ${(moment.milliseconds / 1000).toFixed(1)}s`;
}
