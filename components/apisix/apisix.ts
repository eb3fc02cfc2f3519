import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { checkArguments, resolved } from "../arguments/index.js";
import { refusing } from "../errors/index.js";
import { GeneratedKey } from "../credentials/index.js";
import {
  contentConfigMap,
  createDisruptionBudget,
  createPodMonitor,
  exposed,
  gatewayNames,
  labelsOf,
  overNodes,
  placed,
  podMetadata,
  scrapeAnnotations,
} from "../kubernetes/index.js";
import { apisixArguments } from "./args.js";
import type { ApisixArgs } from "./args.js";
import { defaultLatencyBuckets, latencyBuckets } from "./buckets.js";
import { defaultPlugins, gatewayConfig, metricsPath, ports } from "./config.js";
import { metricMemory, usualPairs } from "./metric-memory.js";
import type { MetricMemory } from "./metric-memory.js";
import { app, gatewayPod } from "./pod.js";

/** APISIX without etcd: its configuration comes from the ingress controller, and is gone with a pod. */
export class Apisix extends pulumi.ComponentResource {
  /** `apisix-gateway.<namespace>`: users go here. */
  readonly gateway: pulumi.Output<string>;
  /** Of the gateway's pods; ready when the controller has pushed their first configuration. */
  readonly deployment: k8s.apps.v1.Deployment;

  constructor(
    private readonly prefix: string,
    private readonly args: ApisixArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("apisix-canary:index:Apisix", prefix, {}, opts);
    checkArguments("Apisix", apisixArguments, args);
    const { namespace } = args;
    const secret = this.createKey();
    const memory = this.metricMemory();
    const config = this.createConfig(memory);
    this.createServices();
    this.createNetworkPolicy();
    this.deployment = this.createDeployment(config, memory, { parent: this, dependsOn: [secret] });
    this.createAutoscaler();
    createDisruptionBudget(prefix, { app, namespace, replicas: this.leastReplicas }, args, this.child);
    const scraped = { app, namespace, port: "metrics", path: metricsPath };
    createPodMonitor(prefix, scraped, args.podMonitor, this.child);
    this.gateway = pulumi.interpolate`${gatewayNames.gateway}.${namespace}`;
    this.registerOutputs({ gateway: this.gateway });
  }

  private get child(): pulumi.CustomResourceOptions {
    return { parent: this };
  }

  private get leastReplicas(): pulumi.Input<number> {
    const { autoscaler, replicas } = this.args;
    return (autoscaler === undefined ? replicas : autoscaler.minReplicas) ?? 2;
  }

  private get httpsPort(): pulumi.Input<number> {
    return this.args.service?.ports?.https ?? 443;
  }

  private createKey(): pulumi.Resource {
    const key = this.args.adminKey ?? new GeneratedKey(`${this.prefix}-admin-key`, this.child).value;
    return new k8s.core.v1.Secret(
      `${this.prefix}-admin-key-secret`,
      {
        metadata: { name: gatewayNames.adminKeySecret, namespace: this.args.namespace },
        stringData: { [gatewayNames.adminKeyField]: pulumi.secret(key) },
      },
      this.child,
    );
  }

  private metricMemory(): MetricMemory | pulumi.Output<MetricMemory> {
    const { metricPairs = usualPairs.pairs, latencyBuckets: bounds = defaultLatencyBuckets } = this.args;
    return resolved(
      "Apisix",
      { pairs: metricPairs, bounds },
      ({ pairs, bounds: plain }) => metricMemory({ ...usualPairs, pairs, buckets: latencyBuckets(plain).length }),
      refusing(this, this.prefix),
    );
  }

  private createConfig(memory: MetricMemory | pulumi.Output<MetricMemory>): k8s.core.v1.ConfigMap {
    const { args } = this;
    const inputs = {
      metricsRefreshSeconds: args.metricsRefreshSeconds ?? 1,
      metricsExpireSeconds: args.metricsExpireSeconds ?? 3600,
      metricMemory: memory,
      bounds: args.latencyBuckets ?? defaultLatencyBuckets,
      workerProcesses: args.workerProcesses ?? 1,
      plugins: args.plugins ?? defaultPlugins,
      extraPlugins: args.extraPlugins ?? [],
      pluginAttr: args.pluginAttr ?? {},
      httpSnippet: args.nginxHttpSnippet,
      serverSnippet: args.nginxServerSnippet,
      shutdownTimeoutSeconds: args.shutdownSeconds ?? 30,
      publicHttpsPort: this.httpsPort,
    };
    const text = resolved(
      "Apisix",
      inputs,
      ({ bounds, plugins, extraPlugins, ...plain }) =>
        gatewayConfig({
          ...plain,
          latencyBuckets: latencyBuckets(bounds),
          plugins: [...new Set([...plugins, ...extraPlugins])],
        }),
      refusing(this, this.prefix),
    );
    return contentConfigMap(`${this.prefix}-config`, "apisix-config", args.namespace, "config.yaml", text, this.child);
  }

  private createServices(): void {
    const { namespace, service = {}, serviceType } = this.args;
    // The pods are ready only after the first push, and the push needs the admin Service: neither may wait for the other.
    const annotations = { "pulumi.com/skipAwait": "true" };
    new k8s.core.v1.Service(
      `${this.prefix}-admin`,
      {
        metadata: { name: gatewayNames.admin, namespace, annotations },
        spec: {
          clusterIP: "None",
          publishNotReadyAddresses: true,
          selector: { app },
          ports: [{ name: "admin", port: ports.admin, targetPort: ports.admin }],
        },
      },
      this.child,
    );
    new k8s.core.v1.Service(
      `${this.prefix}-gateway`,
      {
        metadata: {
          name: gatewayNames.gateway,
          namespace,
          annotations: pulumi.output(service.annotations ?? {}).apply((theirs) => ({ ...theirs, ...annotations })),
        },
        spec: {
          type: serviceType ?? "ClusterIP",
          selector: { app },
          ports: this.servicePorts(),
          ...exposed(service),
        },
      },
      this.child,
    );
  }

  private servicePorts(): k8s.types.input.core.v1.ServicePort[] {
    const { http = 80, httpNodePort, httpsNodePort } = this.args.service?.ports ?? {};
    const nodePort = (port: pulumi.Input<number> | undefined) => (port === undefined ? {} : { nodePort: port });
    return [
      { name: "http", port: http, targetPort: ports.http, ...nodePort(httpNodePort) },
      { name: "https", port: this.httpsPort, targetPort: ports.https, ...nodePort(httpsNodePort) },
    ];
  }

  private createNetworkPolicy(): void {
    const client = this.args.adminClients ?? gatewayNames.controller;
    const open = [ports.http, ports.https, ports.metrics, ports.status].map((port) => ({ protocol: "TCP", port }));
    new k8s.networking.v1.NetworkPolicy(
      `${this.prefix}-admin-policy`,
      {
        metadata: { name: "apisix-admin", namespace: this.args.namespace },
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
      this.child,
    );
  }

  private createDeployment(
    config: k8s.core.v1.ConfigMap,
    memory: MetricMemory | pulumi.Output<MetricMemory>,
    opts: pulumi.CustomResourceOptions,
  ): k8s.apps.v1.Deployment {
    const { args, prefix } = this;
    const spec = gatewayPod({ ...args, configName: config.metadata.name, memory });
    const metadata = podMetadata(args, {
      labels: labelsOf(app),
      annotations: scrapeAnnotations(ports.metrics, metricsPath),
    });
    return new k8s.apps.v1.Deployment(
      `${prefix}-deployment`,
      {
        // Whoever scales it owns its replicas for a while; a program that changes them means it.
        metadata: {
          name: app,
          namespace: args.namespace,
          labels: labelsOf(app),
          annotations: { "pulumi.com/patchForce": "true" },
        },
        spec: {
          replicas: this.leastReplicas,
          selector: { matchLabels: { app } },
          // A surge pod is known to disturb the push; a pod less is not.
          strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
          template: { metadata, spec: placed({ ...spec, topologySpreadConstraints: [overNodes(app)] }, args) },
        },
      },
      // Its replicas are the autoscaler's: left out of the program, an update would set them to 1 first.
      args.autoscaler === undefined ? opts : pulumi.mergeOptions(opts, { ignoreChanges: ["spec.replicas"] }),
    );
  }

  private createAutoscaler(): void {
    const { autoscaler, namespace } = this.args;
    if (autoscaler === undefined) return;
    const target = { type: "Utilization", averageUtilization: autoscaler.cpuUtilization ?? 80 };
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      `${this.prefix}-hpa`,
      {
        metadata: { name: app, namespace },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: app },
          minReplicas: this.leastReplicas,
          maxReplicas: autoscaler.maxReplicas,
          metrics: [{ type: "Resource", resource: { name: "cpu", target } }],
        },
      },
      { parent: this, dependsOn: [this.deployment] },
    );
  }
}
