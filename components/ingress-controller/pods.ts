import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { imageOf, restrictedContainer, restrictedPod } from "../kubernetes/index.js";
import type { PodOptions } from "../kubernetes/index.js";
import { certificateFolder, socket, webhookPort } from "./config.js";

export interface PodArgs extends PodOptions {
  readonly image?: pulumi.Input<string>;
  readonly adcImage?: pulumi.Input<string>;
  readonly adcResources?: PodOptions["resources"];
  readonly configName: pulumi.Input<string>;
  /** Secret with tls.crt and tls.key; undefined: no webhook. */
  readonly certificateSecret: pulumi.Input<string> | undefined;
  readonly serviceAccountName: string;
}

/** Both images run as this group; the socket between them belongs to it. */
const user = 2000;
const usualResources = { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } };
/** For files of which each holds the whole configuration and is removed after its push. */
const scratch = { emptyDir: { sizeLimit: "1Gi" } };

/** The controller with ADC beside it, joined by a socket. */
export function controllerPod(args: PodArgs): k8s.types.input.core.v1.PodSpec {
  const certificates = args.certificateSecret;
  return {
    serviceAccountName: args.serviceAccountName,
    securityContext: restrictedPod(user),
    terminationGracePeriodSeconds: 10,
    containers: [manager(args), adc(args)],
    volumes: [
      { name: "config", configMap: { name: args.configName } },
      { name: "sockets", emptyDir: {} },
      { name: "scratch", ...scratch },
      { name: "adc-scratch", ...scratch },
      ...(certificates === undefined ? [] : [{ name: "certificates", secret: { secretName: certificates } }]),
    ],
  };
}

function manager(args: PodArgs): k8s.types.input.core.v1.Container {
  const hasWebhook = args.certificateSecret !== undefined;
  return {
    name: "manager",
    ...imageOf(args, args.image, "apache/apisix-ingress-controller:2.2.0"),
    args: ["-c", "/app/conf/config.yaml"],
    securityContext: restrictedContainer(),
    env: [
      { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "ADC_SERVER_URL", value: `unix:${socket}` },
    ],
    ports: [
      { name: "metrics", containerPort: 8080 },
      { name: "probes", containerPort: 8081 },
      ...(hasWebhook ? [{ name: "webhook", containerPort: webhookPort }] : []),
    ],
    readinessProbe: { httpGet: { path: "/readyz", port: 8081 }, periodSeconds: 2 },
    livenessProbe: { httpGet: { path: "/healthz", port: 8081 }, initialDelaySeconds: 15, periodSeconds: 20 },
    resources: args.resources ?? usualResources,
    volumeMounts: [
      { name: "config", mountPath: "/app/conf", readOnly: true },
      { name: "sockets", mountPath: "/sockets" },
      // It writes a file for each push and each validation; where it can't, nothing is pushed and no status says so.
      { name: "scratch", mountPath: "/tmp" },
      ...(hasWebhook ? [{ name: "certificates", mountPath: certificateFolder, readOnly: true }] : []),
    ],
  };
}

function adc(args: PodArgs): k8s.types.input.core.v1.Container {
  return {
    name: "adc",
    ...imageOf(args, args.adcImage, "ghcr.io/api7/adc:0.27.1"),
    args: ["server", "--listen", `unix:${socket}`, "--listen-status", "3001"],
    securityContext: restrictedContainer(),
    env: [
      { name: "ADC_RUNNING_MODE", value: "ingress" },
      { name: "ADC_EXPERIMENTAL_FEATURE_FLAGS", value: "remote-state-file,parallel-backend-request" },
    ],
    ports: [{ name: "status", containerPort: 3001 }],
    readinessProbe: { httpGet: { path: "/healthz/ready", port: 3001 }, periodSeconds: 2 },
    resources: args.adcResources ?? usualResources,
    volumeMounts: [
      { name: "sockets", mountPath: "/sockets" },
      { name: "adc-scratch", mountPath: "/tmp" },
    ],
  };
}
