import * as k8s from "@pulumi/kubernetes";
import { CanaryPlatform, ReleaseTrain } from "pulumi-apisix-canary";
import type { TrainMember } from "pulumi-apisix-canary";

const platform = new CanaryPlatform("edge", { namespace: "apisix" });
const shop = new k8s.core.v1.Namespace("shop", { metadata: { name: "shop" } });

function member(name: string, tag: string): TrainMember {
  return {
    name,
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
    analysis: { interval: "10s", threshold: 5, stepWeight: 10, maxWeight: 50 },
  };
}

const train = new ReleaseTrain("shop", {
  order: "together",
  releases: [member("cart", "6.0.1"), member("web", "6.0.1")],
});

export const promoted = train.promoted;
