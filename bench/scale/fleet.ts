import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CanaryRelease } from "../../components/index.js";
import type { Program } from "../stack.js";
import { checkIntervalSeconds, fakeNode, prometheusPort } from "./world-facts.js";

export interface Fleet {
  readonly namespace: string;
  readonly releases: number;
  readonly version: string;
  /** Length of one step. */
  readonly stepSeconds: number;
}

export function releaseName(index: number): string {
  return `r${String(index).padStart(3, "0")}`;
}

/** Pods that are objects only: bound to the fake node, no scheduler and no process. */
function podSpec(version: string) {
  return {
    nodeName: fakeNode,
    terminationGracePeriodSeconds: 10,
    containers: [
      { name: "app", image: `sandbox/faulty:${version}`, ports: [{ name: "http", containerPort: 9898 }], env: [] },
    ],
  };
}

/** So many releases in one program. */
export function fleetProgram({ namespace, releases, version, stepSeconds }: Fleet): Program {
  return () => {
    const home = new k8s.core.v1.Namespace(namespace, { metadata: { name: namespace } });
    for (let index = 0; index < releases; index++) {
      const name = releaseName(index);
      new CanaryRelease(name, {
        namespace: home.metadata.name,
        template: { spec: podSpec(version) },
        service: { port: 80, targetPort: 9898 },
        route: { hosts: [`${name}.example.com`] },
        ingressClassName: "nobody",
        prometheusUrl: `http://127.0.0.1:${prometheusPort}`,
        analysis: {
          interval: `${stepSeconds}s`,
          checkInterval: `${checkIntervalSeconds}s`,
          threshold: 10,
          maxWeight: 50,
          stepWeight: 10,
          metrics: [
            { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "1m" },
            { name: "request-duration", thresholdRange: { max: 500 }, interval: "30s" },
          ],
        },
      });
    }
    return Promise.resolve();
  };
}

/** The same objects without the dynamic resources between them. */
export function plainProgram({ namespace, releases, version }: Omit<Fleet, "stepSeconds">): Program {
  return () => {
    const home = new k8s.core.v1.Namespace(namespace, { metadata: { name: namespace } });
    for (let index = 0; index < releases; index++) new PlainRelease(releaseName(index), home.metadata.name, version);
    return Promise.resolve();
  };
}

class PlainRelease extends pulumi.ComponentResource {
  constructor(name: string, namespace: pulumi.Output<string>, version: string) {
    super("bench:index:PlainRelease", name);
    const opts = { parent: this };
    const metadata = (suffix: string, annotations: Record<string, string>) => ({
      name: `${name}${suffix}`,
      namespace,
      annotations,
    });
    const notAwaited = { "pulumi.com/skipAwait": "true" };
    const shared = { "pulumi.com/patchForce": "true" };
    new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: "apisix-canary.io/v1",
        kind: "CanaryRelease",
        metadata: { name, namespace },
        spec: { targetRef: { apiVersion: "apps/v1", kind: "Deployment", name }, service: { name, port: 80 } },
      },
      opts,
    );
    for (const suffix of ["", "-canary", "-primary"])
      new k8s.core.v1.Service(
        `${name}${suffix}-service`,
        {
          metadata: metadata(suffix, notAwaited),
          spec: {
            type: "ClusterIP",
            selector: { app: suffix === "-canary" ? name : `${name}-primary` },
            ports: [{ name: "http", port: 80, targetPort: 9898, protocol: "TCP" }],
          },
        },
        opts,
      );
    new k8s.apiextensions.CustomResource(
      `${name}-route`,
      {
        apiVersion: "apisix.apache.org/v2",
        kind: "ApisixRoute",
        metadata: metadata(`-${name}-canary`, shared),
        spec: { ingressClassName: "nobody", http: [plainRule(name)] },
      },
      opts,
    );
    for (const suffix of ["", "-primary"]) {
      const app = `${name}${suffix}`;
      new k8s.apps.v1.Deployment(
        `${app}-deployment`,
        {
          metadata: metadata(suffix, shared),
          spec: {
            replicas: suffix === "" ? 0 : 1,
            selector: { matchLabels: { app } },
            template: { metadata: { labels: { app } }, spec: podSpec(version) },
          },
        },
        opts,
      );
    }
    this.registerOutputs({});
  }
}

function plainRule(name: string) {
  return {
    name,
    match: { hosts: [`${name}.example.com`], paths: ["/*"] },
    backends: ["primary", "canary"].map((role) => ({
      serviceName: `${name}-${role}`,
      servicePort: 80,
      weight: role === "primary" ? 100 : 0,
    })),
    plugins: [{ name: "prometheus", enable: true, config: { prefer_name: true } }],
  };
}
