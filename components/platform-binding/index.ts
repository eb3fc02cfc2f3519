/** What the platforms and a release agree on. */
import type * as pulumi from "@pulumi/pulumi";
import type { PrometheusAccess } from "../../release/settings/index.js";

/** What a release needs to know of where it runs; `CanaryPlatform` and `ExistingPlatform` say it. */
export interface PlatformBinding {
  /** Class of the routes that the gateway's controller serves. */
  readonly ingressClassName: pulumi.Output<string>;
  /** `http://flagger-prometheus.apisix:9090`, as in the article. */
  readonly prometheusUrl: pulumi.Output<string>;
  /** How Prometheus is asked beside its URL: credentials, tenant, authority. Secret. */
  readonly prometheus?: pulumi.Output<PrometheusAccess>;
  /** What the names of the gateway's metrics begin with. Default "apisix_". */
  readonly metricPrefix?: pulumi.Output<string>;
  /** Where the gateway's pods are. */
  readonly gatewayNamespace: pulumi.Output<string>;
  /** Seconds between two scrapes of the gateway. */
  readonly scrapeIntervalSeconds: number;
  /** What must exist before a release: definitions, class, controller, gateway, Prometheus. */
  readonly dependencies: readonly pulumi.Resource[];
  /** Whether the gateway's metrics show every attempt of a retried request (label `upstream_status`). */
  readonly gatewayReadsRetries: boolean;
  /** Whether they tell reads from writes (label `method_class`). Default false. */
  readonly gatewayReadsMethods?: boolean;
  /** Upper bounds of its latency histogram, ms, where they are known: a limit among them is exact. */
  readonly latencyBuckets?: pulumi.Output<readonly number[]>;
  /** Seconds without a sign of life until the watchdog rolls a release back; undefined without a watchdog. */
  readonly watchdogAfterSeconds: number | undefined;
}
