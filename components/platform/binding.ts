import type * as pulumi from "@pulumi/pulumi";

/** What a CanaryRelease needs to know of the platform it runs on; `CanaryPlatform` is one. */
export interface PlatformBinding {
  readonly ingressClassName: pulumi.Output<string>;
  /** `http://flagger-prometheus.apisix:9090`, as in the article. */
  readonly prometheusUrl: pulumi.Output<string>;
  readonly gatewayNamespace: pulumi.Output<string>;
  /** Seconds between two scrapes of the gateway. */
  readonly scrapeIntervalSeconds: number;
  /** What must exist before a release: definitions, class, controller, gateway, Prometheus. */
  readonly dependencies: readonly pulumi.Resource[];
  /** Whether the gateway's metrics show every attempt of a retried request (label `upstream_status`). */
  readonly gatewayReadsRetries: boolean;
  /** Seconds without a sign of life until the watchdog rolls a release back; undefined without a watchdog. */
  readonly watchdogAfterSeconds: number | undefined;
}
