import { z } from "zod";
import {
  analysis,
  dnsLabel,
  httpUrl,
  isPause,
  objectName,
  release,
  serviceLabel,
} from "../../release/settings/index.js";
import { argument } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";
import { longestStabilizationSeconds } from "./manifests.js";
import { ownedRules, refusalsOf } from "./route/index.js";
import { roleMetadataProblems } from "./role-metadata.js";
import type {
  AutoscalerArgs,
  CanaryReleaseArgs,
  DeploymentArgs,
  MetadataArgs,
  OwnedRoute,
  RoleMetadata,
  ServiceArgs,
  ServicePort,
} from "./args.js";

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

const text = z.string().min(1, "must not be empty");
/** Names of containers have a length of their own, those of Services' ports too. */
const targetPort = z.union([port, portName]).optional();
const labelValue = z
  .string()
  .max(63, "must have at most 63 characters")
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/, "must be a label value");

const metadata = z.strictObject({
  labels: z.record(z.string(), labelValue).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
} satisfies Shape<MetadataArgs> & Shape<RoleMetadata>);

const deployment = z.strictObject({
  strategy: z
    .looseObject({
      type: z.literal("RollingUpdate", "must be RollingUpdate: users would find no pods in between").optional(),
    })
    .optional(),
  minReadySeconds: z.int("must be a whole number").min(0, "must be at least 0").optional(),
  revisionHistoryLimit: z.int("must be a whole number").min(0, "must be at least 0").optional(),
} satisfies Shape<DeploymentArgs>);

const servicePort = z.strictObject({
  name: dnsLabel,
  port,
  targetPort,
  protocol: z.enum(["TCP", "UDP", "SCTP"]).optional(),
  appProtocol: text.optional(),
} satisfies Shape<ServicePort>);

const service = z
  .strictObject({
    name: serviceLabel.max(40, "must have at most 40 characters").optional(),
    port,
    targetPort,
    portName: dnsLabel.optional(),
    appProtocol: text.optional(),
    additionalPorts: z.array(servicePort).optional(),
    scheme: z.enum(["http", "https", "grpc", "grpcs"]).optional(),
  } satisfies Shape<ServiceArgs>)
  .superRefine(({ port, portName = "http", additionalPorts = [] }, context) => {
    const all = [{ name: portName, port, protocol: "TCP" }, ...additionalPorts];
    additionalPorts.forEach((each, index) => {
      const issue = (key: string, message: string): void =>
        context.addIssue({ code: "custom", path: ["additionalPorts", index, key], message });
      const before = all.slice(0, index + 1);
      if (before.some(({ name }) => name === each.name)) issue("name", `${each.name} is there twice`);
      if (before.some((other) => other.port === each.port && other.protocol === (each.protocol ?? "TCP")))
        issue("port", `${each.port} is there twice`);
    });
  });

const route = z.strictObject({
  name: configName.optional(),
  ruleName: ruleName.optional(),
  hosts: z.array(host).min(1, "needs a host"),
  paths: z.array(path).min(1, "needs a path").optional(),
  methods: z.array(z.enum(methods)).min(1, "needs a method").optional(),
  priority: z.int("must be a whole number").optional(),
  websocket: z.boolean().optional(),
  plugins: z.array(z.looseObject({ name: z.string(), enable: z.boolean() })).optional(),
  tls: z.strictObject({ secretName: objectName }).optional(),
} satisfies Shape<OwnedRoute>);

const managedScaler = z
  .strictObject({
    minReplicas: count,
    maxReplicas: count,
    cpuUtilization: z.int("must be a whole number").min(1, "must be 1 to 100").max(100, "must be 1 to 100").optional(),
    metrics: z
      .array(z.looseObject({ type: z.string() }))
      .min(1, "needs a metric")
      .optional(),
    behavior: argument.manifest,
  } satisfies Shape<AutoscalerArgs>)
  .refine((scaler) => scaler.minReplicas <= scaler.maxReplicas, {
    path: ["minReplicas"],
    message: "must not be above maxReplicas",
  });

/** Arguments of a release, with its name. */
export const schema = z
  .strictObject({
    name: serviceLabel.max(40, "must have at most 40 characters"),
    namespace: dnsLabel,
    metadata: metadata.optional(),
    template: z.looseObject({
      spec: z.looseObject({ containers: z.array(z.looseObject({ name: dnsLabel })).min(1, "needs a container") }),
    }),
    canaryMetadata: metadata.optional(),
    primaryMetadata: metadata.optional(),
    deployment: deployment.optional(),
    service,
    route: route.optional(),
    routeRef: z.strictObject({ name: configName }).optional(),
    replicas: count.optional(),
    autoscaler: z.union([managedScaler, z.literal("external")]).optional(),
    platform: z.literal(true).optional(),
    ingressClassName: objectName.optional(),
    prometheusUrl: httpUrl.optional(),
    analysis,
    configs: configData,
    secrets: configData,
    trackConfiguration: z.boolean().optional(),
    adopt: z
      .union([z.strictObject({ deployment: objectName }), z.strictObject({ flaggerCanary: objectName })])
      .optional(),
    revertOnDeletion: z.boolean().optional(),
    skipAnalysis: z.boolean().optional(),
    progressDeadline: progressDeadline.optional(),
    drain: drain.optional(),
    handover: handover.optional(),
    deadline: deadline.optional(),
    leaseDuration: leaseDuration.optional(),
    kubeconfig: z.string().optional(),
    context: z.string().optional(),
  } satisfies Shape<CanaryReleaseArgs>)
  .superRefine((args, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    for (const { path, message } of roleMetadataProblems(args))
      context.addIssue({ code: "custom", path: [...path], message });
    if (args.route === undefined && args.routeRef === undefined) issue("route", "needs route or routeRef");
    if (args.route !== undefined && args.routeRef !== undefined) issue("routeRef", "give route or routeRef, not both");
    if (args.replicas !== undefined && args.autoscaler !== undefined && args.autoscaler !== "external")
      issue("replicas", "give replicas or autoscaler, not both");
    if (typeof args.autoscaler === "object" && args.analysis.previewReplicas !== undefined)
      context.addIssue({
        code: "custom",
        path: ["analysis", "previewReplicas"],
        message: "the canary's autoscaler scales it: leave it out, or autoscaler",
      });
    if (typeof args.autoscaler === "object" && (args.analysis.scaleDownDelay ?? 0) > longestStabilizationSeconds)
      context.addIssue({
        code: "custom",
        path: ["analysis", "scaleDownDelay"],
        message: "an autoscaler keeps pods that nobody asks for 1h at most: at most 1h, or autoscaler external",
      });
    if (typeof args.autoscaler === "object")
      (args.analysis.steps ?? []).forEach((step, index) => {
        if (!isPause(step) && step.replicas !== undefined)
          context.addIssue({
            code: "custom",
            path: ["analysis", "steps", index, "replicas"],
            message: "the canary's autoscaler scales it: leave it out, or autoscaler",
          });
      });
    if (args.route !== undefined) {
      const rules = ownedRules(args.name, args.service.name ?? args.name, args.service.port, args.route);
      for (const refused of refusalsOf(rules, args.analysis))
        context.addIssue({ code: "custom", path: [...refused.path], message: refused.message });
    }
    const { adopt, name } = args;
    if (adopt !== undefined && "deployment" in adopt && adopt.deployment !== name)
      issue("adopt.deployment", `must be the release's own name: call the release ${adopt.deployment}`);
    if (adopt !== undefined && "flaggerCanary" in adopt && args.routeRef === undefined)
      issue("routeRef", "is missing: the routeRef of Flagger's Canary");
    if (args.platform === undefined) {
      if (args.prometheusUrl === undefined) issue("prometheusUrl", "is missing (or give platform)");
      if (args.ingressClassName === undefined) issue("ingressClassName", "is missing (or give platform)");
    }
    for (const name of Object.keys(args.configs ?? {}))
      if (args.secrets?.[name] !== undefined) issue("secrets", `${name} is also the name of a config`);
  });
