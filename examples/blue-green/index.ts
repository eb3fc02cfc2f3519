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
    iterations: 10,
    preview: { hosts: ["preview.example.com"] },
    webhooks: [
      {
        name: "load on the preview",
        type: "rollout",
        url: "http://flagger-loadtester.test/",
        metadata: { cmd: "hey -z 30s -q 10 -c 2 -host preview.example.com http://apisix-gateway.apisix/" },
      },
    ],
  },
});
