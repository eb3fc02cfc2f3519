/** Grafana's dashboard of releases, of the metrics that the watchdog exports. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argument, checkArguments } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";
import { labelsOf } from "../kubernetes/index.js";
import dashboard from "./release-dashboard.json";

/** Where the dashboard goes, and how it is found there. */
export interface GrafanaDashboardArgs {
  /** Where Grafana's sidecar looks; mostly Grafana's own namespace. */
  readonly namespace: pulumi.Input<string>;
  /** Name of the ConfigMap. Default "apisix-canary-dashboard". */
  readonly name?: pulumi.Input<string>;
  /**
   * By what the sidecar finds it. Default `grafana_dashboard: "1"`, which is what the charts `grafana` and
   * `kube-prometheus-stack` look for unless told otherwise.
   */
  readonly labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Folder in Grafana (annotation `grafana_folder`, where the sidecar is told of that). Default: the general one. */
  readonly folder?: pulumi.Input<string>;
}

const schema = z.strictObject({
  namespace: z.string().min(1, "must not be empty"),
  name: argument.text,
  labels: argument.labels,
  folder: argument.text,
} satisfies Shape<GrafanaDashboardArgs>);

const sidecarLabel = { grafana_dashboard: "1" };

/** The dashboard as JSON, for those who bring it into Grafana by themselves. */
export function releaseDashboardJson(): string {
  return JSON.stringify(dashboard, undefined, 2);
}

/**
 * A ConfigMap with Grafana's dashboard of releases: weight, phase, verdicts, values beside their limits, requests and
 * evidence, of all releases and of one. Its Prometheus is chosen at the top of the dashboard; it must scrape the watchdog
 * (annotated pods, as `CanaryPlatform`'s own does).
 */
export class GrafanaDashboard extends pulumi.ComponentResource {
  /** The ConfigMap that holds the dashboard. */
  readonly configMap: pulumi.Resource;

  constructor(name: string, args: GrafanaDashboardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("apisix-canary:index:GrafanaDashboard", name, {}, opts);
    checkArguments("GrafanaDashboard", schema, args);
    const object = args.name ?? "apisix-canary-dashboard";
    const labels = pulumi
      .all([object, args.labels ?? sidecarLabel])
      .apply(([own, wanted]) => ({ ...labelsOf(own), ...wanted }));
    const annotations = args.folder === undefined ? {} : { annotations: { grafana_folder: args.folder } };
    this.configMap = new k8s.core.v1.ConfigMap(
      `${name}-dashboard`,
      {
        metadata: { name: object, namespace: args.namespace, labels, ...annotations },
        data: { "apisix-canary-releases.json": releaseDashboardJson() },
      },
      { parent: this },
    );
    this.registerOutputs({ configMap: this.configMap });
  }
}
