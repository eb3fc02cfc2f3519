import { z } from "zod";
import { durationAtLeast } from "./duration.js";
import { httpHeaders, httpUrl, oneLine } from "./names.js";

const finite = z.number().refine(Number.isFinite, { message: "must be a finite number" });

export const thresholdRange = z
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
    .strictObject({
      maxIncrease: finite.min(0, "must be 0 to 100").max(100, "must be 0 to 100").meta({
        description: "By how many percentage points the canary may be worse than the primary in the same window.",
      }),
    })
    .optional()
    .meta({
      description:
        "Judge against the primary in the same window too: only what is beyond the limit and worse than the primary is rolled back. Built-in metrics only.",
    }),
};

/** Share of requests that did not fail with 5xx, in percent. */
const successRate = z.strictObject({ name: z.literal("request-success-rate"), ...common });
/** P99 latency in ms. */
const duration = z.strictObject({ name: z.literal("request-duration"), ...common });

/** Goes into a query as it is: within the query's own quotes nothing of it may end them. */
const variable = z
  .string()
  .max(1000, "must have at most 1000 characters")
  .regex(/^[^"'`\\\p{Cc}\u2028\u2029]*$/u, "must not contain quotes, backslashes or line breaks");

export const metricTemplate = z
  .strictObject(
    {
      provider: z.discriminatedUnion("type", [
        z.strictObject({ type: z.literal("prometheus"), address: httpUrl.optional() }),
        z.strictObject({
          type: z.literal("web"),
          address: httpUrl,
          jsonPath: z.string().min(1),
          headers: httpHeaders.optional(),
        }),
      ]),
      query: z.string().default(""),
    },
    {
      error: ({ input }) =>
        input === undefined
          ? "is missing: without one, name must be request-success-rate or request-duration"
          : undefined,
    },
  )
  .refine((template) => template.provider.type === "web" || template.query.trim() !== "", {
    path: ["query"],
    message: "a prometheus template needs a query",
  });

const custom = z.strictObject({
  name: oneLine,
  ...common,
  template: metricTemplate,
  templateVariables: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a name"), variable).default({}),
});

const builtin = z.discriminatedUnion("name", [successRate, duration], {
  error: "is neither request-success-rate nor request-duration, and has no template",
});

/** One check of the analysis: a built-in metric by name, or a custom one with its template. */
export const metric = z.union([builtin, custom]).superRefine((value, context) => {
  const issue = (path: readonly string[], message: string): void =>
    context.addIssue({ code: "custom", path: [...path], message });
  if (value.thresholdRange === undefined && value.compare === undefined)
    issue(["thresholdRange"], "needs a thresholdRange (or compare)");
  if ("template" in value) {
    if (value.compare !== undefined)
      issue(["compare"], "is for the built-in metrics: a custom query names {{ primaryNodes }} itself");
    return;
  }
  for (const side of ["min", "max"] as const) {
    const problem = limitProblem(value.name, value.thresholdRange?.[side]);
    if (problem !== undefined) issue(["thresholdRange", side], problem);
  }
});

/** A limit that no release could keep, or that none could break. */
function limitProblem(name: z.output<typeof builtin>["name"], limit: number | undefined): string | undefined {
  if (limit === undefined) return undefined;
  if (name === "request-duration") return limit > 0 ? undefined : "must be above 0 ms";
  return limit >= 0 && limit <= 100 ? undefined : "must be 0 to 100 percent";
}

export type MetricSettings = z.output<typeof metric>;
export type MetricTemplate = z.output<typeof metricTemplate>;
/** What a user writes of it; one object may be shared by several releases. */
export type MetricTemplateInput = z.input<typeof metricTemplate>;
export type ThresholdRange = z.output<typeof thresholdRange>;
