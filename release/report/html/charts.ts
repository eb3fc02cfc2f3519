import { ticks } from "d3-array";
import { area, curveLinear, curveStepAfter, line } from "d3-shape";
import type { Report } from "../document.js";
import { clockText, sentenceOf, groupChecks, verdictOf } from "../summary.js";
import { timelineOf, windowSeconds } from "../timeline.js";
import type { TimelinePoint } from "../timeline.js";

/**
 * One chart as the page draws it: paths for an SVG of `extent` × `extent` units that is stretched to whatever room there
 * is, and labels at percents of it, which stay text of the page: so a chart can be read on a phone, and follows the
 * page's colours.
 */
export interface Chart {
  readonly title: string;
  /** Unit and window, in small. */
  readonly note: string;
  /** For those who don't see it. */
  readonly description: string;
  readonly lines: readonly { readonly name: Version | "weight"; readonly path: string }[];
  /** Below the line; "" for none. */
  readonly area: string;
  readonly marks: readonly Mark[];
  readonly limit: { readonly topPercent: number; readonly text: string; readonly below: boolean } | undefined;
  readonly yTicks: readonly { readonly topPercent: number; readonly text: string }[];
  /** `spare` ones are left out where there is little room. */
  readonly xTicks: readonly { readonly leftPercent: number; readonly text: string; readonly spare: boolean }[];
}

/** A stretch of checks with one answer, in the colour of its verdict. */
interface Mark {
  readonly kind: string;
  readonly path: string;
  readonly text: string;
}

type Version = "canary" | "primary";

/** The last tick above all values. */
const roundTops = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 80];
type Point = readonly [seconds: number, value: number | undefined];

/** Side of a chart in its own units. */
export const extent = 1000;
const mostTicks = 9;
const tickSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** Weight, success rate and latency over the run. */
export function chartsOf(report: Report): readonly Chart[] {
  const frame = new Frame(report);
  const points = timelineOf(report);
  const seconds = windowSeconds(report);
  return [
    weightChart(frame, report),
    versionsChart(frame, points, {
      title: `Success rate, last ${seconds}s`,
      note: "%",
      valueOf: ({ successPercent }) => successPercent,
      limit: limitOf(report, "request-success-rate", "min"),
      rangeOf: (values, limit) => [Math.max(0, Math.floor(Math.min(...values, limit ?? 100) - 0.5)), 100],
      unit: "%",
    }),
    versionsChart(frame, points, {
      title: `Latency, 99th percentile, last ${seconds}s`,
      note: "ms",
      valueOf: ({ p99Ms }) => p99Ms,
      limit: limitOf(report, "request-duration", "max"),
      rangeOf: (values, limit) => [0, 1.08 * Math.max(1, ...values, limit ?? 0)],
      unit: "ms",
    }),
  ];
}

/** The time axis that all charts of a report share. */
class Frame {
  private readonly startMs: number;
  private readonly endSeconds: number;

  constructor(report: Report) {
    this.startMs = Date.parse(report.startedAt);
    this.endSeconds = Math.max(1, Math.ceil((Date.parse(report.endedAt) - this.startMs) / 1000));
  }

  secondsAt(atMs: number): number {
    return Math.max(0, atMs - this.startMs) / 1000;
  }

  x(seconds: number): number {
    return (extent * seconds) / this.endSeconds;
  }

  get ticks(): Chart["xTicks"] {
    const step = tickSteps.find((each) => this.endSeconds / each < mostTicks) ?? this.endSeconds;
    const count = Math.floor(this.endSeconds / step) + 1;
    return Array.from({ length: count }, (_, index) => ({
      leftPercent: percentOf(this.x(index * step)),
      text: clockText(index * step),
      spare: index % 2 === 1 && count > 5,
    }));
  }
}

/** The values of a chart from bottom to top. */
class Scale {
  constructor(
    private readonly min: number,
    private readonly max: number,
  ) {}

  y(value: number): number {
    return extent * (1 - (value - this.min) / (this.max - this.min));
  }

  topPercent(value: number): number {
    return percentOf(this.y(value));
  }

  ticks(unit: string): Chart["yTicks"] {
    return ticks(this.min, this.max, 4).map((value) => ({
      topPercent: this.topPercent(value),
      text: `${value.toLocaleString("en")} ${unit}`,
    }));
  }
}

/** The weight over time, on it each stretch of checks in the colour of their verdict. */
function weightChart(frame: Frame, report: Report): Chart {
  const points = weightsOf(report).map(({ atMs, weight }): Point => [frame.secondsAt(atMs), weight]);
  const highest = Math.max(0, ...points.map(([, weight]) => weight ?? 0));
  const scale = new Scale(0, roundTops.find((top) => top >= 1.1 * highest) ?? 100);
  const shape = area<Point>(
    ([seconds]) => frame.x(seconds),
    extent,
    ([, weight]) => scale.y(weight ?? 0),
  );
  return {
    title: "Weight of the canary",
    note: "%, and what each check said",
    description: `The canary's weight over time, at most ${highest}%`,
    lines: [{ name: "weight", path: lineOf(frame, scale, points, true) }],
    area: shape.curve(curveStepAfter).digits(1)(points) ?? "",
    marks: groupChecks(report.ticks).map((stage) => {
      const [from, to] = [stage.first, stage.last].map(({ nowMs }) => frame.x(frame.secondsAt(nowMs)));
      const checks = stage.checks === 1 ? "" : ` (${stage.checks} checks)`;
      return {
        kind: stage.first.decision.verdict,
        path: `M${rounded(from)},${rounded(scale.y(stage.first.canaryWeight))}H${rounded(to)}`,
        text: `${clockText(Math.round(frame.secondsAt(stage.first.nowMs)))} ${verdictOf(stage.first.decision)}${checks}: ${sentenceOf(stage.last)}`,
      };
    }),
    limit: undefined,
    yTicks: scale.ticks("%"),
    xTicks: frame.ticks,
  };
}

interface Measure {
  readonly title: string;
  readonly note: string;
  readonly valueOf: (figures: TimelinePoint["canary"]) => number | undefined;
  readonly limit: number | undefined;
  /** Ends of the axis, for the values that there are. */
  readonly rangeOf: (values: readonly number[], limit: number | undefined) => readonly [number, number];
  readonly unit: string;
}

function versionsChart(frame: Frame, points: readonly TimelinePoint[], measure: Measure): Chart {
  const { title, note, valueOf, limit, rangeOf, unit } = measure;
  const series = (["primary", "canary"] as const).map((name) => ({
    name,
    points: points.map((point): Point => [frame.secondsAt(point.atMs), valueOf(point[name])]),
  }));
  const valuesOf = (list: readonly Point[]): readonly number[] => list.flatMap(([, value]) => value ?? []);
  const scale = new Scale(
    ...rangeOf(
      series.flatMap((each) => valuesOf(each.points)),
      limit,
    ),
  );
  const told = series.map((each) => `${each.name} ${rangeText(valuesOf(each.points), unit)}`);
  return {
    title,
    note,
    description: `${title}, over time: ${told.join(", ")}${limit === undefined ? "" : `, limit ${limit}${unit}`}`,
    lines: series.map((each) => ({ name: each.name, path: lineOf(frame, scale, each.points, false) })),
    area: "",
    marks: [],
    limit:
      limit === undefined
        ? undefined
        : { topPercent: scale.topPercent(limit), text: `limit ${limit}${unit}`, below: scale.topPercent(limit) < 15 },
    yTicks: scale.ticks(unit),
    xTicks: frame.ticks,
  };
}

function rangeText(values: readonly number[], unit: string): string {
  if (values.length === 0) return "without requests";
  return `${round2(Math.min(...values))}${unit} to ${round2(Math.max(...values))}${unit}`;
}

/** A gap where there is no figure. */
function lineOf(frame: Frame, scale: Scale, points: readonly Point[], steps: boolean): string {
  const shape = line<Point>(
    ([seconds]) => frame.x(seconds),
    ([, value]) => scale.y(value ?? 0),
  );
  const drawn = shape.defined(([, value]) => value !== undefined).curve(steps ? curveStepAfter : curveLinear);
  return drawn.digits(1)(points) ?? "";
}

/** Each moment at which the weight is known: its changes, what was said, and the end. */
function weightsOf(report: Report): readonly { readonly atMs: number; readonly weight: number }[] {
  const known = [
    ...report.announcements.map(({ at, canaryWeight }) => ({ atMs: Date.parse(at), weight: canaryWeight })),
    ...report.ticks.flatMap(({ nowMs, canaryWeight, surroundings }) => [
      { atMs: surroundings.weightSinceMs, weight: canaryWeight },
      { atMs: nowMs, weight: canaryWeight },
    ]),
  ].toSorted((a, b) => a.atMs - b.atMs);
  return [...known, { atMs: Date.parse(report.endedAt), weight: known.at(-1)?.weight ?? 0 }];
}

function limitOf(report: Report, metric: string, side: "min" | "max"): number | undefined {
  const analysis = report.settings["analysis"];
  if (typeof analysis !== "object" || analysis === null) return undefined;
  const metrics: unknown = Reflect.get(analysis, "metrics");
  const found: unknown = Array.isArray(metrics) ? metrics.find((each) => nameOf(each) === metric) : undefined;
  const range: unknown = typeof found === "object" && found !== null ? Reflect.get(found, "thresholdRange") : undefined;
  const limit: unknown = typeof range === "object" && range !== null ? Reflect.get(range, side) : undefined;
  return typeof limit === "number" ? limit : undefined;
}

function nameOf(metric: unknown): unknown {
  return typeof metric === "object" && metric !== null ? Reflect.get(metric, "name") : undefined;
}

function percentOf(units: number): number {
  return round2((100 * units) / extent);
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

function rounded(units: number | undefined): number {
  return Math.round((units ?? 0) * 10) / 10;
}
