import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argument } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";

/** A PodMonitor for the Prometheus Operator. */
export interface PodMonitorOptions {
  /** Labels by which the operator's Prometheus picks its monitors, like `{ release: "kube-prometheus-stack" }`. */
  readonly labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Namespace of the monitor. Default: the pods'. */
  readonly namespace?: pulumi.Input<string>;
  /** Seconds between two scrapes. Default 2: decisions within seconds need fresh counters. */
  readonly intervalSeconds?: pulumi.Input<number>;
}

/** `true`: a PodMonitor with its defaults. */
export const podMonitor = z
  .union([
    z.boolean(),
    z.strictObject({
      labels: argument.labels,
      namespace: argument.text,
      intervalSeconds: argument.seconds,
    } satisfies Shape<PodMonitorOptions>),
  ])
  .optional();

/** What is scraped of the pods of one app. */
export interface Scraped {
  readonly app: string;
  readonly namespace: pulumi.Input<string>;
  /** Name of the container's port. */
  readonly port: string;
  readonly path: string;
}

/** Tells the Prometheus Operator to scrape these pods; its definitions must be in the cluster. */
export function createPodMonitor(
  prefix: string,
  { app, namespace, port, path }: Scraped,
  asked: boolean | PodMonitorOptions | undefined,
  opts: pulumi.CustomResourceOptions,
): void {
  if (asked === undefined || asked === false) return;
  const options: PodMonitorOptions = asked === true ? {} : asked;
  const interval = pulumi.interpolate`${options.intervalSeconds ?? 2}s`;
  new k8s.apiextensions.CustomResource(
    `${prefix}-pod-monitor`,
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PodMonitor",
      metadata: {
        name: app,
        namespace: options.namespace ?? namespace,
        ...(options.labels === undefined ? {} : { labels: options.labels }),
      },
      spec: {
        selector: { matchLabels: { app } },
        namespaceSelector: { matchNames: [namespace] },
        podMetricsEndpoints: [{ port, path, interval, scrapeTimeout: interval }],
      },
    },
    opts,
  );
}
