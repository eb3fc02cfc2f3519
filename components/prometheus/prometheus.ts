import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { contentHash } from "../canary-release/revision.js";
import { labelsOf, restrictedContainer, restrictedPod } from "../kubernetes/index.js";

export interface PrometheusArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of its Service; the article's URLs use this one. Default "flagger-prometheus". */
  readonly name?: string;
  /** Default `prom/prometheus:v3.16.0`. */
  readonly image?: string;
  /** Namespaces whose annotated pods are scraped. Default: its own. */
  readonly scrapeNamespaces?: readonly pulumi.Input<string>[];
  /** Seconds between two scrapes. Default 2. */
  readonly scrapeIntervalSeconds?: number;
  /** How long samples are kept. Default "2h". */
  readonly retention?: string;
}

const port = 9090;
/** "nobody", as in the image. */
const user = 65534;

/** A Prometheus that scrapes annotated pods, often enough for decisions within seconds. */
export class Prometheus extends pulumi.ComponentResource {
  /** `http://<name>.<namespace>:9090`. */
  readonly url: pulumi.Output<string>;
  readonly scrapeIntervalSeconds: number;
  readonly deployment: pulumi.Resource;

  constructor(name: string, args: PrometheusArgs, opts?: pulumi.ComponentResourceOptions) {
    super("apisix-canary:index:Prometheus", name, {}, opts);
    const app = args.name ?? "flagger-prometheus";
    const namespace = pulumi.output(args.namespace);
    this.scrapeIntervalSeconds = args.scrapeIntervalSeconds ?? 2;
    const scraped = pulumi.all([...(args.scrapeNamespaces ?? [namespace])]);
    this.createAccount(name, app, namespace);
    const config = this.createConfig(name, app, namespace, scraped);
    this.deployment = this.createDeployment(name, app, args, namespace, config);
    new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: { name: app, namespace },
        spec: { selector: { app }, ports: [{ name: "http", port, targetPort: port }] },
      },
      { parent: this, dependsOn: [this.deployment] },
    );
    this.url = pulumi.interpolate`http://${app}.${namespace}:${port}`;
    this.registerOutputs({ url: this.url });
  }

  private createAccount(name: string, app: string, namespace: pulumi.Output<string>): void {
    const metadata = { name: app, namespace };
    new k8s.core.v1.ServiceAccount(`${name}-account`, { metadata }, { parent: this });
    // Namespaces may be added later without another role for each.
    const role = new k8s.rbac.v1.ClusterRole(
      `${name}-cluster-role`,
      {
        metadata: { name: pulumi.interpolate`${app}-${namespace}` },
        rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
      },
      { parent: this },
    );
    new k8s.rbac.v1.ClusterRoleBinding(
      `${name}-cluster-role-binding`,
      {
        metadata: { name: pulumi.interpolate`${app}-${namespace}` },
        subjects: [{ kind: "ServiceAccount", name: app, namespace }],
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
      },
      { parent: this },
    );
  }

  private createConfig(
    name: string,
    app: string,
    namespace: pulumi.Output<string>,
    scraped: pulumi.Output<readonly string[]>,
  ): k8s.core.v1.ConfigMap {
    const text = scraped.apply((namespaces) => prometheusConfig(this.scrapeIntervalSeconds, namespaces));
    return new k8s.core.v1.ConfigMap(
      `${name}-config`,
      { metadata: { name: `${app}-config`, namespace }, data: { "prometheus.yml": text } },
      { parent: this },
    );
  }

  private createDeployment(
    name: string,
    app: string,
    args: PrometheusArgs,
    namespace: pulumi.Output<string>,
    config: k8s.core.v1.ConfigMap,
  ): pulumi.Resource {
    const hash = config.data.apply((data) => contentHash(data));
    return new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: { name: app, namespace, labels: labelsOf(app) },
        spec: {
          replicas: 1,
          strategy: { type: "Recreate" },
          selector: { matchLabels: { app } },
          template: {
            metadata: { labels: labelsOf(app), annotations: { "apisix-canary.io/config": hash } },
            spec: podSpec(app, args, config.metadata.name),
          },
        },
      },
      { parent: this },
    );
  }
}

/** prometheus.yml: pods with the annotations `prometheus.io/scrape`, `port` and `path`. */
export function prometheusConfig(scrapeIntervalSeconds: number, namespaces: readonly string[]): string {
  const annotation = (name: string): string => `__meta_kubernetes_pod_annotation_prometheus_io_${name}`;
  const interval = `${scrapeIntervalSeconds}s`;
  return stringify({
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: "15s" },
    scrape_configs: [
      {
        job_name: "kubernetes-pods",
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

function podSpec(
  app: string,
  args: PrometheusArgs,
  configName: pulumi.Output<string>,
): k8s.types.input.core.v1.PodSpec {
  return {
    serviceAccountName: app,
    securityContext: restrictedPod(user),
    terminationGracePeriodSeconds: 10,
    containers: [
      {
        name: "prometheus",
        image: args.image ?? "prom/prometheus:v3.16.0",
        args: [
          "--config.file=/etc/prometheus/prometheus.yml",
          "--storage.tsdb.path=/prometheus",
          `--storage.tsdb.retention.time=${args.retention ?? "2h"}`,
          `--web.listen-address=0.0.0.0:${port}`,
        ],
        securityContext: restrictedContainer(),
        ports: [{ name: "http", containerPort: port }],
        readinessProbe: { httpGet: { path: "/-/ready", port }, periodSeconds: 2 },
        resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "2Gi" } },
        volumeMounts: [
          { name: "config", mountPath: "/etc/prometheus", readOnly: true },
          { name: "data", mountPath: "/prometheus" },
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: configName } },
      { name: "data", emptyDir: {} },
    ],
  };
}
