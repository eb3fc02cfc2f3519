import * as k8s from "@pulumi/kubernetes";
import { CanaryPlatform, CanaryRelease } from "pulumi-apisix-canary";

const platform = new CanaryPlatform("edge", { namespace: "apisix" });
const shop = new k8s.core.v1.Namespace("shop", { metadata: { name: "shop" } });
const namespace = shop.metadata.name;

const release = new CanaryRelease("shop", {
  namespace,
  template: {
    spec: {
      containers: [
        {
          name: "shop",
          image: "ghcr.io/stefanprodan/podinfo:6.0.1",
          readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
          resources: { requests: { cpu: "50m", memory: "32Mi" } },
        },
      ],
    },
  },
  service: { port: 80, targetPort: 9898 },
  route: { hosts: ["shop.example.com"] },
  platform,
  // No update and no promotion lowers the primary's pods; the canary has this many while it is in analysis.
  autoscaler: "external",
  replicas: 2,
  analysis: { interval: "10s", threshold: 5, maxWeight: 50, stepWeight: 10 },
});

// Whatever scales: an autoscaler on memory here, a ScaledObject of KEDA likewise. Its target is the primary.
new k8s.autoscaling.v2.HorizontalPodAutoscaler(
  "shop",
  {
    metadata: { name: "shop", namespace },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "shop-primary" },
      minReplicas: 3,
      maxReplicas: 12,
      metrics: [
        { type: "Resource", resource: { name: "memory", target: { type: "Utilization", averageUtilization: 70 } } },
      ],
    },
  },
  { dependsOn: release },
);
