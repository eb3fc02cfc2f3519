import { CanaryRelease } from "pulumi-apisix-canary";

// Gateway, controller and Prometheus exist already; so does the ApisixRoute `podinfo`. Those of its rules that lead to the
// Service `podinfo` are cloned into `podinfo-podinfo-canary`, one priority above it, and split there.
new CanaryRelease("podinfo", {
  namespace: "test",
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
  routeRef: { name: "podinfo" },
  ingressClassName: "apisix",
  prometheusUrl: "http://flagger-prometheus.apisix:9090",
  analysis: { interval: "10s", threshold: 5, maxWeight: 50, stepWeight: 10 },
});
