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
  analysis: { interval: "10s", threshold: 5, maxWeight: 50, stepWeight: 10 },
});
