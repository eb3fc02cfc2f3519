import { z } from "zod";
import type { Assessment, CheckReport } from "../analysis/contract.js";
import { commands, phases } from "../model/index.js";
import { inOneLine } from "../settings/index.js";
import { populations, ruleKinds } from "../strategy/index.js";
import { number, numbers, writeNumber } from "./numbers.js";

/** Format of the document; a reader refuses what it doesn't know. */
export const reportVersion = 1;

/** A time series of the gateway with all its samples that any check saw, each once, in the order they came. */
const series = z.object({
  id: z.string(),
  instance: z.string(),
  source: z.string().exactOptional(),
  kind: z.enum(["status", "latencyBucket", "latencyCount", "metricErrors", "counted"]),
  node: z.string(),
  code: z.string(),
  upstreamStatus: z.string().exactOptional(),
  upstreamAddress: z.string().exactOptional(),
  upperBoundMs: number.exactOptional(),
  methodClass: z.string().exactOptional(),
  responseSource: z.string().exactOptional(),
  histogram: z.string().exactOptional(),
  rule: z.enum(ruleKinds).exactOptional(),
  counted: z
    .object({
      metric: z.string(),
      role: z.enum(["numerator", "denominator"]),
      version: z.enum(["subject", "baseline"]),
    })
    .exactOptional(),
  timesMs: numbers,
  values: numbers,
});

const outcome = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("value"), value: number }),
  z.object({ kind: z.literal("noData") }),
  z.object({ kind: z.literal("noTraffic") }),
  z.object({ kind: z.literal("counters") }),
  z.object({ kind: z.literal("error"), message: z.string() }),
]);

const count = z.int().min(0);

/** A reading names the samples it held: `windows` is (first sample, how many) for each series of the list. */
const reading = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("reading"),
    list: count,
    windows: z.array(count),
    custom: z.array(z.object({ metric: z.string(), outcome })),
  }),
  z.object({ kind: z.literal("error"), message: z.string(), answered: z.literal(true).exactOptional() }),
]);

const split = z.object({
  base: z.number(),
  matched: z.union([z.literal(0), z.literal(100)]).exactOptional(),
  preview: z.union([z.literal(0), z.literal(100)]).exactOptional(),
  mirrorPercent: z.number().exactOptional(),
  bucketsPercent: z.number().exactOptional(),
});

const surroundings = z.object({
  subjectNodes: z.array(z.string()),
  baselineNodes: z.array(z.string()),
  comparedNodes: z.array(z.string()).exactOptional(),
  subjectReady: number,
  baselineReady: number,
  weightPercent: number.exactOptional(),
  weightSinceMs: number,
  split: split.exactOptional(),
  judged: z.enum(populations).exactOptional(),
});

const checkReport = z.object({
  metric: z.string(),
  verdict: z.enum(["pass", "fail", "failNow", "breached", "inconclusive", "noData", "error"]),
  value: number.exactOptional(),
  limit: number.exactOptional(),
  unit: z.enum(["%", "ms", ""]),
  requests: number,
  confidence: number,
  dryRun: z.boolean(),
  sentence: z.string(),
});

/** What was decided at one check. */
const decision = z.object({
  verdict: z.enum(["pass", "hold", "failedCheck", "failNow", "giveUp"]),
  /** Why it holds. */
  reason: z.enum(["breached", "inconclusive", "noData", "error", "split", "waiting"]).exactOptional(),
  sentence: z.string().exactOptional(),
  checks: z.array(checkReport),
  split: z.object({ observedSharePercent: number.exactOptional(), subjectRequests: number, totalRequests: number }),
});

const tick = z.object({
  /** Index of the analysis it belongs to. */
  analysis: count,
  nowMs: number,
  /** Share asked of the gateway for the canary, percent. */
  canaryWeight: number,
  intervalEnds: z.boolean(),
  finalStep: z.boolean().exactOptional(),
  surroundings,
  reading,
  decision,
});

const announcement = z.object({
  at: z.string(),
  level: z.enum(["info", "warning", "error"]),
  message: z.string(),
  phase: z.enum(phases),
  canaryWeight: z.number(),
});

/** What somebody asked of the run, by an annotation: when it was first seen, and from when on it was gone again. */
const command = z.object({
  at: z.string(),
  command: z.enum(commands),
  /** Who and why, in their own words. */
  text: z.string(),
  until: z.string().exactOptional(),
});

/**
 * The report of one run of a release. Everything that was decided can be decided again from it; it holds no secret,
 * URL or header.
 */
export const report = z.object({
  version: z.literal(reportVersion, {
    error: `is of a version that this program can't read (it reads ${reportVersion})`,
  }),
  release: z.string(),
  namespace: z.string(),
  revision: z.string(),
  /** Settings of the release without its secrets; what had to be taken out says so. */
  settings: z.record(z.string(), z.unknown()),
  /** ISO times. */
  startedAt: z.string(),
  endedAt: z.string(),
  /** Who ran the update, where. */
  startedBy: z.string().exactOptional(),
  /** Images of the revision's containers, as they were found in the canary's template. */
  images: z.array(z.string()).exactOptional(),
  /** `running`: the run goes on, or has died since `endedAt`. */
  outcome: z.enum(["running", "passed", "skipped", "promoted", "failed", "promotionFailed"]),
  reason: z.string(),
  /** So many of the oldest ticks are left out, since the report had grown too large; 0 mostly. */
  ticksLeftOut: count,
  announcements: z.array(announcement),
  commands: z.array(command).exactOptional(),
  analyses: z.array(
    z.object({
      subject: z.enum(["canary", "primary"]),
      startedAtMs: number,
      /** Which of the release's analyses it is; 0 where there is only one. */
      part: count.exactOptional(),
      /** What that is called, where it isn't that of the steps. */
      name: z.string().exactOptional(),
    }),
  ),
  series: z.array(series),
  /** Lists of indexes into `series`: which ones a reading held, in its order. */
  lists: z.array(z.array(count)),
  ticks: z.array(tick),
});

/** A report as it is written to JSON. */
export type WrittenReport = z.input<typeof report>;
export type WrittenTick = WrittenReport["ticks"][number];
export type WrittenDecision = WrittenTick["decision"];
export type WrittenSeries = WrittenReport["series"][number];
/** A report as it was read. */
export type Report = z.output<typeof report>;
export type Tick = Report["ticks"][number];
export type Decision = Tick["decision"];

/** The same, as it is written: for another report to go on with it. */
export const writtenReport = z.custom<WrittenReport>((value) => report.safeParse(value).success);

/** What people call the revision: its image, or at least its tag; undefined where neither was seen. */
export function imageOf({ images, settings }: Pick<Report, "images" | "settings">): string | undefined {
  if (images !== undefined && images.length > 0) return images.join(", ");
  const named: readonly unknown[] = [settings["image"], settings["tag"]];
  return named.find((each): each is string => typeof each === "string" && each !== "");
}

/** @throws Error of one line where the text is no report of a known version. */
export function readReport(text: string): Report {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("is not a report: not JSON");
  }
  const parsed = report.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 1).map((issue) => ({
    path: issue.path.map(String).join("."),
    message: issue.message.replace(/\s+/g, " "),
  }));
  throw new Error(`is not a report: ${inOneLine(problems)}`);
}

/** An assessment as the report writes it. */
export function writeDecision(assessment: Assessment): WrittenDecision {
  const { verdict, checks, observedSharePercent, subjectRequests, totalRequests } = assessment;
  return {
    verdict: verdict.kind,
    ...(verdict.kind === "hold" ? { reason: verdict.reason } : {}),
    ...(verdict.kind === "pass" ? {} : { sentence: verdict.sentence }),
    checks: checks.map(writeCheck),
    split: {
      ...(observedSharePercent === undefined ? {} : { observedSharePercent: writeNumber(observedSharePercent) }),
      subjectRequests: writeNumber(subjectRequests),
      totalRequests: writeNumber(totalRequests),
    },
  };
}

function writeCheck({ value, limit, ...check }: CheckReport): WrittenDecision["checks"][number] {
  return {
    metric: check.metric,
    verdict: check.verdict,
    ...(value === undefined ? {} : { value: writeNumber(value) }),
    ...(limit === undefined ? {} : { limit: writeNumber(limit) }),
    unit: check.unit,
    requests: writeNumber(check.requests),
    confidence: writeNumber(check.confidence),
    dryRun: check.dryRun,
    sentence: check.sentence,
  };
}
