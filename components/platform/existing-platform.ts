import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { metricPrefix } from "../../release/settings/index.js";
import type { PrometheusAccess } from "../../release/settings/index.js";
import { argument, checkArguments } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";
import { refusing } from "../errors/index.js";
import { CanaryDefinitions } from "../crds/index.js";
import type { PlatformBinding } from "../platform-binding/index.js";
import { ReleaseWatchdog } from "../watchdog/index.js";
import type { ReleaseWatchdogArgs } from "../watchdog/index.js";
import { boundPrometheus, externalPrometheus } from "./external-prometheus.js";
import type { ExternalPrometheus } from "./external-prometheus.js";

/** An APISIX that is there already, whoever installed it. */
export interface ExistingGateway {
  /** Where its pods are. */
  readonly namespace: pulumi.Input<string>;
  /** `plugin_attr.prometheus.metric_prefix` of its configuration. Default "apisix_", APISIX's own. */
  readonly metricPrefix?: pulumi.Input<string>;
  /**
   * Whether `extra_labels` of its `http_status` metric have `upstream_addr` and `upstream_status`. Default false: then a
   * retried request hides its failed attempt, and preview says so.
   */
  readonly readsRetries?: boolean;
  /** Whether `extra_labels` of `http_status` and `http_latency` have `method_class`. Default false. */
  readonly readsMethods?: boolean;
  /** `plugin_attr.prometheus.default_buckets` of its configuration, ms. Default: APISIX's own. */
  readonly latencyBuckets?: pulumi.Input<readonly number[]>;
}

/** What is there already. */
export interface ExistingPlatformArgs {
  /**
   * Class of the ingress controller that serves the gateway: one that takes ApisixRoute v2. Before 2.0 its status tells
   * less, and each release says so.
   */
  readonly ingressClassName: pulumi.Input<string>;
  /** The APISIX that users reach. */
  readonly gateway: ExistingGateway;
  /** The Prometheus that scrapes it. */
  readonly prometheus: ExternalPrometheus;
  /** Whether to install the definition of our own kind; several stacks may. A destroy keeps it. Default true. */
  readonly definitions?: boolean;
  /**
   * Rolls releases back whose run has died; one for a cluster is enough. Default none: then nobody does, when the
   * machine that ran `pulumi up` is gone.
   */
  readonly watchdog?: ReleaseWatchdogArgs | ReleaseWatchdog;
}

/** APISIX's own. */
const usualBuckets: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];

const schema = z.strictObject({
  ingressClassName: z.string().min(1, "must not be empty"),
  gateway: z.strictObject({
    namespace: z.string().min(1, "must not be empty"),
    metricPrefix: metricPrefix.optional(),
    readsRetries: argument.flag,
    readsMethods: argument.flag,
    latencyBuckets: z.array(z.number()).optional(),
  } satisfies Shape<ExistingGateway>),
  prometheus: externalPrometheus,
  definitions: argument.flag,
  // Checks its own.
  watchdog: z.looseObject({}).optional(),
} satisfies Shape<ExistingPlatformArgs>);

/**
 * A gateway, ingress controller and Prometheus that are there already, as releases need to know them. It reads nothing
 * and changes nothing of them; a release checks them before it starts.
 *
 * Throws a one-line error naming the property for unknown or contradictory arguments.
 */
export class ExistingPlatform extends pulumi.ComponentResource implements PlatformBinding {
  readonly ingressClassName: pulumi.Output<string>;
  readonly prometheusUrl: pulumi.Output<string>;
  declare readonly prometheus?: pulumi.Output<PrometheusAccess>;
  readonly metricPrefix: pulumi.Output<string>;
  readonly gatewayNamespace: pulumi.Output<string>;
  readonly scrapeIntervalSeconds: number;
  readonly dependencies: readonly pulumi.Resource[];
  readonly gatewayReadsRetries: boolean;
  readonly gatewayReadsMethods: boolean;
  readonly latencyBuckets: pulumi.Output<readonly number[]>;
  readonly watchdogAfterSeconds: number | undefined;

  constructor(name: string, args: ExistingPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("apisix-canary:index:ExistingPlatform", name, {}, opts);
    checkArguments("ExistingPlatform", schema, args);
    const { gateway, prometheus, definitions = true } = args;
    const bound = boundPrometheus(prometheus, refusing(this, name));
    this.ingressClassName = pulumi.output(args.ingressClassName);
    this.prometheusUrl = bound.prometheusUrl;
    if (bound.prometheus !== undefined) this.prometheus = bound.prometheus;
    this.metricPrefix = pulumi.output(gateway.metricPrefix ?? "apisix_");
    this.gatewayNamespace = pulumi.output(gateway.namespace);
    this.scrapeIntervalSeconds = bound.scrapeIntervalSeconds;
    this.gatewayReadsRetries = gateway.readsRetries ?? false;
    this.gatewayReadsMethods = gateway.readsMethods ?? false;
    this.latencyBuckets = pulumi.output(gateway.latencyBuckets ?? usualBuckets).apply((bounds) => [...bounds]);
    this.dependencies = definitions ? [new CanaryDefinitions(`${name}-release`, {}, { parent: this }).definition] : [];
    this.watchdogAfterSeconds = this.watchdog(name, args.watchdog)?.watchdogAfterSeconds;
    this.registerOutputs({ ingressClassName: this.ingressClassName });
  }

  private watchdog(
    name: string,
    given: ReleaseWatchdogArgs | ReleaseWatchdog | undefined,
  ): ReleaseWatchdog | undefined {
    if (given === undefined || given instanceof ReleaseWatchdog) return given;
    return new ReleaseWatchdog(`${name}-watchdog`, given, { parent: this, dependsOn: [...this.dependencies] });
  }
}
