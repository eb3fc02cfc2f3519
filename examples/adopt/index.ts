import { CanaryRelease } from "pulumi-apisix-canary";

// The Deployment `shop` and its Service `shop` run already, made with kubectl, Helm or another program. The first update
// makes `shop-primary` of the live pods' template, waits until it is ready, leads the Service there, and only then scales
// the old pods down; from then on each change of the template is a release. `adopt` may stay in the program for good.
new CanaryRelease("shop", {
  namespace: "default",
  adopt: { deployment: "shop" },
  template: {
    metadata: { labels: { app: "shop" } },
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
  replicas: 2,
  route: { hosts: ["shop.example.com"] },
  ingressClassName: "apisix",
  prometheusUrl: "http://flagger-prometheus.apisix:9090",
  analysis: { interval: "10s", threshold: 5, maxWeight: 50, stepWeight: 10 },
});
