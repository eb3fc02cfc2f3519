import * as k8s from "@pulumi/kubernetes";
import { CanaryRelease, ExistingPlatform, ReleaseWatchdog } from "pulumi-apisix-canary";

// Rolls releases back whose run has died. One is enough for a cluster, so it is often in a program of its own.
const operations = new k8s.core.v1.Namespace("canary", { metadata: { name: "canary" } });
const watchdog = new ReleaseWatchdog("watchdog", { namespace: operations.metadata.name });

// What Helm, or another team, has installed: nothing of it is changed.
const platform = new ExistingPlatform("edge", {
  ingressClassName: "apisix",
  gateway: {
    namespace: "apisix",
    // plugin_attr.prometheus of the gateway's config.yaml:
    metricPrefix: "apisix_",
    // Whether extra_labels of its http_status have upstream_addr and upstream_status: then a retry hides nothing.
    readsRetries: false,
  },
  prometheus: { url: "http://prometheus.monitoring:9090", scrapeIntervalSeconds: 15 },
  watchdog,
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
