import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../canary-release/revision.js";
import { GeneratedKey } from "../credentials/index.js";
import { labelsOf, restrictedContainer, restrictedPod, scrapeAnnotations } from "../kubernetes/index.js";
import { adminKeyVariable, defaultPlugins, gatewayConfig, metricsPath, ports } from "./config.js";

export interface ApisixArgs {
  readonly namespace: pulumi.Input<string>;
  /** Default `apache/apisix:3.17.0-debian`, the version that everything here was measured with. */
  readonly image?: string;
  /** Gateway pods. Default 2. */
  readonly replicas?: number;
  /** nginx workers of each pod; fixed, so that the split's round robin is known. Default 1. */
  readonly workerProcesses?: number;
  /** Age that the metrics text may have, seconds. Default 1 (APISIX's own default of 15 hides what happens). */
  readonly metricsRefreshSeconds?: number;
  /** Plugins that are switched on. Default: `defaultPlugins`. */
  readonly plugins?: readonly string[];
  /** Type of the Service for users. Default ClusterIP. */
  readonly serviceType?: "ClusterIP" | "NodePort" | "LoadBalancer";
  /** Admin key. Default: generated once and kept. Secret either way. */
  readonly adminKey?: pulumi.Input<string>;
  /** Pods (by label `app`) that may reach the admin API. Default: the ingress controller's. */
  readonly adminClients?: string;
  /** How long a gateway pod may finish requests after it was told to end, seconds. Default 30. */
  readonly shutdownSeconds?: number;
}

/** Names that the ingress controller's GatewayProxy refers to. */
export const gatewayNames = {
  gateway: "apisix-gateway",
  admin: "apisix-admin",
  adminKeySecret: "apisix-admin-key",
  adminKeyField: "key",
} as const;

const app = "apisix";
const image = "apache/apisix:3.17.0-debian";
/** The image's own user. */
const user = 636;
const configFile = "/usr/local/apisix/conf/config.yaml";
const preStopSeconds = 5;

/** APISIX without etcd: its configuration comes from the ingress controller, and is gone with a pod. */
export class Apisix extends pulumi.ComponentResource {
  /** `apisix-gateway.<namespace>`: users go here. */
  readonly gateway: pulumi.Output<string>;
  readonly deployment: k8s.apps.v1.Deployment;

  constructor(name: string, args: ApisixArgs, opts?: pulumi.ComponentResourceOptions) {
    super("apisix-canary:index:Apisix", name, {}, opts);
    const namespace = pulumi.output(args.namespace);
    const child: pulumi.CustomResourceOptions = { parent: this };
    const secret = this.createKey(name, args, namespace, child);
    const config = this.createConfig(name, args, namespace, child);
    this.createServices(name, args, namespace, child);
    this.createNetworkPolicy(name, args, namespace, child);
    this.deployment = this.createDeployment(name, args, namespace, config, { parent: this, dependsOn: [secret] });
    this.gateway = pulumi.interpolate`${gatewayNames.gateway}.${namespace}`;
    this.registerOutputs({ gateway: this.gateway });
  }

  private createKey(
    name: string,
    args: ApisixArgs,
    namespace: pulumi.Output<string>,
    opts: pulumi.CustomResourceOptions,
  ): pulumi.Resource {
    const key = args.adminKey ?? new GeneratedKey(`${name}-admin-key`, opts).value;
    return new k8s.core.v1.Secret(
      `${name}-admin-key-secret`,
      {
        metadata: { name: gatewayNames.adminKeySecret, namespace },
        stringData: { [gatewayNames.adminKeyField]: pulumi.secret(key) },
      },
      opts,
    );
  }

  private createConfig(
    name: string,
    args: ApisixArgs,
    namespace: pulumi.Output<string>,
    opts: pulumi.CustomResourceOptions,
  ): k8s.core.v1.ConfigMap {
    const text = gatewayConfig({
      metricsRefreshSeconds: args.metricsRefreshSeconds ?? 1,
      workerProcesses: args.workerProcesses ?? 1,
      plugins: args.plugins ?? defaultPlugins,
      shutdownTimeoutSeconds: args.shutdownSeconds ?? 30,
    });
    const hash = contentHash(text);
    const metadata = { name: `apisix-config-${hash}`, namespace };
    return new k8s.core.v1.ConfigMap(`${name}-config-${hash}`, { metadata, data: { "config.yaml": text } }, opts);
  }

  private createServices(
    name: string,
    args: ApisixArgs,
    namespace: pulumi.Output<string>,
    opts: pulumi.CustomResourceOptions,
  ): void {
    // The pods are ready only after the first push, and the push needs the admin Service: neither may wait for the other.
    const annotations = { "pulumi.com/skipAwait": "true" };
    new k8s.core.v1.Service(
      `${name}-admin`,
      {
        metadata: { name: gatewayNames.admin, namespace, annotations },
        spec: {
          clusterIP: "None",
          publishNotReadyAddresses: true,
          selector: { app },
          ports: [{ name: "admin", port: ports.admin, targetPort: ports.admin }],
        },
      },
      opts,
    );
    new k8s.core.v1.Service(
      `${name}-gateway`,
      {
        metadata: { name: gatewayNames.gateway, namespace, annotations },
        spec: {
          type: args.serviceType ?? "ClusterIP",
          selector: { app },
          ports: [{ name: "http", port: 80, targetPort: ports.http }],
        },
      },
      opts,
    );
  }

  private createNetworkPolicy(
    name: string,
    args: ApisixArgs,
    namespace: pulumi.Output<string>,
    opts: pulumi.CustomResourceOptions,
  ): void {
    const client = args.adminClients ?? "apisix-ingress-controller";
    const open = [ports.http, ports.metrics, ports.status].map((port) => ({ protocol: "TCP", port }));
    new k8s.networking.v1.NetworkPolicy(
      `${name}-admin-policy`,
      {
        metadata: { name: "apisix-admin", namespace },
        spec: {
          podSelector: { matchLabels: { app } },
          policyTypes: ["Ingress"],
          ingress: [
            { ports: open },
            {
              ports: [{ protocol: "TCP", port: ports.admin }],
              from: [{ podSelector: { matchLabels: { app: client } } }],
            },
          ],
        },
      },
      opts,
    );
  }

  private createDeployment(
    name: string,
    args: ApisixArgs,
    namespace: pulumi.Output<string>,
    config: k8s.core.v1.ConfigMap,
    opts: pulumi.CustomResourceOptions,
  ): k8s.apps.v1.Deployment {
    return new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: { name: app, namespace, labels: labelsOf(app) },
        spec: {
          replicas: args.replicas ?? 2,
          selector: { matchLabels: { app } },
          // A surge pod is known to disturb the push; a pod less is not.
          strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
          template: {
            metadata: { labels: labelsOf(app), annotations: scrapeAnnotations(ports.metrics, metricsPath) },
            spec: podSpec(args, config.metadata.name),
          },
        },
      },
      opts,
    );
  }
}

function podSpec(args: ApisixArgs, configName: pulumi.Output<string>): k8s.types.input.core.v1.PodSpec {
  const secretKeyRef = { name: gatewayNames.adminKeySecret, key: gatewayNames.adminKeyField };
  return {
    securityContext: restrictedPod(user),
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: (args.shutdownSeconds ?? 30) + preStopSeconds,
    containers: [
      {
        name: app,
        image: args.image ?? image,
        // APISIX writes nginx.conf and its logs beside its own files.
        securityContext: restrictedContainer(false),
        env: [{ name: adminKeyVariable, valueFrom: { secretKeyRef } }],
        ports: [
          { name: "http", containerPort: ports.http },
          { name: "admin", containerPort: ports.admin },
          { name: "metrics", containerPort: ports.metrics },
          { name: "status", containerPort: ports.status },
        ],
        readinessProbe: { httpGet: { path: "/status/ready", port: ports.status }, periodSeconds: 2 },
        livenessProbe: { httpGet: { path: "/status", port: ports.status }, periodSeconds: 10 },
        lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
        resources: { requests: { cpu: "200m", memory: "256Mi" }, limits: { memory: "1Gi" } },
        volumeMounts: [{ name: "config", mountPath: configFile, subPath: "config.yaml", readOnly: true }],
      },
    ],
    volumes: [{ name: "config", configMap: { name: configName } }],
  };
}
