import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { check, durationSeconds, inOneLine } from "../../release/settings/index.js";
import { analysis } from "../../release/settings/index.js";
import type { CanaryReleaseArgs } from "./args.js";

const dnsLabel = z
  .string()
  .max(40)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be a DNS label: lower case letters, digits and '-'");
const port = z.int("must be a whole number").min(1, "must be 1 to 65535").max(65535, "must be 1 to 65535");
const count = z.int("must be a whole number").min(1, "must be at least 1");
const host = z
  .string()
  .max(253)
  .regex(/^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/i, "must be a host name");
const configName = z.string().regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be an object name");
const configData = z.record(configName, z.record(z.string(), z.string())).optional();
const methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PURGE"] as const;

const schema = z
  .strictObject({
    name: dnsLabel,
    namespace: z.string().min(1),
    template: z.looseObject({
      spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string() })).min(1, "needs a container") }),
    }),
    service: z.strictObject({
      name: dnsLabel.optional(),
      port,
      targetPort: z.union([port, z.string().min(1)]).optional(),
      portName: dnsLabel.optional(),
    }),
    route: z
      .strictObject({
        name: configName.optional(),
        ruleName: z.string().min(1).optional(),
        hosts: z.array(host).min(1, "needs a host"),
        paths: z.array(z.string().startsWith("/", "must start with /")).min(1).optional(),
        methods: z.array(z.enum(methods)).min(1).optional(),
        priority: z.int().optional(),
        plugins: z.array(z.looseObject({ name: z.string(), enable: z.boolean() })).optional(),
      })
      .optional(),
    routeRef: z.strictObject({ name: configName }).optional(),
    replicas: count.optional(),
    autoscaler: z
      .strictObject({ minReplicas: count, maxReplicas: count, cpuUtilization: z.int().min(1).max(100).optional() })
      .refine((scaler) => scaler.minReplicas <= scaler.maxReplicas, {
        path: ["minReplicas"],
        message: "must not be above maxReplicas",
      })
      .optional(),
    platform: z.literal(true).optional(),
    ingressClassName: z.string().min(1).optional(),
    prometheusUrl: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).optional(),
    analysis,
    configs: configData,
    secrets: configData,
    skipAnalysis: z.boolean().optional(),
    progressDeadline: durationSeconds.optional(),
    drain: durationSeconds.optional(),
    handover: durationSeconds.optional(),
    deadline: durationSeconds.optional(),
    leaseDuration: durationSeconds.optional(),
    kubeconfig: z.string().optional(),
    context: z.string().optional(),
  })
  .superRefine((args, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    if (args.route === undefined && args.routeRef === undefined) issue("route", "needs route or routeRef");
    if (args.route !== undefined && args.routeRef !== undefined) issue("routeRef", "give route or routeRef, not both");
    if (args.replicas !== undefined && args.autoscaler !== undefined)
      issue("replicas", "give replicas or autoscaler, not both");
    if (args.platform === undefined) {
      if (args.prometheusUrl === undefined) issue("prometheusUrl", "is missing (or give platform)");
      if (args.ingressClassName === undefined) issue("ingressClassName", "is missing (or give platform)");
    }
    for (const name of Object.keys(args.configs ?? {}))
      if (args.secrets?.[name] !== undefined) issue("secrets", `${name} is also the name of a config`);
  });

/**
 * Looks at everything that is plain in the program's arguments before any resource is registered.
 * Throws an Error whose one line names each property and what is wrong with it.
 */
export function validateArgs(name: string, args: CanaryReleaseArgs): void {
  const { platform, ...rest } = args;
  const input: unknown = { ...rest, name, ...(platform === undefined ? {} : { platform: true }) };
  const checked = check(schema, input, (value) => pulumi.Output.isInstance(value) || value instanceof Promise);
  if (checked.kind === "invalid") throw new Error(inOneLine(checked.problems));
}
