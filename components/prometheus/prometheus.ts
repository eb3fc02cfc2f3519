import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { checkArguments } from "../arguments/index.js";
import {
  contentHash,
  createDisruptionBudget,
  exposed,
  imageOf,
  labelsOf,
  placed,
  podMetadata,
  restrictedContainer,
  restrictedPod,
} from "../kubernetes/index.js";
import { prometheusArguments } from "./args.js";
import type { PrometheusArgs } from "./args.js";
import { prometheusConfig } from "./config.js";

const port = 9090;
/** "nobody", as in the image. */
const user = 65534;
const rbacGroup = "rbac.authorization.k8s.io";

/** A Prometheus that scrapes annotated pods, often enough for decisions within seconds. */
export class Prometheus extends pulumi.ComponentResource {
  /** `http://<name>.<namespace>:9090`. */
  readonly url: pulumi.Output<string>;
  /** Seconds between two scrapes. */
  readonly scrapeIntervalSeconds: number;
  /** Of its one pod. */
  readonly deployment: pulumi.Resource;

  private readonly app: pulumi.Output<string>;
  private readonly namespace: pulumi.Output<string>;

  constructor(
    private readonly prefix: string,
    private readonly args: PrometheusArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("apisix-canary:index:Prometheus", prefix, {}, opts);
    checkArguments("Prometheus", prometheusArguments, args);
    this.app = pulumi.output(args.name ?? "flagger-prometheus");
    this.namespace = pulumi.output(args.namespace);
    this.scrapeIntervalSeconds = args.scrapeIntervalSeconds ?? 2;
    this.createAccount();
    this.deployment = this.createDeployment(this.createConfig());
    this.url = this.createService();
    const { app, namespace } = this;
    createDisruptionBudget(prefix, { app, namespace, replicas: 1 }, args, this.child);
    this.registerOutputs({ url: this.url });
  }

  private get child(): pulumi.CustomResourceOptions {
    return { parent: this };
  }

  /** To find the pods of a namespace: nothing else, and nowhere else. */
  private createAccount(): void {
    const { app, namespace, prefix } = this;
    new k8s.core.v1.ServiceAccount(`${prefix}-account`, { metadata: { name: app, namespace } }, this.child);
    const subjects = [{ kind: "ServiceAccount", name: app, namespace }];
    (this.args.scrapeNamespaces ?? [this.args.namespace]).forEach((scraped, index) => {
      const suffix = typeof scraped === "string" ? scraped : String(index);
      const metadata = { name: pulumi.interpolate`${app}-${namespace}`, namespace: scraped };
      const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }];
      const role = new k8s.rbac.v1.Role(`${prefix}-role-${suffix}`, { metadata, rules }, this.child);
      const roleRef = { apiGroup: rbacGroup, kind: "Role", name: role.metadata.name };
      new k8s.rbac.v1.RoleBinding(`${prefix}-role-binding-${suffix}`, { metadata, subjects, roleRef }, this.child);
    });
  }

  private createConfig(): k8s.core.v1.ConfigMap {
    const { scrapeNamespaces, scrapeLimits = {} } = this.args;
    const text = pulumi
      .all([pulumi.all([...(scrapeNamespaces ?? [this.namespace])]), scrapeLimits.samples, scrapeLimits.megabytes])
      .apply(([namespaces, samples = 1_000_000, megabytes = 512]) =>
        prometheusConfig({
          scrapeIntervalSeconds: this.scrapeIntervalSeconds,
          namespaces,
          limits: { samples, megabytes },
        }),
      );
    const metadata = { name: pulumi.interpolate`${this.app}-config`, namespace: this.namespace };
    return new k8s.core.v1.ConfigMap(
      `${this.prefix}-config`,
      { metadata, data: { "prometheus.yml": text } },
      this.child,
    );
  }

  private createDeployment(config: k8s.core.v1.ConfigMap): pulumi.Resource {
    const { args, app, namespace } = this;
    const labels = app.apply(labelsOf);
    const hash = config.data.apply((data) => contentHash(data));
    const metadata = app.apply((name) =>
      podMetadata(args, { labels: labelsOf(name), annotations: { "apisix-canary.io/config": hash } }),
    );
    return new k8s.apps.v1.Deployment(
      `${this.prefix}-deployment`,
      {
        metadata: { name: app, namespace, labels },
        spec: {
          replicas: 1,
          strategy: { type: "Recreate" },
          selector: { matchLabels: { app } },
          template: { metadata, spec: placed(podSpec(app, args, config.metadata.name), args) },
        },
      },
      this.child,
    );
  }

  private createService(): pulumi.Output<string> {
    const { app, namespace } = this;
    const { service = {} } = this.args;
    const servicePort = service.port ?? port;
    const annotations = service.annotations === undefined ? {} : { annotations: service.annotations };
    new k8s.core.v1.Service(
      `${this.prefix}-service`,
      {
        metadata: { name: app, namespace, ...annotations },
        spec: {
          selector: { app },
          ports: [{ name: "http", port: servicePort, targetPort: port }],
          ...exposed(service),
        },
      },
      { parent: this, dependsOn: [this.deployment] },
    );
    return pulumi.interpolate`http://${app}.${namespace}:${servicePort}`;
  }
}

function podSpec(
  app: pulumi.Output<string>,
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
        ...imageOf(args, args.image, "prom/prometheus:v3.16.0"),
        args: flags(args),
        securityContext: restrictedContainer(),
        ports: [{ name: "http", containerPort: port }],
        readinessProbe: { httpGet: { path: "/-/ready", port }, periodSeconds: 2 },
        resources: args.resources ?? { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "2Gi" } },
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

function flags({ retention = "2h", retentionSize, extraArgs }: PrometheusArgs): pulumi.Output<string[]> {
  return pulumi
    .all([retention, retentionSize, extraArgs])
    .apply(([time, size, extra]) => [
      "--config.file=/etc/prometheus/prometheus.yml",
      "--storage.tsdb.path=/prometheus",
      `--storage.tsdb.retention.time=${time}`,
      ...(size === undefined ? [] : [`--storage.tsdb.retention.size=${size}`]),
      `--web.listen-address=0.0.0.0:${port}`,
      ...(extra ?? []),
    ]);
}
