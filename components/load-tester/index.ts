/** Flagger's load tester: makes traffic while a canary is in analysis, and keeps manual gates. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argument, checkArguments } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";
import {
  createDisruptionBudget,
  exposed,
  imageOf,
  labelsOf,
  placed,
  podMetadata,
  podOptionsShape,
  restrictedContainer,
  restrictedPod,
  serviceOptionsShape,
} from "../kubernetes/index.js";
import type { PodOptions, ServiceOptions } from "../kubernetes/index.js";

/** What can be said of it. */
export interface LoadTesterArgs extends PodOptions {
  /** Where it runs; the article's is `test`. */
  readonly namespace: pulumi.Input<string>;
  /** Name of Deployment and Service; the article's URLs use this one. Default "flagger-loadtester". */
  readonly name?: pulumi.Input<string>;
  /** Default `ghcr.io/fluxcd/flagger-loadtester:0.36.0`. */
  readonly image?: pulumi.Input<string>;
  /** How long one command may run. Default "1h". */
  readonly timeout?: pulumi.Input<string>;
  /** Its gates are in memory: with more than one pod an opened gate is open on one of them. Default 1. */
  readonly replicas?: pulumi.Input<number>;
  /** Its Service; `port` is also the port in `url`. */
  readonly service?: ServiceOptions & {
    /** Default 80. */
    readonly port?: pulumi.Input<number>;
  };
}

const schema = z.strictObject({
  ...podOptionsShape,
  namespace: argument.text,
  name: argument.text,
  image: argument.text,
  timeout: argument.duration,
  replicas: argument.count,
  service: z.strictObject({ ...serviceOptionsShape, port: argument.port }).optional(),
} satisfies Shape<LoadTesterArgs>);

const containerPort = 8080;
const user = 10001;

/** Flagger's load tester, with its Service. Throws a one-line error naming the property for unknown or wrong arguments. */
export class LoadTester extends pulumi.ComponentResource {
  /** `http://<name>.<namespace>/`. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: LoadTesterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("apisix-canary:index:LoadTester", name, {}, opts);
    checkArguments("LoadTester", schema, args);
    const { service = {}, replicas = 1 } = args;
    const app = pulumi.output(args.name ?? "flagger-loadtester");
    const namespace = pulumi.output(args.namespace);
    const deployment = new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: { name: app, namespace, labels: app.apply(labelsOf) },
        spec: {
          replicas,
          selector: { matchLabels: { app } },
          template: {
            metadata: app.apply((own) => podMetadata(args, { labels: labelsOf(own) })),
            spec: placed(podSpec(args), args),
          },
        },
      },
      { parent: this },
    );
    const annotations = service.annotations === undefined ? {} : { annotations: service.annotations };
    new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: { name: app, namespace, ...annotations },
        spec: {
          selector: { app },
          ports: [{ name: "http", port: service.port ?? 80, targetPort: containerPort }],
          ...exposed(service),
        },
      },
      { parent: this, dependsOn: [deployment] },
    );
    createDisruptionBudget(name, { app, namespace, replicas }, args, { parent: this });
    const port = pulumi.output(service.port ?? 80).apply((own) => (own === 80 ? "" : `:${own}`));
    this.url = pulumi.interpolate`http://${app}.${namespace}${port}/`;
    this.registerOutputs({ url: this.url });
  }
}

function podSpec(args: LoadTesterArgs): k8s.types.input.core.v1.PodSpec {
  const timeout = pulumi.interpolate`-timeout=${args.timeout ?? "1h"}`;
  return {
    automountServiceAccountToken: false,
    securityContext: restrictedPod(user),
    containers: [
      {
        name: "loadtester",
        ...imageOf(args, args.image, "ghcr.io/fluxcd/flagger-loadtester:0.36.0"),
        command: ["./loadtester", `-port=${containerPort}`, "-log-level=info", timeout],
        securityContext: restrictedContainer(),
        ports: [{ name: "http", containerPort }],
        readinessProbe: { httpGet: { path: "/healthz", port: containerPort }, periodSeconds: 2 },
        resources: args.resources ?? { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "512Mi" } },
        // Commands of webhooks may write there; nothing else is writable.
        volumeMounts: [{ name: "scratch", mountPath: "/tmp" }],
      },
    ],
    volumes: [{ name: "scratch", emptyDir: {} }],
  };
}
