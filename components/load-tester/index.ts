/** Flagger's load tester: makes traffic while a canary is in analysis, and keeps manual gates. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelsOf, restrictedContainer, restrictedPod } from "../kubernetes/index.js";

export interface LoadTesterArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of Deployment and Service; the article's URLs use this one. Default "flagger-loadtester". */
  readonly name?: string;
  /** Default `ghcr.io/fluxcd/flagger-loadtester:0.36.0`. */
  readonly image?: string;
  /** How long one command may run. Default "1h". */
  readonly timeout?: string;
}

const containerPort = 8080;
const user = 10001;

export class LoadTester extends pulumi.ComponentResource {
  /** `http://<name>.<namespace>/`. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: LoadTesterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("apisix-canary:index:LoadTester", name, {}, opts);
    const app = args.name ?? "flagger-loadtester";
    const namespace = pulumi.output(args.namespace);
    const deployment = new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: { name: app, namespace, labels: labelsOf(app) },
        spec: {
          replicas: 1,
          selector: { matchLabels: { app } },
          template: { metadata: { labels: labelsOf(app) }, spec: podSpec(args) },
        },
      },
      { parent: this },
    );
    new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: { name: app, namespace },
        spec: { selector: { app }, ports: [{ name: "http", port: 80, targetPort: containerPort }] },
      },
      { parent: this, dependsOn: [deployment] },
    );
    this.url = pulumi.interpolate`http://${app}.${namespace}/`;
    this.registerOutputs({ url: this.url });
  }
}

function podSpec(args: LoadTesterArgs): k8s.types.input.core.v1.PodSpec {
  return {
    automountServiceAccountToken: false,
    securityContext: restrictedPod(user),
    containers: [
      {
        name: "loadtester",
        image: args.image ?? "ghcr.io/fluxcd/flagger-loadtester:0.36.0",
        command: ["./loadtester", `-port=${containerPort}`, "-log-level=info", `-timeout=${args.timeout ?? "1h"}`],
        securityContext: restrictedContainer(),
        ports: [{ name: "http", containerPort }],
        readinessProbe: { httpGet: { path: "/healthz", port: containerPort }, periodSeconds: 2 },
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "512Mi" } },
        volumeMounts: [{ name: "scratch", mountPath: "/tmp" }],
      },
    ],
    volumes: [{ name: "scratch", emptyDir: {} }],
  };
}
