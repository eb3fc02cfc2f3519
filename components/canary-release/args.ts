import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AnalysisInput } from "../../release/settings/index.js";
import type { Computed } from "../arguments/index.js";
import type { PlatformBinding } from "../platform-binding/index.js";

/** Labels and annotations of the objects that a release makes. Its own come on top; pods have their template's. */
export interface MetadataArgs {
  /** Default: none. */
  readonly labels?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  /** Default: none. */
  readonly annotations?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
}

/** Labels and annotations that the pods of one role have beside their template's. They come with the role and end with it. */
export interface RoleMetadata {
  /** Neither the template's nor those of a selector (`app`, `name`, `app.kubernetes.io/name`). Default: none. */
  readonly labels?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  /** Not the template's. Default: none. */
  readonly annotations?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
}

/** How users reach the release: an ApisixRoute of our own. */
export interface OwnedRoute {
  /** Base of the weighted route's name `<name>-<release>-canary`. Default: the release's name. */
  readonly name?: string;
  /** Name of its only http rule; part of the metrics' route label. Default: the release's name. */
  readonly ruleName?: pulumi.Input<string>;
  /** Host names, `*.` in front allowed; at least one. */
  readonly hosts: pulumi.Input<readonly pulumi.Input<string>[]>;
  /** Default ["/*"]. */
  readonly paths?: pulumi.Input<readonly pulumi.Input<string>[]>;
  /** Default: every method. */
  readonly methods?: pulumi.Input<readonly pulumi.Input<string>[]>;
  /** Of two rules that match, the higher one serves. Default: APISIX's 0. */
  readonly priority?: pulumi.Input<number>;
  /** Upgrades to WebSocket pass. Default false. */
  readonly websocket?: pulumi.Input<boolean>;
  /** APISIX plugins of the rule; `prometheus` with `prefer_name` is added where it is missing. */
  readonly plugins?: pulumi.Input<readonly pulumi.Input<RoutePlugin>[]>;
  /** The gateway answers https for these hosts too, on port 443 of its Service, with the certificate in this Secret. */
  readonly tls?: RouteTls;
}

/** The certificate that the gateway shows for the route's hosts. */
export interface RouteTls {
  /** A Secret of type kubernetes.io/tls in the release's namespace. */
  readonly secretName: pulumi.Input<string>;
}

/** An APISIX plugin on the rule, as ApisixRoute writes it. */
export interface RoutePlugin {
  /** Its name in APISIX. The gateway must have it enabled. */
  readonly name: pulumi.Input<string>;
  /** Whether it acts. */
  readonly enable: pulumi.Input<boolean>;
  /** Its own configuration, not checked here. */
  readonly config?: pulumi.Input<Readonly<Record<string, unknown>>>;
}

/**
 * An ApisixRoute that exists already: those of its rules that lead to the release's Service are cloned, one priority
 * above their source, and the clones follow it at each update. It is never changed.
 */
export interface RouteReference {
  /** Name of the ApisixRoute, in the release's namespace. */
  readonly name: string;
}

/** The three Services `<name>`, `<name>-canary`, `<name>-primary`. */
export interface ServiceArgs {
  /** Default: the release's name. */
  readonly name?: string;
  /** Port of the Services that the route leads to, 1-65535. */
  readonly port: pulumi.Input<number>;
  /** Port of the container, by number or name. Default: `port`. */
  readonly targetPort?: pulumi.Input<number | string>;
  /** Default "http". */
  readonly portName?: pulumi.Input<string>;
  /** What is spoken on it, as Kubernetes knows it ("kubernetes.io/h2c", "kubernetes.io/ws"). Default: unsaid. */
  readonly appProtocol?: pulumi.Input<string>;
  /** Further ports, which no route leads to: for metrics, or other programs in the cluster. */
  readonly additionalPorts?: pulumi.Input<readonly pulumi.Input<ServicePort>[]>;
  /**
   * What the gateway speaks with the pods: "http", "https", "grpc" (HTTP/2 without TLS) or "grpcs". Default: "http", or what
   * the ApisixUpstream of a `routeRef`'s Service says.
   */
  readonly scheme?: pulumi.Input<"http" | "https" | "grpc" | "grpcs">;
}

/** One of the further ports. */
export interface ServicePort {
  /** Of the port, once in the Service. */
  readonly name: pulumi.Input<string>;
  /** 1-65535. */
  readonly port: pulumi.Input<number>;
  /** Port of the container, by number or name. Default: `port`. */
  readonly targetPort?: pulumi.Input<number | string>;
  /** Default "TCP". */
  readonly protocol?: pulumi.Input<"TCP" | "UDP" | "SCTP">;
  /** What is spoken on it, as Kubernetes knows it. Default: unsaid. */
  readonly appProtocol?: pulumi.Input<string>;
}

/** HorizontalPodAutoscalers for the canary and the primary. */
export interface AutoscalerArgs {
  /** From 1. Also the pods of the canary while it is in analysis. */
  readonly minReplicas: pulumi.Input<number>;
  /** Not below `minReplicas`. */
  readonly maxReplicas: pulumi.Input<number>;
  /** Target utilization, percent of the requested CPU. Default: 80, or none beside `metrics`. */
  readonly cpuUtilization?: pulumi.Input<number>;
  /** Every metric that autoscaling/v2 knows. */
  readonly metrics?: pulumi.Input<pulumi.Input<k8s.types.input.autoscaling.v2.MetricSpec>[]>;
  /**
   * How fast pods come and go. The primary doesn't scale down within the planned length of a run, however short its
   * `scaleDown.stabilizationWindowSeconds` is.
   */
  readonly behavior?: pulumi.Input<k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerBehavior>;
}

/** What both Deployments of a release have beside their pods. */
export interface DeploymentArgs {
  /** A RollingUpdate. Default: no pod goes before another one is ready, one more at a time. */
  readonly strategy?: pulumi.Input<k8s.types.input.apps.v1.DeploymentStrategy>;
  /** Seconds that a pod must be ready for until it counts. Default: Kubernetes' own, 0. */
  readonly minReadySeconds?: pulumi.Input<number>;
  /** ReplicaSets that are kept. Default: Kubernetes' own, 10. */
  readonly revisionHistoryLimit?: pulumi.Input<number>;
}

/** What runs already and becomes this release's, without a lost request. It may stay in the program for good. */
export type Adopt =
  | {
      /** A Deployment of the release's name, with the Service of that name (or `service.name`). */
      readonly deployment: string;
    }
  | {
      /** A Canary of Flagger's whose target has the release's name: Flagger is halted, and its Canary goes at the end. */
      readonly flaggerCanary: string;
    };

/** Data of ConfigMaps or Secrets by the name in the template. */
export type ConfigurationArgs = Readonly<Record<string, pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>>>;

/** "10s", "1m30s", or a number of seconds. */
export type DurationArg = string | number;

/**
 * What a user says of one release. Everything may be an output, at every depth, but what decides which resources there
 * are: names, `adopt`, whether there is a route, an autoscaler or a configuration.
 */
export interface CanaryReleaseArgs {
  /** Name of the Kubernetes objects. Default: the resource's. */
  readonly name?: string;
  /** Where everything of the release is. */
  readonly namespace: pulumi.Input<string>;
  /** Labels and annotations of its objects. */
  readonly metadata?: MetadataArgs;
  /** The pods of the new revision. Labels and annotations of ours are added. */
  readonly template: pulumi.Input<k8s.types.input.core.v1.PodTemplateSpec>;
  /**
   * Of the canary's pods, as Argo Rollouts' `canaryMetadata`. No part of the revision: a change of it is not judged, and shows
   * on the next canary. What makes pods behave otherwise (a sidecar's injection, say) belongs into the template.
   */
  readonly canaryMetadata?: RoleMetadata;
  /**
   * Of the primary's pods, as Argo Rollouts' `stableMetadata`. No part of the revision: a change of it replaces the primary's
   * pods one after the other, as Kubernetes does it, without an analysis.
   */
  readonly primaryMetadata?: RoleMetadata;
  /** What its Deployments have beside their pods. */
  readonly deployment?: DeploymentArgs;
  /** How its pods are reached inside the cluster. */
  readonly service: ServiceArgs;
  /** A route of the release's own; this or `routeRef`. */
  readonly route?: OwnedRoute;
  /** A route that exists already; this or `route`. */
  readonly routeRef?: RouteReference;
  /**
   * Pods of the primary, and of the canary while in analysis, without an autoscaler of ours. Default 1. A change is
   * obeyed unless somebody else scales the primary; nothing else ever lowers its pods.
   */
  readonly replicas?: pulumi.Input<number>;
  /**
   * Autoscalers of this release, or `"external"`: the primary is scaled from outside (KEDA, an HPA of your own, by hand),
   * and the canary has `replicas` pods.
   */
  readonly autoscaler?: AutoscalerArgs | "external";
  /** Gateway, class and Prometheus. Else give `ingressClassName` and `prometheusUrl`. */
  readonly platform?: PlatformBinding;
  /** Default: the platform's. */
  readonly ingressClassName?: pulumi.Input<string>;
  /** Default: the platform's. In-cluster names work from outside through the API server's service proxy. */
  readonly prometheusUrl?: pulumi.Input<string>;
  /** Flagger's `analysis`, and more: see the settings' reference. */
  readonly analysis: Computed<AnalysisInput>;
  /** ConfigMaps of the workload: name in the template to its data. A changed configuration is a revision. */
  readonly configs?: ConfigurationArgs;
  /** Secrets of the workload: name in the template to its data. A changed secret is a revision. */
  readonly secrets?: ConfigurationArgs;
  /**
   * ConfigMaps and Secrets that the template refers to and that are not in `configs` or `secrets` are read at each update:
   * a change of them is a revision, and each role has copies of its own, so that it reaches no user unjudged. Not those
   * annotated `apisix-canary.io/config-tracking: disabled`. Default: true, without `adopt`.
   */
  readonly trackConfiguration?: boolean;
  /** What runs already and is taken over. Default: nothing. */
  readonly adopt?: Adopt;
  /**
   * When the release is deleted (a destroy, or no longer in the program), its Deployment serves alone again as a plain
   * one, with the primary's pods, and its Service with it; users notice nothing. Default: true with `adopt`, else false.
   * A change takes an update before it counts.
   */
  readonly revertOnDeletion?: boolean;
  /** Promote without checks; the canary must still get ready. Default false. */
  readonly skipAnalysis?: pulumi.Input<boolean>;
  /** How long pods may take to get ready, the canary's and the promoted primary's. Default "10m". */
  readonly progressDeadline?: pulumi.Input<DurationArg>;
  /** At least so long between weight 0 and scale-down. Default "3s". */
  readonly drain?: pulumi.Input<DurationArg>;
  /** How long a passed canary may wait for its promotion. Default "5m". */
  readonly handover?: pulumi.Input<DurationArg>;
  /**
   * Of the whole analysis; time at closed gates and in pauses does not count. Default: what its steps need, three times
   * over, and at least "1h". Preview says it.
   */
  readonly deadline?: pulumi.Input<DurationArg>;
  /** After which time without a sign of life another run may take the lock. Default "15s". */
  readonly leaseDuration?: pulumi.Input<DurationArg>;
  /** Kubeconfig of the runtime (content or path; kept secret). Default: the environment's. */
  readonly kubeconfig?: pulumi.Input<string>;
  /** Context within it. Default: its current one. */
  readonly context?: pulumi.Input<string>;
}
