import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { PrometheusAccess } from "../../release/settings/index.js";
import { Apisix, defaultLatencyBuckets } from "../apisix/index.js";
import { checkArguments } from "../arguments/index.js";
import { refusing } from "../errors/index.js";
import { CanaryDefinitions } from "../crds/index.js";
import { ApisixIngressController } from "../ingress-controller/index.js";
import { gatewayNames, withDefaults } from "../kubernetes/index.js";
import type { PlatformBinding } from "../platform-binding/index.js";
import { Prometheus } from "../prometheus/index.js";
import { ReleaseWatchdog } from "../watchdog/index.js";
import { externalArguments, platformArguments } from "./args.js";
import type { CanaryPlatformArgs } from "./args.js";
import { boundPrometheus } from "./external-prometheus.js";

/**
 * Gateway, ingress controller, Prometheus, watchdog, and the definition of our own kind: all that releases need. Parts
 * that are there already are left out.
 *
 * Throws a one-line error naming the property for unknown or contradictory arguments.
 */
export class CanaryPlatform extends pulumi.ComponentResource implements PlatformBinding {
  readonly ingressClassName: pulumi.Output<string>;
  readonly prometheusUrl: pulumi.Output<string>;
  declare readonly prometheus?: pulumi.Output<PrometheusAccess>;
  readonly gatewayNamespace: pulumi.Output<string>;
  readonly scrapeIntervalSeconds: number;
  readonly dependencies: readonly pulumi.Resource[];
  readonly gatewayReadsRetries: boolean;
  readonly gatewayReadsMethods: boolean;
  declare readonly latencyBuckets?: pulumi.Output<readonly number[]>;
  readonly watchdogAfterSeconds: number | undefined;
  /** `apisix-gateway.<namespace>`. */
  readonly gateway: pulumi.Output<string>;

  constructor(
    private readonly prefix: string,
    private readonly args: CanaryPlatformArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("apisix-canary:index:CanaryPlatform", prefix, {}, opts);
    checkArguments("CanaryPlatform", platformArguments, args);
    const namespace = this.createNamespace();
    const definitions = this.createDefinitions();
    const controller = this.createController(namespace);
    const gateway = this.createGateway(namespace, controller?.dependencies ?? []);
    const prometheus = this.createPrometheus(namespace);
    this.ingressClassName = controller?.ingressClassName ?? pulumi.output(args.ingressClassName ?? "apisix");
    this.prometheusUrl = prometheus.prometheusUrl;
    if (prometheus.prometheus !== undefined) this.prometheus = prometheus.prometheus;
    this.scrapeIntervalSeconds = prometheus.scrapeIntervalSeconds;
    this.gatewayNamespace = namespace;
    this.gateway = gateway?.gateway ?? pulumi.interpolate`${gatewayNames.gateway}.${namespace}`;
    this.gatewayReadsRetries = gateway !== undefined;
    this.gatewayReadsMethods = gateway !== undefined;
    if (args.apisix !== false)
      this.latencyBuckets = pulumi
        .output(args.apisix?.latencyBuckets ?? defaultLatencyBuckets)
        .apply((all) => [...all]);
    this.watchdogAfterSeconds = this.createWatchdog(namespace, definitions)?.watchdogAfterSeconds;
    this.dependencies = [
      ...definitions,
      ...(controller?.dependencies ?? []),
      ...(gateway === undefined ? [] : [gateway.deployment]),
      ...prometheus.dependencies,
    ];
    this.registerOutputs({ gateway: this.gateway, ingressClassName: this.ingressClassName });
  }

  private createNamespace(): pulumi.Output<string> {
    const { namespace, createNamespace = true, namespaceLabels } = this.args;
    if (!createNamespace) return pulumi.output(namespace);
    // All of our pods keep the standard; a pod that does not is none of ours.
    const standard = { "pod-security.kubernetes.io/enforce": "restricted" };
    const labels = pulumi.output(namespaceLabels ?? {}).apply((own) => ({ ...standard, ...own }));
    const made = new k8s.core.v1.Namespace(
      `${this.prefix}-namespace`,
      { metadata: { name: namespace, labels } },
      { parent: this },
    );
    return made.metadata.name;
  }

  private createDefinitions(): readonly pulumi.Resource[] {
    const { definitions = {} } = this.args;
    if (definitions === false) return [];
    const { keepOnDestroy = true } = definitions;
    return [new CanaryDefinitions(`${this.prefix}-release`, { keepOnDestroy }, { parent: this }).definition];
  }

  private createController(namespace: pulumi.Output<string>): ApisixIngressController | undefined {
    const { ingressController = {}, definitions = {}, pods } = this.args;
    if (ingressController === false) return undefined;
    const own = withDefaults(ingressController, pods);
    const fate = definitions === false ? {} : { definitions };
    return new ApisixIngressController(`${this.prefix}-controller`, { ...fate, ...own, namespace }, { parent: this });
  }

  /** It is ready after the first push only, so it is awaited when there is somebody to push. */
  private createGateway(namespace: pulumi.Output<string>, after: readonly pulumi.Resource[]): Apisix | undefined {
    const { apisix = {}, pods } = this.args;
    if (apisix === false) return undefined;
    const own = withDefaults(apisix, pods);
    return new Apisix(`${this.prefix}-apisix`, { ...own, namespace }, { parent: this, dependsOn: [...after] });
  }

  private createPrometheus(namespace: pulumi.Output<string>): BoundPrometheus {
    const { prometheus = {}, pods } = this.args;
    if ("url" in prometheus) {
      checkArguments("CanaryPlatform", externalArguments, this.args);
      return { ...boundPrometheus(prometheus, refusing(this, this.prefix)), dependencies: [] };
    }
    const own = withDefaults(prometheus, pods);
    const made = new Prometheus(`${this.prefix}-prometheus`, { ...own, namespace }, { parent: this });
    return {
      prometheusUrl: made.url,
      scrapeIntervalSeconds: made.scrapeIntervalSeconds,
      dependencies: [made.deployment],
    };
  }

  private createWatchdog(
    namespace: pulumi.Output<string>,
    dependsOn: readonly pulumi.Resource[],
  ): ReleaseWatchdog | undefined {
    const { watchdog = {}, pods } = this.args;
    if (watchdog === false) return undefined;
    const own = withDefaults(watchdog, pods);
    return new ReleaseWatchdog(
      `${this.prefix}-watchdog`,
      { ...own, namespace },
      { parent: this, dependsOn: [...dependsOn] },
    );
  }
}

type BoundPrometheus = ReturnType<typeof boundPrometheus> & { readonly dependencies: readonly pulumi.Resource[] };
