import { correctedQuery } from "../../release/analysis/index.js";
import { wordOf } from "./documents.js";
import { Shape } from "./draft.js";
import type { Draft } from "./draft.js";
import { textOf } from "./library.js";
import type { Library } from "./library.js";
import type { Leaf, Reader } from "./reader.js";

/** What the metrics of a Canary may refer to. */
export interface MetricContext {
  readonly library: Library;
  readonly namespace: string | undefined;
  /** What queries name, as Flagger fills it in where ours would be something else. */
  readonly fillIns: Readonly<Record<string, string | undefined>>;
}

type Variables = Leaf<Readonly<Record<string, string>>>;

const successRate = "request-success-rate";
const builtIn: readonly string[] = [successRate, "request-duration"];
/** Names that our own templates know; `variables.x` beside them. */
const known = ["name", "namespace", "target", "service", "route", "ingress", "interval", "canaryNodes", "primaryNodes"];

/**
 * Flagger judges the canary by itself: errors that both versions give their users are held against it too. Ours would
 * compare; who moves over gets what he had, and drops `compare: false` when he wants more.
 */
const alone = { compare: false } as const;

/** What Flagger's defaults are, where a Canary names none. */
const defaults = [
  { name: successRate, thresholdRange: { min: 99 }, ...alone },
  { name: "request-duration", thresholdRange: { max: 500 }, ...alone },
] as const;

/** The checks of the analysis. */
export function metricsOf(analysis: Reader, context: MetricContext): Draft {
  const metrics = analysis.items("metrics");
  if (metrics.length > 0) return metrics.map((each) => metricOf(each, context));
  analysis.doubt("names no metrics: the defaults hold, a success rate of at least 99% and a P99 of at most 500 ms");
  return defaults;
}

function metricOf(metric: Reader, context: MetricContext): Draft {
  const name = metric.needText("name");
  const variables = metric.textMap("templateVariables");
  const template = templateOf(metric, name, variables, context);
  const isBuiltIn = name !== undefined && builtIn.includes(name.value) && template === undefined;
  if (name !== undefined && builtIn.includes(name.value) && template !== undefined)
    metric.doubt("is judged by its template alone: Flagger runs the built-in check of that name too");
  if (isBuiltIn) metric.at("templateVariables")?.leaveOut("is left out: the built-in metric has no variables");
  return new Shape(metric, {
    name,
    interval: metric.text("interval"),
    thresholdRange: rangeOf(metric, isBuiltIn && name.value === successRate),
    ...(isBuiltIn ? alone : {}),
    template,
    templateVariables: template === undefined ? undefined : variables,
  });
}

/** The old `threshold` is the least success rate, and the most of anything else. */
function rangeOf(metric: Reader, isSuccessRate: boolean): Draft {
  const range = metric.at("thresholdRange");
  if (range !== undefined) {
    metric.at("threshold")?.leaveOut("is left out: thresholdRange holds, as in Flagger");
    return new Shape(range, { min: range.number("min"), max: range.number("max") });
  }
  const threshold = metric.number("threshold");
  return threshold === undefined ? undefined : { [isSuccessRate ? "min" : "max"]: threshold };
}

function templateOf(
  metric: Reader,
  name: Leaf<string> | undefined,
  variables: Variables | undefined,
  context: MetricContext,
): Draft {
  const reference = metric.at("templateRef");
  if (reference !== undefined) return referredTemplate(reference, name?.value ?? "it", variables, context);
  const query = queryOf(metric, context, variables);
  if (query === undefined) return undefined;
  if (name !== undefined && builtIn.includes(name.value))
    return metric.at("query")?.leaveOut(`is left out: ${name.value} is judged by its built-in check`);
  return new Shape(metric, { provider: { type: "prometheus" }, query });
}

function referredTemplate(
  reference: Reader,
  metric: string,
  variables: Variables | undefined,
  context: MetricContext,
): Draft {
  const name = reference.needText("name")?.value;
  if (name === undefined) return undefined;
  const namespace = reference.text("namespace")?.value ?? context.namespace;
  const wanted = { kind: "MetricTemplate", name, namespace };
  const before = reference.problems.length;
  const template = context.library.find(reference, wanted);
  if (template === undefined) {
    if (reference.problems.length > before) return undefined;
    const elsewhere = context.library.ofKind("MetricTemplate").find(({ object }) => object.name === name);
    const where =
      elsewhere?.object.namespace === undefined ? "" : ` (one of namespace ${elsewhere.object.namespace} is)`;
    return reference.problem(`${metric} refers to the ${textOf(wanted)}, which is not in the text${where}`);
  }
  for (const key of ["name", "namespace"]) reference.at(key)?.understand();
  const spec = template.need("spec");
  spec.needText("query");
  return new Shape(spec, { provider: providerOf(spec.need("provider")), query: queryOf(spec, context, variables) });
}

function providerOf(provider: Reader): Draft {
  const type = provider.needText("type");
  if (type !== undefined && type.value !== "prometheus")
    return provider.at("type")?.problem(`${wordOf(type.value) ?? "this"} is not supported (supported: prometheus)`);
  provider.at("secretRef")?.leaveOut("is left out: queries go out without credentials of their own");
  provider.at("headers")?.leaveOut("is left out: queries go out without headers of their own");
  provider.at("insecureSkipVerify")?.leaveOut("is left out: certificates are verified");
  return new Shape(provider, { type, address: provider.text("address") });
}

function queryOf(at: Reader, { fillIns }: MetricContext, variables: Variables | undefined): Leaf<string> | undefined {
  return at.text("query")?.map((query) => {
    const names = [...query.matchAll(/\{\{(.*?)\}\}/gs)].map(([, inner]) => (inner ?? "").trim());
    const given = Object.keys(variables?.value ?? {}).map((key) => `variables.${key}`);
    const unknown = [...new Set(names)].filter((each) => !known.includes(each) && !given.includes(each));
    if (unknown.length > 0) at.at("query")?.problem(`names what is not there: ${unknown.map(shown).join(", ")}`);
    return query.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => fillIns[name] ?? whole);
  });
}

function shown(name: string): string {
  return `{{ ${wordOf(name) ?? "…"} }}`;
}

/** The article's own trap: a template that asks for the share that is not 404 and calls it the share that is. */
export function doubtsOfTemplate(template: Reader): void {
  const spec = template.at("spec");
  // Asked for, so that it counts as a template's own where nothing refers to the template.
  spec?.at("provider");
  const query = spec?.at("query")?.leaf().value;
  if (typeof query !== "string") return;
  const corrected = correctedQuery(query, template.object.name ?? "");
  if (corrected !== undefined)
    template.doubt(`is inverted: it measures the share that is not what its name says; write ${corrected}`);
}
