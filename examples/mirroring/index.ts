import { CanaryPlatform, CanaryRelease } from "pulumi-apisix-canary";

const platform = new CanaryPlatform("edge", { namespace: "apisix" });

new CanaryRelease("podinfo", {
  namespace: "default",
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
  analysis: {
    threshold: 3,
    interval: "30s",
    mirror: { percent: 10, for: "5m" },
    stepWeights: [10, 30, 50],
  },
});
