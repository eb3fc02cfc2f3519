import { z } from "zod";
import type { CounterPoint, CustomOutcome } from "../../analysis/contract.js";
import { quote } from "../http/index.js";

const labels = z.record(z.string(), z.string());
const sample = z.tuple([z.number(), z.string()]);

const answer = z.discriminatedUnion("status", [
  z.object({ status: z.literal("error"), error: z.string().default("no reason given") }),
  z.object({
    status: z.literal("success"),
    data: z.discriminatedUnion("resultType", [
      z.object({
        resultType: z.literal("matrix"),
        result: z.array(z.object({ metric: labels, values: z.array(sample).default([]) })),
      }),
      z.object({
        resultType: z.literal("vector"),
        result: z.array(z.object({ metric: labels, value: sample.optional() })),
      }),
      z.object({ resultType: z.literal("scalar"), result: sample }),
      z.object({ resultType: z.literal("string"), result: sample }),
    ]),
  }),
]);

type Data = Extract<z.output<typeof answer>, { status: "success" }>["data"];

export type Parsed =
  { readonly kind: "data"; readonly data: Data } | { readonly kind: "error"; readonly message: string };

/** Reads an answer of Prometheus' query API; whatever it is, the result is data or one line. */
export function parseAnswer(body: string): Parsed {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { kind: "error", message: "its answer is not JSON" };
  }
  const parsed = answer.safeParse(json);
  if (!parsed.success) return { kind: "error", message: "its answer is not one of a query API" };
  if (parsed.data.status === "error") return { kind: "error", message: quote(parsed.data.error, 200) };
  return { kind: "data", data: parsed.data.data };
}

/** A series of raw samples: its labels, and its samples as far as they are numbers. */
export interface RawSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly CounterPoint[];
}

/** Raw samples of a range; undefined where the answer holds none. Samples that go back in time are left out. */
export function rawSeriesOf(data: Data): readonly RawSeries[] | undefined {
  if (data.resultType !== "matrix") return undefined;
  return data.result.map(({ metric, values }) => ({ labels: metric, points: inOrder(values.flatMap(pointOf)) }));
}

function inOrder(points: readonly CounterPoint[]): readonly CounterPoint[] {
  let last = -Infinity;
  return points.filter(({ timeMs }) => {
    const later = timeMs > last;
    if (later) last = timeMs;
    return later;
  });
}

/** The values of one label in an answer of the form `count by (label) (…)`; undefined where it is of another. */
export function labelValues(data: Data, label: string): readonly string[] | undefined {
  return data.resultType === "vector" ? data.result.map(({ metric }) => metric[label] ?? "") : undefined;
}

/** A counter is a finite number from 0: anything else (NaN, a stale marker) is no sample. */
function pointOf([seconds, text]: z.output<typeof sample>): readonly CounterPoint[] {
  const value = numberOf(text);
  return Number.isFinite(value) && value >= 0 ? [{ timeMs: Math.round(seconds * 1000), value }] : [];
}

/** The one number that a custom query answers with. */
export function singleValue(data: Data): CustomOutcome {
  switch (data.resultType) {
    case "scalar":
      return valueOf(data.result[1]);
    case "vector":
      return oneOf(data.result);
    case "matrix":
      return { kind: "error", message: "the query answers with a range of samples, not with one number" };
    case "string":
      return { kind: "error", message: "the query answers with a text, not with a number" };
  }
}

function oneOf(result: Extract<Data, { resultType: "vector" }>["result"]): CustomOutcome {
  const [first, ...others] = result;
  if (first === undefined) return { kind: "noData" };
  if (others.length > 0) return { kind: "error", message: tooMany(result.map(({ metric }) => metric)) };
  if (first.value === undefined) return { kind: "error", message: "the query answers with a histogram" };
  return valueOf(first.value[1]);
}

type Labels = Readonly<Record<string, string>>;

/** Names the series by what tells them apart. */
function tooMany(series: readonly Labels[]): string {
  const differs = (name: string): boolean => new Set(series.map((labels) => labels[name])).size > 1;
  const text = (labels: Labels): string =>
    Object.entries(labels)
      .filter(([name]) => differs(name))
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(",");
  const named = series.slice(0, 3).map((labels) => `{${text(labels)}}`);
  const all = quote([...named, ...(series.length > 3 ? ["…"] : [])].join(", "), 200);
  return `the query answers with ${series.length} series, not with one: ${all}`;
}

/** NaN is what a division by zero requests gives: the series are there, and nothing happened. */
function valueOf(text: string): CustomOutcome {
  const value = numberOf(text);
  if (text === "NaN") return { kind: "noTraffic" };
  if (Number.isNaN(value)) return { kind: "noData" };
  if (!Number.isFinite(value)) return { kind: "error", message: `the query answers with ${quote(text, 20)}` };
  return { kind: "value", value };
}

export function numberOf(text: string): number {
  if (text === "+Inf" || text === "Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : NaN;
}
