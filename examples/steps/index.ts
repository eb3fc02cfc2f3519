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
    interval: "1m",
    steps: [
      // One user in a thousand first.
      { weight: 0.1, for: "5m" },
      {
        weight: 10,
        for: "10m",
        replicas: "50%",
        metrics: [{ name: "request-success-rate", thresholdRange: { min: 99.5 }, interval: "1m" }],
      },
      // `apisix-canary approve podinfo -n default` goes on.
      { pause: "until approved" },
      { weight: 50, for: "30m", replicas: "weight" },
    ],
    stepWeightPromotion: 25,
  },
});
