import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
  analysis,
  check,
  dnsLabel,
  httpUrl,
  inOneLine,
  objectName,
  release,
  serviceLabel,
} from "../../release/settings/index.js";
import type { Problem } from "../../release/settings/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import { ownedRules, refusalsOf } from "./route/index.js";

const count = z.int("must be a whole number").min(1, "must be at least 1");
const hostLabel = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const host = z
  .string()
  .max(253, "must have at most 253 characters")
  .regex(new RegExp(`^(\\*\\.)?${hostLabel}(\\.${hostLabel})*$`, "i"), "must be a host name");
/** As the API server wants names of container ports. */
const portName = z
  .string()
  .max(15, "must have at most 15 characters")
  .regex(/^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/, "must be a port's name: lower case letters, digits and '-'");
const ruleName = z
  .string()
  .max(63, "must have at most 63 characters")
  .regex(/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/, "must be letters, digits, '-', '_' and '.'");
const path = z
  .string()
  .startsWith("/", "must start with /")
  .regex(/^[\x21-\x7e]*$/, "must not contain spaces or control characters");
const configKey = z
  .string()
  .max(253, "must have at most 253 characters")
  .regex(/^[-._a-zA-Z0-9]+$/, "must be letters, digits, '-', '_' and '.'");
const configName = objectName.max(200, "must have at most 200 characters");
const configData = z.record(configName, z.record(configKey, z.string())).optional();
const methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PURGE"] as const;
const { port } = release.shape.service.shape;
const { progressDeadline, drain, handover, deadline, leaseDuration } = release.shape;

const managedScaler = z
  .strictObject({
    minReplicas: count,
    maxReplicas: count,
    cpuUtilization: z.int("must be a whole number").min(1, "must be 1 to 100").max(100, "must be 1 to 100").optional(),
  })
  .refine((scaler) => scaler.minReplicas <= scaler.maxReplicas, {
    path: ["minReplicas"],
    message: "must not be above maxReplicas",
  });

const schema = z
  .strictObject({
    name: serviceLabel.max(40, "must have at most 40 characters"),
    namespace: dnsLabel,
    template: z.looseObject({
      spec: z.looseObject({ containers: z.array(z.looseObject({ name: dnsLabel })).min(1, "needs a container") }),
    }),
    service: z.strictObject({
      name: serviceLabel.max(40, "must have at most 40 characters").optional(),
      port,
      targetPort: z.union([port, portName]).optional(),
      portName: dnsLabel.optional(),
    }),
    route: z
      .strictObject({
        name: configName.optional(),
        ruleName: ruleName.optional(),
        hosts: z.array(host).min(1, "needs a host"),
        paths: z.array(path).min(1, "needs a path").optional(),
        methods: z.array(z.enum(methods)).min(1, "needs a method").optional(),
        priority: z.int("must be a whole number").optional(),
        plugins: z.array(z.looseObject({ name: z.string(), enable: z.boolean() })).optional(),
      })
      .optional(),
    routeRef: z.strictObject({ name: configName }).optional(),
    replicas: count.optional(),
    autoscaler: z.union([managedScaler, z.literal("external")]).optional(),
    platform: z.literal(true).optional(),
    ingressClassName: objectName.optional(),
    prometheusUrl: httpUrl.optional(),
    analysis,
    configs: configData,
    secrets: configData,
    skipAnalysis: z.boolean().optional(),
    progressDeadline: progressDeadline.optional(),
    drain: drain.optional(),
    handover: handover.optional(),
    deadline: deadline.optional(),
    leaseDuration: leaseDuration.optional(),
    kubeconfig: z.string().optional(),
    context: z.string().optional(),
  })
  .superRefine((args, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    if (args.route === undefined && args.routeRef === undefined) issue("route", "needs route or routeRef");
    if (args.route !== undefined && args.routeRef !== undefined) issue("routeRef", "give route or routeRef, not both");
    if (args.replicas !== undefined && args.autoscaler !== undefined && args.autoscaler !== "external")
      issue("replicas", "give replicas or autoscaler, not both");
    if (typeof args.autoscaler === "object")
      (args.analysis.steps ?? []).forEach((step, index) => {
        if ("weight" in step && step.replicas !== undefined)
          context.addIssue({
            code: "custom",
            path: ["analysis", "steps", index, "replicas"],
            message: "the canary's autoscaler scales it: leave it out, or autoscaler",
          });
      });
    if (args.platform === undefined) {
      if (args.prometheusUrl === undefined) issue("prometheusUrl", "is missing (or give platform)");
      if (args.ingressClassName === undefined) issue("ingressClassName", "is missing (or give platform)");
    }
    if (args.route !== undefined) {
      const rules = ownedRules(args.name, args.service.name ?? args.name, args.service.port, args.route);
      for (const refused of refusalsOf(rules, args.analysis))
        context.addIssue({ code: "custom", path: [...refused.path], message: refused.message });
    }
    for (const name of Object.keys(args.configs ?? {}))
      if (args.secrets?.[name] !== undefined) issue("secrets", `${name} is also the name of a config`);
  });

/**
 * Looks at everything that is plain in the program's arguments before any resource is registered.
 * Throws an Error whose one line names each property and what is wrong with it.
 */
export function validateArgs(name: string, args: CanaryReleaseArgs): void {
  const problems = argsProblems(name, args);
  if (problems.length > 0) throw new Error(inOneLine(problems));
}

/** What is wrong with arguments that may be anything. */
export function argsProblems(name: unknown, args: object): readonly Problem[] {
  const platform = "platform" in args && args.platform !== undefined ? { platform: true } : {};
  const checked = check(schema, { ...args, name, ...platform }, isUnknown);
  return checked.kind === "invalid" ? checked.problems : [];
}

function isUnknown(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}
