import { z } from "zod";

const target = z.object({ expr: z.string() });
const dashboard = z.object({ panels: z.array(z.object({ targets: z.array(target).default([]) })) });

/** Every expression of a dashboard. */
export function expressionsIn(json: unknown): readonly string[] {
  return dashboard.parse(json).panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
}

const texts = z.record(z.string(), z.string());
const rule = z.strictObject({
  alert: z.string().regex(/^[A-Z][A-Za-z]+$/),
  expr: z.string(),
  for: z.string().optional(),
  labels: texts,
  annotations: texts,
});
const prometheusRule = z.strictObject({
  apiVersion: z.literal("monitoring.coreos.com/v1"),
  kind: z.literal("PrometheusRule"),
  metadata: z.strictObject({ name: z.string(), labels: texts }),
  spec: z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })) }),
});

export function groupsOf(json: unknown): z.output<typeof prometheusRule>["spec"]["groups"] {
  return prometheusRule.parse(json).spec.groups;
}
