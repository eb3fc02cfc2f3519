import * as k8s from "@pulumi/kubernetes";
import { CanaryPlatform, CanaryRelease } from "pulumi-apisix-canary";
import type { AnalysisInput } from "pulumi-apisix-canary";

interface Service {
  readonly name: string;
  readonly tag: string;
  /** Of the usual analysis. */
  readonly stricter?: Partial<AnalysisInput>;
}

const services: readonly Service[] = [
  { name: "catalog", tag: "6.0.1" },
  { name: "cart", tag: "6.0.1" },
  { name: "payment", tag: "6.0.1", stricter: { stepWeight: 5, threshold: 2 } },
];

const analysis = { interval: "10s", threshold: 5, maxWeight: 50, stepWeight: 10 } satisfies AnalysisInput;

const platform = new CanaryPlatform("edge", { namespace: "apisix" });
const shop = new k8s.core.v1.Namespace("shop", { metadata: { name: "shop" } });

function releaseOf({ name, tag, stricter }: Service): CanaryRelease {
  return new CanaryRelease(name, {
    namespace: shop.metadata.name,
    template: {
      spec: {
        containers: [
          {
            name,
            image: `ghcr.io/stefanprodan/podinfo:${tag}`,
            readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
          },
        ],
      },
    },
    service: { port: 80, targetPort: 9898 },
    route: { hosts: [`${name}.example.com`] },
    platform,
    analysis: { ...analysis, ...stricter },
  });
}

// They run side by side, each judged on its own users.
export const promoted = Object.fromEntries(services.map((service) => [service.name, releaseOf(service).promoted]));
