import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CanaryRelease, ExistingPlatform } from "pulumi-apisix-canary";

const config = new pulumi.Config();
const bearerToken = config.getSecret("prometheusToken");

const platform = new ExistingPlatform("edge", {
  ingressClassName: "apisix",
  gateway: { namespace: "apisix" },
  // Mimir, Cortex and Thanos take the tenant as X-Scope-OrgID. Token, tenant and headers stay secret: in the state, in
  // previews, in errors.
  prometheus: {
    url: config.get("prometheusUrl") ?? "https://mimir.example.com/prometheus",
    tenant: "shop",
    ...(bearerToken === undefined ? {} : { bearerToken }),
    headers: { "X-Team": "shop" },
    scrapeIntervalSeconds: 15,
  },
});

const shop = new k8s.core.v1.Namespace("shop", { metadata: { name: "shop" } });

new CanaryRelease("podinfo", {
  namespace: shop.metadata.name,
  template: {
    spec: {
      containers: [
        {
          name: "podinfod",
          image: "ghcr.io/stefanprodan/podinfo:6.0.1",
          readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
        },
      ],
    },
  },
  service: { port: 80, targetPort: 9898 },
  route: { hosts: ["app.example.com"] },
  platform,
  analysis: { interval: "30s", threshold: 5, maxWeight: 50, stepWeight: 10 },
});
