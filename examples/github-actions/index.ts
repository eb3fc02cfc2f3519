import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CanaryRelease, ExistingPlatform } from "pulumi-apisix-canary";

// The pipeline is in .github/workflows/release.yml: it says which image was built, `pulumi up` does the rest.
const config = new pulumi.Config();
const tag = config.get("tag") ?? "6.0.1";

const platform = new ExistingPlatform("edge", {
  ingressClassName: "apisix",
  gateway: { namespace: "apisix", readsRetries: true },
  prometheus: { url: "http://flagger-prometheus.apisix:9090", scrapeIntervalSeconds: 2 },
});
const shop = new k8s.core.v1.Namespace("shop", { metadata: { name: "shop" } });

const release = new CanaryRelease("shop", {
  namespace: shop.metadata.name,
  template: {
    spec: {
      containers: [
        {
          name: "shop",
          image: `ghcr.io/stefanprodan/podinfo:${tag}`,
          readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
        },
      ],
    },
  },
  service: { port: 80, targetPort: 9898 },
  route: { hosts: ["shop.example.com"] },
  platform,
  analysis: { interval: config.get("interval") ?? "1m", threshold: 5, maxWeight: 50, stepWeight: 10 },
});

export const promoted = release.promoted;
