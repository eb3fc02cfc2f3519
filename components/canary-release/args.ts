import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AnalysisInput } from "../../release/settings/index.js";
import type { PlatformBinding } from "../platform-binding/index.js";

/** How users reach the release: an ApisixRoute of our own. */
export interface OwnedRoute {
  /** Base of the weighted route's name `<name>-<release>-canary`. Default: the release's name. */
  readonly name?: string;
  /** Name of its only http rule; part of the metrics' route label. Default: the release's name. */
  readonly ruleName?: string;
  readonly hosts: readonly string[];
  /** Default ["/*"]. */
  readonly paths?: readonly string[];
  /** Default: every method. */
  readonly methods?: readonly string[];
  /** Of two rules that match, the higher one serves. Default: APISIX's 0. */
  readonly priority?: number;
  /** APISIX plugins of the rule; `prometheus` with `prefer_name` is added where it is missing. */
  readonly plugins?: readonly RoutePlugin[];
}

export interface RoutePlugin {
  readonly name: string;
  readonly enable: boolean;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** An ApisixRoute that exists already: its rules are cloned, one priority above their source. */
export interface RouteReference {
  readonly name: string;
}

/** The three Services `<name>`, `<name>-canary`, `<name>-primary`. */
export interface ServiceArgs {
  /** Default: the release's name. */
  readonly name?: string;
  /** Port of the Services, 1-65535. */
  readonly port: number;
  /** Port of the container, by number or name. Default: `port`. */
  readonly targetPort?: number | string;
  /** Default "http". */
  readonly portName?: string;
}

/** HorizontalPodAutoscalers for the canary and the primary. */
export interface AutoscalerArgs {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Target utilization, percent of the requested CPU. Default 80. */
  readonly cpuUtilization?: number;
}

/** What a user says of one release. */
export interface CanaryReleaseArgs {
  readonly namespace: pulumi.Input<string>;
  /** The pods of the new revision. Labels and annotations of ours are added. */
  readonly template: pulumi.Input<k8s.types.input.core.v1.PodTemplateSpec>;
  readonly service: ServiceArgs;
  readonly route?: OwnedRoute;
  readonly routeRef?: RouteReference;
  /** Pods of the primary, and of the canary while in analysis, without an autoscaler. Default 1. */
  readonly replicas?: number;
  readonly autoscaler?: AutoscalerArgs;
  /** Gateway, class and Prometheus. Else give `ingressClassName` and `prometheusUrl`. */
  readonly platform?: PlatformBinding;
  /** Default: the platform's. */
  readonly ingressClassName?: pulumi.Input<string>;
  /** Default: the platform's. In-cluster names work from outside through the API server's service proxy. */
  readonly prometheusUrl?: pulumi.Input<string>;
  /** Flagger's `analysis`, and more: see the settings' reference. */
  readonly analysis: pulumi.Input<AnalysisInput>;
  /** ConfigMaps of the workload: name in the template to its data. A changed configuration is a revision. */
  readonly configs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Secrets of the workload: name in the template to its data. A changed secret is a revision. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Promote without checks; the canary must still get ready. Default false. */
  readonly skipAnalysis?: boolean;
  /** How long pods may take to get ready. Default "10m". */
  readonly progressDeadline?: string;
  /** At least so long between weight 0 and scale-down. Default "3s". */
  readonly drain?: string;
  /** How long a passed canary may wait for its promotion. Default "5m". */
  readonly handover?: string;
  /** Of the whole analysis. Default "1h". */
  readonly deadline?: string;
  /** After which time without a sign of life another run may take the lock. Default "15s". */
  readonly leaseDuration?: string;
  /** Kubeconfig of the runtime (content or path; kept secret). Default: the environment's. */
  readonly kubeconfig?: pulumi.Input<string>;
  /** Context within it. Default: its current one. */
  readonly context?: string;
}
