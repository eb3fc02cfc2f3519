import * as k8s from "@pulumi/kubernetes";
import { CanaryPlatform, CanaryRelease } from "pulumi-apisix-canary";

const platform = new CanaryPlatform("edge", { namespace: "apisix" });
const shop = new k8s.core.v1.Namespace("shop", { metadata: { name: "shop" } });

// The certificate is in the Secret `shop-tls` of type kubernetes.io/tls, as cert-manager or `kubectl create secret tls`
// makes it; the gateway follows it when it is renewed. Port 443 of `apisix-gateway.apisix` then answers for the host.
new CanaryRelease("shop", {
  namespace: shop.metadata.name,
  template: {
    spec: {
      containers: [
        {
          name: "shop",
          image: "ghcr.io/stefanprodan/podinfo:6.0.1",
          readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
        },
      ],
    },
  },
  service: { port: 80, targetPort: 9898 },
  route: {
    hosts: ["shop.example.com"],
    tls: { secretName: "shop-tls" },
    plugins: [{ name: "redirect", enable: true, config: { http_to_https: true } }],
  },
  platform,
  analysis: { interval: "10s", threshold: 5, maxWeight: 50, stepWeight: 10 },
});
