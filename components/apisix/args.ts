import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argument } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";
import { podMonitor, podOptionsShape, serviceOptionsShape } from "../kubernetes/index.js";
import type { PodMonitorOptions, PodOptions, ServiceOptions } from "../kubernetes/index.js";

/** The Service that users reach the gateway by. */
export interface GatewayServiceOptions extends ServiceOptions {
  /** Ports of the Service. */
  readonly ports?: {
    /** Default 80. */
    readonly http?: pulumi.Input<number>;
    /** Default 443; hosts without an ApisixTls get no certificate there. */
    readonly https?: pulumi.Input<number>;
    /** Port of every node for http, with type NodePort or LoadBalancer. Default: Kubernetes chooses. */
    readonly httpNodePort?: pulumi.Input<number>;
    /** The same for https. */
    readonly httpsNodePort?: pulumi.Input<number>;
  };
}

/** A HorizontalPodAutoscaler for the gateway; the cluster needs a metrics server. */
export interface GatewayAutoscaler {
  /** Default 2. */
  readonly minReplicas?: pulumi.Input<number>;
  /** Not below `minReplicas`. */
  readonly maxReplicas: pulumi.Input<number>;
  /** Target utilization, percent of the requested CPU. Default 80. */
  readonly cpuUtilization?: pulumi.Input<number>;
}

/** What can be said of the gateway. */
export interface ApisixArgs extends PodOptions {
  /** Where it runs; its GatewayProxy is looked up there. */
  readonly namespace: pulumi.Input<string>;
  /** Default `apache/apisix:3.17.0-debian`, the version that everything here was measured with. */
  readonly image?: pulumi.Input<string>;
  /** Gateway pods. Default 2. */
  readonly replicas?: pulumi.Input<number>;
  /** In place of `replicas`. */
  readonly autoscaler?: GatewayAutoscaler;
  /** nginx workers of each pod; fixed, so that the split's round robin is known. Default 1. */
  readonly workerProcesses?: pulumi.Input<number>;
  /** Age that the metrics text may have, seconds. Default 1 (APISIX's own default of 15 hides what happens). */
  readonly metricsRefreshSeconds?: pulumi.Input<number>;
  /**
   * After so many seconds without a request a series is dropped; longer than any quiet spell of a release's run.
   * Default 3600.
   */
  readonly metricsExpireSeconds?: pulumi.Input<number>;
  /**
   * Pairs of route and pod address that have requests within `metricsExpireSeconds`: the memory for metrics is sized for
   * them. When it is full the gateway loses counts, and releases can't be judged. Default 1000.
   */
  readonly metricPairs?: pulumi.Input<number>;
  /**
   * Upper bounds of the latency histogram, whole ms. A release's latency limit is exact when it is among them. Default:
   * `defaultLatencyBuckets`; add to those with `[...defaultLatencyBuckets, 350]`. Each costs a series for each address.
   */
  readonly latencyBuckets?: pulumi.Input<readonly number[]>;
  /** Plugins that are switched on. Default: `defaultPlugins`. */
  readonly plugins?: pulumi.Input<readonly string[]>;
  /** Plugins beside those. Default: none. */
  readonly extraPlugins?: pulumi.Input<readonly string[]>;
  /** Joined with our `plugin_attr`, by plugin; what arguments of ours say already is refused. Default: none. */
  readonly pluginAttr?: pulumi.Input<Readonly<Record<string, unknown>>>;
  /** Added to nginx's http block. */
  readonly nginxHttpSnippet?: pulumi.Input<string>;
  /** Added to the server blocks that users reach. */
  readonly nginxServerSnippet?: pulumi.Input<string>;
  /** Type of the Service for users, short for `service.type`. Default ClusterIP. */
  readonly serviceType?: pulumi.Input<"ClusterIP" | "NodePort" | "LoadBalancer">;
  /** The Service that users reach it by. Default: ClusterIP with ports 80 and 443. */
  readonly service?: GatewayServiceOptions;
  /** Admin key; a text that looks like a number is refused. Default: generated once and kept. Secret either way. */
  readonly adminKey?: pulumi.Input<string>;
  /** Pods (by label `app`) that may reach the admin API. Default: the ingress controller's. */
  readonly adminClients?: pulumi.Input<string>;
  /** How long a gateway pod may finish requests after it was told to end, seconds. Default 30. */
  readonly shutdownSeconds?: pulumi.Input<number>;
  /** A PodMonitor, for a Prometheus of the Prometheus Operator. Default: none. */
  readonly podMonitor?: boolean | PodMonitorOptions;
}

/** APISIX takes what looks like a number or a truth in its environment for one, and then no key fits. */
const adminKey = z
  .string()
  .min(1, "must not be empty")
  .refine((key) => !/^(true|false|[-+]?(inf|nan|0x[0-9a-f.]+|\d+\.?\d*(e[-+]?\d+)?|\.\d+))$/i.test(key), {
    message: "must not look like a number or a truth, for which APISIX would take it: let it begin with a letter",
  })
  .optional();

const nodePort = argument.port;
const utilization = z.int("must be a whole number").min(1, "must be 1 to 100").max(100, "must be 1 to 100").optional();

export const apisixArguments = z
  .strictObject({
    ...podOptionsShape,
    namespace: argument.text,
    image: argument.text,
    replicas: argument.count,
    autoscaler: z
      .strictObject({
        minReplicas: argument.count,
        maxReplicas: z.int("must be a whole number").min(1, "must be at least 1"),
        cpuUtilization: utilization,
      } satisfies Shape<GatewayAutoscaler>)
      .refine(({ minReplicas = 2, maxReplicas }) => minReplicas <= maxReplicas, {
        path: ["minReplicas"],
        message: "must not be above maxReplicas",
      })
      .optional(),
    workerProcesses: argument.count,
    metricsRefreshSeconds: argument.seconds,
    metricsExpireSeconds: argument.seconds,
    metricPairs: argument.count,
    latencyBuckets: z.array(z.number()).optional(),
    plugins: argument.texts,
    extraPlugins: argument.texts,
    pluginAttr: argument.manifest,
    nginxHttpSnippet: z.string().optional(),
    nginxServerSnippet: z.string().optional(),
    serviceType: serviceOptionsShape.type,
    service: z
      .strictObject({
        ...serviceOptionsShape,
        ports: z
          .strictObject({ http: argument.port, https: argument.port, httpNodePort: nodePort, httpsNodePort: nodePort })
          .optional(),
      } satisfies Shape<GatewayServiceOptions>)
      .optional(),
    adminKey,
    adminClients: argument.text,
    shutdownSeconds: argument.seconds,
    podMonitor,
  } satisfies Shape<ApisixArgs>)
  .superRefine((args, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    if (args.replicas !== undefined && args.autoscaler !== undefined)
      issue("replicas", "give replicas or autoscaler, not both");
    if (args.serviceType !== undefined && args.service?.type !== undefined)
      issue("serviceType", "give serviceType or service.type, not both");
  });
