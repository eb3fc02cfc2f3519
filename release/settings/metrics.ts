import { z } from "zod";
import { durationAtLeast } from "./duration.js";
import { httpHeaders, httpUrl, oneLine } from "./names.js";

const finite = z.number().refine(Number.isFinite, { message: "must be a finite number" });

const thresholdRange = z
  .strictObject({
    min: finite.optional().meta({ description: "Values below fail." }),
    max: finite.optional().meta({ description: "Values above fail." }),
  })
  .refine((range) => range.min !== undefined || range.max !== undefined, { message: "needs min or max" })
  .refine((range) => range.min === undefined || range.max === undefined || range.min <= range.max, {
    message: "min must not be above max",
  })
  .meta({ description: "What is good: not below min, not above max." });

const policy = z.enum(["hold", "fail", "ignore"]);

const common = {
  interval: durationAtLeast(1).default(60).meta({ description: "Window of the estimate that is shown. Default 1m." }),
  thresholdRange: thresholdRange.optional(),
  dryRun: z.boolean().default(false).meta({ description: "Judged and reported, never acted upon. Default false." }),
  critical: z
    .boolean()
    .default(false)
    .meta({ description: "A failed check of it rolls the revision back at once. Default false." }),
  onNoData: policy
    .default("hold")
    .meta({ description: "No data: hold the weight (default), count as failed check, or ignore the metric." }),
  onError: policy.default("hold").meta({ description: "The provider is away or answers wrongly. Default hold." }),
  compare: z
    .union([
      z.literal(false),
      z.strictObject({
        maxIncrease: finite.min(0, "must be 0 to 100").max(100, "must be 0 to 100").meta({
          description: "By how many percentage points the canary may be worse than the primary in the same window.",
        }),
      }),
    ])
    .optional()
    .meta({
      description:
        "Judge against the primary in the same window too: only what is beyond the limit and worse than the primary is rolled back; what both do alike is a warning. Default: on, with maxIncrease 0, wherever the primary gets traffic; false leaves it out. Metrics with requests behind them only (the built-in ones, and ratios of two counters).",
    }),
};

/** Share of requests that did not fail with 5xx, in percent. */
const successRate = z.strictObject({
  name: z.literal("request-success-rate").meta({ description: "Requests without a 5xx, percent of all." }),
  ...common,
});
/** P99 latency in ms. */
const duration = z.strictObject({
  name: z.literal("request-duration").meta({ description: "P99 of the time to answer, ms." }),
  ...common,
  latency: z.enum(["user", "service"]).default("user").meta({
    description:
      "What is timed: what the user waits for, with the gateway and slow clients in it (user, default), or the answer of the service alone (service).",
  }),
});

/** Goes into a query as it is: within the query's own quotes nothing of it may end them. */
const variable = z
  .string()
  .max(1000, "must have at most 1000 characters")
  .regex(/^[^"'`\\\p{Cc}\u2028\u2029]*$/u, "must not contain quotes, backslashes or line breaks");

/** `name{labels}`, without functions and ranges: its raw samples are read, once for each version. */
const counterSelector = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z_:][A-Za-z0-9_:]*\{(?:[^{}]|\{\{[^{}]*\}\})*\}$/,
    'must be the selector of a counter, like orders_failed_total{instance=~"({{ nodes }}):.+"}',
  )
  .refine((text) => /\{\{\s*nodes\s*\}\}/.test(text), {
    message: "must name {{ nodes }}, the addresses of a version's pods",
  });

export const metricTemplate = z
  .strictObject(
    {
      provider: z
        .discriminatedUnion("type", [
          z.strictObject({
            type: z.literal("prometheus").meta({ description: "What answers the query." }),
            address: httpUrl.optional().meta({ description: "Default: the release's own Prometheus." }),
          }),
          z.strictObject({
            type: z.literal("web").meta({ description: "An HTTP endpoint that answers with JSON." }),
            address: httpUrl.meta({ description: "http or https; in-cluster names work. Treated as a secret." }),
            jsonPath: z
              .string()
              .min(1)
              .meta({ description: "Where the number is in the answer, like `$.data.value`." }),
            headers: httpHeaders.optional().meta({ description: "Sent along. Treated as secrets." }),
          }),
        ])
        .meta({ description: "What is asked for it, and how." }),
      query: z.string().default("").meta({
        description:
          "PromQL with one number as its answer. {{ canaryNodes }}, {{ primaryNodes }}, {{ interval }} and others are filled in.",
      }),
      numerator: counterSelector.optional().meta({
        description:
          "Instead of a query: selector of the counter of what thresholdRange limits (orders that failed), with {{ nodes }} where the address of a version's pods stands. Judged with the evidence of the built-in metrics, in percent of the denominator.",
      }),
      denominator: counterSelector.optional().meta({
        description: "Selector of the counter of all that may be counted (orders placed), numerator included.",
      }),
    },
    {
      error: ({ input }) =>
        input === undefined
          ? "is missing: without one, name must be request-success-rate or request-duration"
          : undefined,
    },
  )
  .superRefine(({ provider, query, numerator, denominator }, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    const counters = numerator !== undefined || denominator !== undefined;
    if (provider.type === "web" && counters) issue("numerator", "counters are read from prometheus, not from web");
    if (counters && query.trim() !== "") issue("query", "give a query, or numerator and denominator, not both");
    if (numerator === undefined && denominator !== undefined) issue("numerator", "is missing beside denominator");
    if (numerator !== undefined && denominator === undefined) issue("denominator", "is missing beside numerator");
    if (provider.type === "prometheus" && !counters && query.trim() === "")
      issue("query", "a prometheus template needs a query");
  })
  .meta({ description: "Where the number of a custom metric comes from." });

const custom = z.strictObject({
  name: oneLine.meta({ description: "Shown in log lines and messages." }),
  ...common,
  template: metricTemplate,
  templateVariables: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a name"), variable)
    .default({})
    .meta({ description: "Further values for the query, used as `{{ variables.NAME }}`." }),
});

const builtin = z.discriminatedUnion("name", [successRate, duration], {
  error: "is neither request-success-rate nor request-duration, and has no template",
});

/** One check of the analysis: a built-in metric by name, or a custom one with its template. */
export const metric = z.union([builtin, custom]).superRefine((value, context) => {
  const issue = (path: readonly string[], message: string): void =>
    context.addIssue({ code: "custom", path: [...path], message });
  if (value.thresholdRange === undefined && (value.compare === undefined || value.compare === false))
    issue(["thresholdRange"], "needs a thresholdRange (or compare)");
  if ("template" in value) {
    const ratio = value.template.numerator !== undefined;
    if (value.compare !== undefined && !ratio)
      issue(["compare"], "is for the built-in metrics: a custom query names {{ primaryNodes }} itself");
    if (!ratio) return;
  }
  for (const side of ["min", "max"] as const) {
    const isDuration = value.name === "request-duration" && !("template" in value);
    const problem = limitProblem(isDuration, value.thresholdRange?.[side]);
    if (problem !== undefined) issue(["thresholdRange", side], problem);
  }
});

/** A limit that no release could keep, or that none could break. */
function limitProblem(isDuration: boolean, limit: number | undefined): string | undefined {
  if (limit === undefined) return undefined;
  if (isDuration) return limit > 0 ? undefined : "must be above 0 ms";
  return limit >= 0 && limit <= 100 ? undefined : "must be 0 to 100 percent";
}

export type MetricSettings = z.output<typeof metric>;
export type MetricTemplate = z.output<typeof metricTemplate>;
/**
 * What a user writes of it; one object may be shared by several releases.
 *
 * @useDeclaredType
 */
export type MetricTemplateInput = z.input<typeof metricTemplate>;
