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
    iterations: 10,
    match: [
      // Both of these ...
      { headers: { "X-Team": { in: ["checkout", "search"] } }, cookies: { beta: { regex: "^(always|opt-in)$" } } },
      // ... or whoever comes from the office.
      { remoteAddr: ["192.0.2.0/24"] },
    ],
  },
});
