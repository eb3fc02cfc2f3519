import { z } from "zod";
import type { CounterPoint, CounterSeries, CustomOutcome } from "../../analysis/contract.js";
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

/** Raw samples as series of the analysis; series of other names are left out. */
export function seriesOf(data: Data, prefix: string): readonly CounterSeries[] | undefined {
  if (data.resultType !== "matrix") return undefined;
  return data.result.flatMap(({ metric, values }) => {
    const kind = kindOf(metric["__name__"] ?? "", prefix);
    return kind === undefined ? [] : [toSeries(kind, metric, values)];
  });
}

function toSeries(
  kind: CounterSeries["kind"],
  metric: Readonly<Record<string, string>>,
  values: readonly z.output<typeof sample>[],
): CounterSeries {
  return {
    id: idOf(metric),
    instance: metric["instance"] ?? "",
    kind,
    node: metric["node"] ?? "",
    code: kind === "status" ? (metric["code"] ?? "") : "",
    upstreamStatus: metric["upstream_status"],
    upstreamAddress: metric["upstream_addr"],
    upperBoundMs: kind === "latencyBucket" ? numberOf(metric["le"] ?? "") : undefined,
    points: values.flatMap(pointOf),
  };
}

function kindOf(name: string, prefix: string): CounterSeries["kind"] | undefined {
  if (name === `${prefix}http_status`) return "status";
  if (name === `${prefix}http_latency_bucket`) return "latencyBucket";
  return name === `${prefix}http_latency_count` ? "latencyCount" : undefined;
}

function idOf(metric: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1)));
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

/** NaN is what a division by zero requests gives: nothing was measured. */
function valueOf(text: string): CustomOutcome {
  const value = numberOf(text);
  if (Number.isNaN(value)) return { kind: "noData" };
  if (!Number.isFinite(value)) return { kind: "error", message: `the query answers with ${quote(text, 20)}` };
  return { kind: "value", value };
}

function numberOf(text: string): number {
  if (text === "+Inf" || text === "Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : NaN;
}
