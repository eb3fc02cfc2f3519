import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { correctedQuery } from "../../release/analysis/index.js";
import { check, inOneLine } from "../../release/settings/index.js";
import type { AnalysisInput } from "../../release/settings/index.js";
import type { CanaryReleaseArgs } from "../canary-release/index.js";

/** Arguments for a `CanaryRelease`, and what was left out of them. */
export interface FromFlagger {
  readonly name: string;
  readonly args: Pick<CanaryReleaseArgs, "namespace" | "service" | "routeRef" | "analysis"> &
    Partial<Pick<CanaryReleaseArgs, "progressDeadline" | "skipAnalysis">>;
  /** One line for each thing of the Canary that has no meaning here or is taken with a doubt. */
  readonly warnings: readonly string[];
}

const metadata = z.looseObject({ name: z.string(), namespace: z.string().default("default") });
const loose = z.record(z.string(), z.unknown());

const flaggerMetric = z.looseObject({
  name: z.string(),
  templateRef: z.looseObject({ name: z.string(), namespace: z.string().optional() }).optional(),
  query: z.string().optional(),
});

const canary = z.looseObject({
  kind: z.literal("Canary"),
  metadata,
  spec: z.looseObject({
    targetRef: z.looseObject({ kind: z.string(), name: z.string() }),
    routeRef: z.looseObject({ kind: z.string(), name: z.string() }),
    progressDeadlineSeconds: z.number().optional(),
    skipAnalysis: z.boolean().optional(),
    service: z.looseObject({
      name: z.string().optional(),
      port: z.number(),
      targetPort: z.union([z.number(), z.string()]).optional(),
      portName: z.string().optional(),
    }),
    analysis: z.looseObject({ metrics: z.array(flaggerMetric).optional() }),
  }),
});

const metricTemplate = z.looseObject({
  kind: z.literal("MetricTemplate"),
  metadata,
  spec: z.looseObject({
    provider: z.looseObject({ type: z.string(), address: z.string().optional() }),
    query: z.string(),
  }),
});

type Template = z.output<typeof metricTemplate>;

/** Fields of `analysis` that mean the same here. */
const kept = [
  "interval",
  "threshold",
  "maxWeight",
  "stepWeight",
  "stepWeights",
  "stepWeightPromotion",
  "primaryReadyThreshold",
  "canaryReadyThreshold",
  "webhooks",
] as const;
/** Fields of `spec` that are taken care of. */
const known = new Set([
  "provider",
  "targetRef",
  "routeRef",
  "autoscalerRef",
  "progressDeadlineSeconds",
  "skipAnalysis",
  "service",
  "analysis",
]);

/**
 * Reads the YAML of a Flagger Canary, with the MetricTemplates it refers to in the same text.
 * Throws a one-line error where the Canary is missing or has not what it needs.
 */
export function fromFlagger(yaml: string): FromFlagger {
  const documents = parseAllDocuments(yaml).map(asPlainData);
  const source = only(documents.filter((each) => kindOf(each) === "Canary"));
  const parsed = check(canary, source);
  if (parsed.kind !== "valid")
    throw new Error(`Canary: ${parsed.kind === "invalid" ? inOneLine(parsed.problems) : "incomplete"}`);
  const templates = documents
    .filter((each) => kindOf(each) === "MetricTemplate")
    .map((each) => metricTemplate.parse(each));
  const { metadata: object, spec } = parsed.settings;
  const analysis = {
    ...pick(spec.analysis),
    metrics: (spec.analysis.metrics ?? []).map((each) => metricOf(each, templates)),
  };
  return {
    name: object.name,
    args: {
      namespace: object.namespace,
      service: serviceOf(spec.service),
      routeRef: { name: spec.routeRef.name },
      analysis: asAnalysis(analysis),
      ...(spec.progressDeadlineSeconds === undefined ? {} : { progressDeadline: `${spec.progressDeadlineSeconds}s` }),
      ...(spec.skipAnalysis === undefined ? {} : { skipAnalysis: spec.skipAnalysis }),
    },
    warnings: warningsOf(spec, templates),
  };
}

function asPlainData(document: { toJS(): unknown }): unknown {
  return document.toJS();
}

function only(canaries: readonly unknown[]): unknown {
  if (canaries.length !== 1) throw new Error(`needs one Canary, found ${canaries.length}`);
  return canaries[0];
}

function kindOf(document: unknown): unknown {
  return typeof document === "object" && document !== null ? Reflect.get(document, "kind") : undefined;
}

function pick(source: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const present = kept.filter((key) => source[key] !== undefined);
  return Object.fromEntries(present.map((key) => [key, source[key]]));
}

function serviceOf(service: z.output<typeof canary>["spec"]["service"]): CanaryReleaseArgs["service"] {
  const { name, port, targetPort, portName } = service;
  return {
    port,
    ...(name === undefined ? {} : { name }),
    ...(targetPort === undefined ? {} : { targetPort }),
    ...(portName === undefined ? {} : { portName }),
  };
}

function metricOf(metric: z.output<typeof flaggerMetric>, templates: readonly Template[]): Record<string, unknown> {
  const { templateRef, query, ...rest } = metric;
  if (templateRef === undefined)
    return { ...rest, ...(query === undefined ? {} : { template: { provider: { type: "prometheus" }, query } }) };
  const found = templates.find((each) => each.metadata.name === templateRef.name);
  if (found === undefined)
    throw new Error(
      `analysis.metrics: ${metric.name} refers to the MetricTemplate ${templateRef.name}, which is not in the text`,
    );
  return { ...rest, template: { provider: loose.parse(found.spec.provider), query: found.spec.query } };
}

/** The settings' own schema checks it again, with the property's path, when it is used. */
function asAnalysis(value: Record<string, unknown>): AnalysisInput {
  return value;
}

function warningsOf(spec: z.output<typeof canary>["spec"], templates: readonly Template[]): readonly string[] {
  const left = Object.keys(spec).filter((key) => !known.has(key));
  const keptAnalysis: ReadonlySet<string> = new Set<string>([...kept, "metrics"]);
  const leftAnalysis = Object.keys(spec.analysis).filter((key) => !keptAnalysis.has(key));
  return [
    ...left.map((key) => `spec.${key} has no meaning here and is left out`),
    ...leftAnalysis.map((key) => `spec.analysis.${key} is left out`),
    ...templates.flatMap(invertedWarning),
  ];
}

/** The article's own trap: it asks for the share that is not 404 and calls it the share that is. */
function invertedWarning({ metadata: { name }, spec }: Template): readonly string[] {
  const corrected = correctedQuery(spec.query, name);
  return corrected === undefined
    ? []
    : [`MetricTemplate ${name} is inverted: it measures the share that is not what its name says; write ${corrected}`];
}
