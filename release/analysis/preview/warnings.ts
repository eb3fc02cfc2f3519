import { isPause, metricListsOf, pathText } from "../../settings/index.js";
import type { AnalysisSettings, MetricSettings } from "../../settings/index.js";
import { hypothesesOf, isCustom } from "../checks/hypotheses.js";
import type { CustomMetric, Event } from "../checks/hypotheses.js";
import { correctedQuery } from "./inverted-query.js";
import { limitWarning, usualBoundsMs } from "../checks/latency.js";
import {
  cleanRequestsToProve,
  isJudgedByRequests,
  plannedRequests,
  requestsOfFirstStep,
  visibleShare,
} from "./sight.js";

/** What is known about a release before it runs. */
export interface Circumstances {
  /** Requests per second of both versions together, where it is known: then it is said what a run can see. */
  readonly requestsPerSecond?: number;
  /** How often the gateway is scraped, seconds. Default 2. */
  readonly scrapeIntervalSeconds?: number;
  /** Bounds of the gateway's latency histogram, ms. Default: those of the gateway's plugin. */
  readonly boundsMs?: readonly number[];
}

const defaultScrapeSeconds = 2;

/**
 * What is valid but may not do what its author thinks: for preview, one line each, beginning with the property's path.
 * Pure; nothing in it changes a decision.
 */
export function warningsOf(settings: AnalysisSettings, circumstances: Circumstances = {}): readonly string[] {
  const lists = [[["metrics"], settings.metrics] as const, ...metricListsOf(settings)];
  const metrics = lists.flatMap(([at, own]) =>
    own.flatMap((metric, index) =>
      metricWarnings(settings, metric, circumstances.boundsMs ?? usualBoundsMs).map(
        ([property, text]) => `${pathText(["analysis", ...at, index])}${property}: ${text}`,
      ),
    ),
  );
  return [
    ...metrics,
    ...cycleWarnings(settings),
    ...clockWarnings(settings, circumstances),
    ...sightWarnings(settings, circumstances),
  ];
}

/** Below it a step may see nobody for a while. */
const finePercent = 1;

/**
 * The gateway's workers pick in a cycle each, the light side late in it: a weight is first kept after a whole cycle. Buckets
 * of cookies know no cycle.
 */
function cycleWarnings({ sessionAffinity, steps = [] }: AnalysisSettings): readonly string[] {
  if (sessionAffinity !== undefined) return [];
  return steps.flatMap((step, index) => {
    const weight = isPause(step) ? undefined : step.weight;
    if (weight === undefined || weight <= 0 || weight >= finePercent) return [];
    const cycle = Math.ceil(100 / weight);
    return [
      `analysis.steps[${index}].weight: at ${weight}% the canary's first request comes after up to ${cycle} requests to each worker of the gateway: until then the step has nothing to judge`,
    ];
  });
}

type Warning = readonly [property: string, text: string];

function metricWarnings(
  settings: AnalysisSettings,
  metric: MetricSettings,
  boundsMs: readonly number[],
): readonly Warning[] {
  const found: Warning[] = [];
  if (metric.dryRun && metric.critical) found.push([".critical", "has no effect in a dry run"]);
  if (isCustom(metric)) return [...found, ...customWarnings(settings, metric)];
  const { min, max } = metric.thresholdRange ?? {};
  if (metric.name === "request-success-rate") {
    if (min === 100)
      found.push([".thresholdRange.min", "100 leaves no room: one failed request rolls the revision back"]);
    if (max !== undefined && max < 100)
      found.push([".thresholdRange.max", `a success rate above ${max}% rolls the revision back; a lower limit is min`]);
    return found;
  }
  for (const [property, limitMs] of [["min", min] as const, ["max", max] as const]) {
    const text = limitMs === undefined ? undefined : limitWarning(property, limitMs, boundsMs);
    if (text !== undefined) found.push([`.thresholdRange.${property}`, text]);
  }
  return found;
}

function customWarnings({ threshold }: AnalysisSettings, metric: CustomMetric): readonly Warning[] {
  const found: Warning[] = [];
  const { provider, query } = metric.template;
  const corrected =
    provider.type === "prometheus" && metric.thresholdRange?.max !== undefined
      ? correctedQuery(query, metric.name)
      : undefined;
  if (corrected !== undefined)
    found.push([
      ".template.query",
      `is inverted: its numerator leaves client errors out, so it measures the share that is not one, and max ${metric.thresholdRange?.max} rolls back every good release; meant is: ${corrected}`,
    ]);
  if (!metric.dryRun && (threshold === 1 || metric.critical))
    found.push([
      "",
      `one value beyond its limit rolls the revision back (${metric.critical ? "critical" : "analysis.threshold is 1"}): there are no requests behind ${metric.name} to weigh`,
    ]);
  return found;
}

function clockWarnings(settings: AnalysisSettings, circumstances: Circumstances): readonly string[] {
  const scrapeSeconds = circumstances.scrapeIntervalSeconds ?? defaultScrapeSeconds;
  const found: string[] = [];
  if (settings.interval < 2 * scrapeSeconds)
    found.push(
      `analysis.interval: ${settings.interval}s is shorter than two scrapes of the gateway (${scrapeSeconds}s each): a step may see no request and wait`,
    );
  if (settings.checkInterval !== undefined && settings.checkInterval < scrapeSeconds / 2)
    found.push(
      `analysis.checkInterval: ${settings.checkInterval}s looks more often than there is news, every ${scrapeSeconds}s`,
    );
  return found;
}

function sightWarnings(settings: AnalysisSettings, { requestsPerSecond }: Circumstances): readonly string[] {
  if (requestsPerSecond === undefined) return [];
  const traffic = `at ${rounded(requestsPerSecond)} requests/s`;
  const found: string[] = [];
  const first = requestsOfFirstStep(settings, requestsPerSecond);
  if (first < settings.minRequests)
    found.push(
      `analysis.minRequests: ${traffic} the first step's interval gives the canary some ${rounded(first)} requests, fewer than ${settings.minRequests}: it lasts longer`,
    );
  const requests = plannedRequests(settings, requestsPerSecond);
  settings.metrics.forEach((metric, index) => {
    if (!isJudgedByRequests(metric)) return;
    for (const { event, limit } of hypothesesOf(metric))
      found.push(`analysis.metrics[${index}]: ${traffic} ${sightText(settings, event, limit, requests)}`);
  });
  return [...found, ...proofWarnings(settings, requests, traffic)];
}

function sightText(settings: AnalysisSettings, event: Event, limit: number, requests: number): string {
  const visible = visibleShare(settings, limit, requests);
  const run = `a run gives its canary some ${requests} requests`;
  const allowed = `(allowed are ${percentText(limit)}%)`;
  return visible === undefined
    ? `${run}, too few to prove anything against it ${allowed}`
    : `${run}: 19 of 20 runs end against the revision when ${percentText(visible)}% or more ${eventText(event)} ${allowed}`;
}

function proofWarnings(settings: AnalysisSettings, requests: number, traffic: string): readonly string[] {
  const { promoteWithConfidence } = settings;
  if (promoteWithConfidence === false) return [];
  const needed = Math.max(
    0,
    ...settings.metrics
      .filter(isJudgedByRequests)
      .flatMap((metric) => hypothesesOf(metric).map(({ limit }) => cleanRequestsToProve(limit, promoteWithConfidence))),
  );
  if (needed <= requests) return [];
  return [
    `analysis.promoteWithConfidence: ${traffic} a run gives the canary some ${requests} requests, the proof takes ${needed} without a fault: the last step lasts longer`,
  ];
}

function eventText(event: Event): string {
  switch (event.kind) {
    case "failed":
      return "fail";
    case "succeeded":
      return "succeed";
    case "slowerThan":
      return `take longer than ${event.limitMs} ms`;
    case "within":
      return `take at most ${event.limitMs} ms`;
    case "counted":
      return "are counted";
    case "notCounted":
      return "are not counted";
  }
}

function percentText(share: number): string {
  return String(Number((100 * share).toPrecision(3)));
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(2)));
}
