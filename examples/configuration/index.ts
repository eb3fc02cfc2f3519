import * as pulumi from "@pulumi/pulumi";
import { CanaryPlatform, CanaryRelease } from "pulumi-apisix-canary";

const config = new pulumi.Config();
const platform = new CanaryPlatform("edge", { namespace: "apisix" });

// A change of either is a revision: the canary gets its copy at once, the primary only when it is promoted.
new CanaryRelease("shop", {
  namespace: "default",
  template: {
    spec: {
      containers: [
        {
          name: "shop",
          image: "ghcr.io/stefanprodan/podinfo:6.0.1",
          readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
          envFrom: [{ configMapRef: { name: "shop-settings" } }, { secretRef: { name: "shop-keys" } }],
        },
      ],
    },
  },
  configs: { "shop-settings": { PODINFO_UI_COLOR: "#34577c" } },
  secrets: { "shop-keys": { TOKEN: config.get("token") ?? "" } },
  service: { port: 80, targetPort: 9898 },
  route: { hosts: ["shop.example.com"] },
  platform,
  analysis: { interval: "30s", threshold: 3, stepWeights: [1, 5, 20, 50] },
});
