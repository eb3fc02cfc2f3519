import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { gatewayNames, imageOf, restrictedContainer, restrictedPod } from "../kubernetes/index.js";
import type { PodOptions } from "../kubernetes/index.js";
import { adminKeyVariable, ports } from "./config.js";
import type { MetricMemory } from "./metric-memory.js";

export const app = "apisix";
const standardImage = "apache/apisix:3.17.0-debian";
/** The image's own user. */
const user = 636;
const configFile = "/usr/local/apisix/conf/config.yaml";
const preStopSeconds = 5;
/** What a gateway takes beside its metrics, MiB. */
const ownMemoryMiB = 768;

export interface GatewayPodArgs extends PodOptions {
  readonly image?: pulumi.Input<string>;
  readonly shutdownSeconds?: pulumi.Input<number>;
  readonly configName: pulumi.Input<string>;
  readonly memory: MetricMemory | pulumi.Output<MetricMemory>;
}

/** The gateway's pod, but for where it runs. */
export function gatewayPod(args: GatewayPodArgs): k8s.types.input.core.v1.PodSpec {
  const secretKeyRef = { name: gatewayNames.adminKeySecret, key: gatewayNames.adminKeyField };
  return {
    securityContext: restrictedPod(user),
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: pulumi.output(args.shutdownSeconds ?? 30).apply((own) => own + preStopSeconds),
    containers: [
      {
        name: app,
        ...imageOf(args, args.image, standardImage),
        // APISIX writes nginx.conf, its sockets and nginx's temporary files beside its own files.
        securityContext: restrictedContainer(false),
        env: [{ name: adminKeyVariable, valueFrom: { secretKeyRef } }],
        ports: [
          { name: "http", containerPort: ports.http },
          { name: "https", containerPort: ports.https },
          { name: "admin", containerPort: ports.admin },
          { name: "metrics", containerPort: ports.metrics },
          { name: "status", containerPort: ports.status },
        ],
        readinessProbe: { httpGet: { path: "/status/ready", port: ports.status }, periodSeconds: 2 },
        livenessProbe: { httpGet: { path: "/status", port: ports.status }, periodSeconds: 10 },
        lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
        resources: args.resources ?? pulumi.output(args.memory).apply(usualResources),
        volumeMounts: [{ name: "config", mountPath: configFile, subPath: "config.yaml", readOnly: true }],
      },
    ],
    volumes: [{ name: "config", configMap: { name: args.configName } }],
  };
}

/** The limit holds the metrics at their fullest, and once more their text while it is made. */
function usualResources({ dictionaryMiB, textMiB }: MetricMemory): k8s.types.input.core.v1.ResourceRequirements {
  const limitMiB = ownMemoryMiB + dictionaryMiB + 2 * textMiB;
  return { requests: { cpu: "200m", memory: "256Mi" }, limits: { memory: `${limitMiB}Mi` } };
}
