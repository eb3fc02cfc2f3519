import { CanaryPlatform, CanaryRelease } from "pulumi-apisix-canary";
import type { MetricTemplate } from "pulumi-apisix-canary";

const platform = new CanaryPlatform("edge", { namespace: "apisix" });

// The article's metric, corrected: its own numerator keeps what is *not* a 404, so it rolls every good release back. As long
// as nobody got a 404 its counter doesn't exist, and a sum of nothing is no 0: hence "or vector(0)".
// A template is a plain object: several releases may share it.
const notFoundPercentage: MetricTemplate = {
  provider: { type: "prometheus" },
  query: `
    (sum(rate(apisix_http_status{route=~"{{ namespace }}_{{ route }}-{{ target }}-canary_.+", code="404", node=~"{{ canaryNodes }}"}[{{ interval }}])) or vector(0))
    /
    sum(rate(apisix_http_status{route=~"{{ namespace }}_{{ route }}-{{ target }}-canary_.+", node=~"{{ canaryNodes }}"}[{{ interval }}]))
    * 100`,
};

// A business metric of the workload's own counters: judged with the evidence of the built-in metrics, and beside the primary.
const ordersFailed: MetricTemplate = {
  provider: { type: "prometheus" },
  numerator: 'orders_failed_total{namespace="{{ namespace }}",instance=~"({{ nodes }}):.+"}',
  denominator: 'orders_placed_total{namespace="{{ namespace }}",instance=~"({{ nodes }}):.+"}',
};

// Any JSON endpoint, and where the number is in its answer.
const openIncidents: MetricTemplate = {
  provider: { type: "web", address: "http://status-page.ops/api/open-incidents", jsonPath: "$.incidents.length" },
};

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
    interval: "10s",
    threshold: 10,
    maxWeight: 50,
    stepWeight: 10,
    metrics: [
      { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "1m" },
      { name: "404s percentage", template: notFoundPercentage, thresholdRange: { max: 5 }, interval: "1m" },
      { name: "orders failed", template: ordersFailed, thresholdRange: { max: 1 }, onNoData: "ignore" },
      { name: "open incidents", template: openIncidents, thresholdRange: { max: 0 }, onError: "ignore" },
    ],
  },
});
