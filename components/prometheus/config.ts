import { stringify } from "yaml";

export interface ScrapeConfig {
  readonly scrapeIntervalSeconds: number;
  readonly namespaces: readonly string[];
  /** Samples and bytes of one scrape; one that is larger counts as failed. */
  readonly limits: { readonly samples: number; readonly megabytes: number };
}

/** prometheus.yml: pods with the annotations `prometheus.io/scrape`, `port` and `path`. */
export function prometheusConfig({ scrapeIntervalSeconds, namespaces, limits }: ScrapeConfig): string {
  const annotation = (name: string): string => `__meta_kubernetes_pod_annotation_prometheus_io_${name}`;
  const interval = `${scrapeIntervalSeconds}s`;
  return stringify({
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: "15s" },
    scrape_configs: [
      {
        job_name: "kubernetes-pods",
        sample_limit: limits.samples,
        body_size_limit: `${limits.megabytes}MB`,
        kubernetes_sd_configs: [{ role: "pod", namespaces: { names: [...namespaces] } }],
        relabel_configs: [
          { source_labels: [annotation("scrape")], action: "keep", regex: "true" },
          { source_labels: ["__meta_kubernetes_pod_phase"], action: "drop", regex: "Pending|Succeeded|Failed" },
          { source_labels: [annotation("path")], action: "replace", target_label: "__metrics_path__", regex: "(.+)" },
          {
            source_labels: ["__meta_kubernetes_pod_ip", annotation("port")],
            action: "replace",
            regex: "(.+);(\\d+)",
            replacement: "$1:$2",
            target_label: "__address__",
          },
          // A pod's containers and ports are one target each: after this they are the same one.
          { source_labels: ["__meta_kubernetes_namespace"], target_label: "namespace" },
          { source_labels: ["__meta_kubernetes_pod_name"], target_label: "pod" },
        ],
      },
    ],
  });
}
