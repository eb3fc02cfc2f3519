import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { imageOf, restrictedContainer, restrictedPod } from "../kubernetes/index.js";
import type { PodOptions } from "../kubernetes/index.js";

/** User `node` of the official image. */
const user = 1000;
/** The kubelet's and Prometheus'. */
export const healthPort = 8080;

export interface PodArgs extends PodOptions {
  readonly image?: pulumi.Input<string>;
  readonly account: string;
  readonly programName: pulumi.Input<string>;
  readonly watchdogAfterSeconds: number;
  readonly namespaces: readonly pulumi.Input<string>[];
  /** Secret with the key `url`. */
  readonly alertSecret: pulumi.Input<string> | undefined;
}

export function podSpec(args: PodArgs): k8s.types.input.core.v1.PodSpec {
  return {
    serviceAccountName: args.account,
    securityContext: restrictedPod(user),
    // A rollback that has begun is finished first.
    terminationGracePeriodSeconds: 30,
    containers: [
      {
        name: "watchdog",
        ...imageOf(args, args.image, "node:22-alpine"),
        args: ["/app/main.js"],
        env: environment(args),
        securityContext: restrictedContainer(),
        ports: [{ name: "health", containerPort: healthPort }],
        readinessProbe: { httpGet: { path: "/healthz", port: healthPort }, periodSeconds: 5 },
        livenessProbe: { httpGet: { path: "/healthz", port: healthPort }, periodSeconds: 20, failureThreshold: 3 },
        resources: args.resources ?? { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "128Mi" } },
        volumeMounts: [{ name: "program", mountPath: "/app", readOnly: true }],
      },
    ],
    volumes: [{ name: "program", configMap: { name: args.programName } }],
  };
}

function environment(args: PodArgs): k8s.types.input.core.v1.EnvVar[] {
  const { alertSecret, namespaces } = args;
  return [
    { name: "WATCHDOG_AFTER_SECONDS", value: String(args.watchdogAfterSeconds) },
    { name: "HEALTH_PORT", value: String(healthPort) },
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
    ...(namespaces.length === 0
      ? []
      : [{ name: "NAMESPACES", value: pulumi.all([...namespaces]).apply((all) => all.join(",")) }]),
    ...(alertSecret === undefined
      ? []
      : [{ name: "ALERT_URL", valueFrom: { secretKeyRef: { name: alertSecret, key: "url" } } }]),
  ];
}
