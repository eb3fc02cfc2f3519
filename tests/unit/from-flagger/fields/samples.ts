/** Values with which a field is tried, where its type alone does not give one; and what else then differs. */
export interface Sample {
  readonly value: unknown;
  /** Fields of the same document that are taken away first. */
  readonly without?: readonly string[];
  /** Fields that are set beside it. */
  readonly beside?: Readonly<Record<string, unknown>>;
}

const metric = "spec.analysis.metrics[]";
const affinity = { "spec.analysis.sessionAffinity.cookieName": "canary" };
const custom = { [`${metric}.name`]: "errors" };

/** By kind and path; a field that is not here is tried with 5, true, "x", or each of the values that the CRD names. */
export const samples: Readonly<Record<string, Sample>> = {
  "Canary apiVersion": { value: "flagger.app/v1beta1" },
  "Canary kind": { value: "Canary" },
  "Canary metadata": { value: { name: "app", namespace: "shop" } },
  "Canary spec.metricsServer": { value: "http://prometheus.monitoring:9090" },
  "Canary spec.targetRef.apiVersion": { value: "apps/v1" },
  "Canary spec.targetRef.name": { value: "app" },
  "Canary spec.autoscalerRef.apiVersion": { value: "autoscaling/v2" },
  "Canary spec.autoscalerRef.primaryScalerReplicas.minReplicas": { value: 2 },
  "Canary spec.service.targetPort": { value: 8080 },
  "Canary spec.service.hosts[]": { value: "app.example.com" },
  "Canary spec.service.match[].uri.exact": { value: "/v2" },
  "Canary spec.service.match[].uri.prefix": { value: "/v2" },
  "Canary spec.service.match[].method.exact": { value: "GET" },
  "Canary spec.service.rewrite.uri": { value: "/v2" },
  "Canary spec.service.rewrite.authority": { value: "v2.example.com" },
  "Canary spec.service.rewrite.type": {
    value: "ReplaceFullPath",
    beside: { "spec.service.rewrite.uri": "/v2" },
  },
  "Canary spec.service.corsPolicy.allowOrigin[]": {
    value: "https://example.com",
    without: ["spec.service.corsPolicy.allowOrigins"],
  },
  "Canary spec.service.corsPolicy.allowOrigins[].exact": { value: "https://example.com" },
  "Canary spec.service.corsPolicy.allowOrigins[].prefix": {
    value: "https://",
    without: ["spec.service.corsPolicy.allowOrigins[].exact"],
  },
  "Canary spec.service.corsPolicy.allowOrigins[].regex": {
    value: "https://.*",
    without: ["spec.service.corsPolicy.allowOrigins[].exact"],
  },
  "Canary spec.service.corsPolicy.allowMethods[]": { value: "GET" },
  "Canary spec.service.corsPolicy.maxAge": { value: "24h" },
  "Canary spec.analysis.interval": { value: "30s" },
  "Canary spec.analysis.stepWeights[]": { value: 10, without: ["spec.analysis.stepWeight"] },
  "Canary spec.analysis.maxWeight": { value: 50 },
  "Canary spec.analysis.mirrorWeight": { value: 10, beside: { "spec.analysis.mirror": true } },
  "Canary spec.analysis.sessionAffinity.primaryCookieName": { value: "primary", beside: affinity },
  [`Canary ${metric}.name`]: { value: "request-success-rate" },
  [`Canary ${metric}.interval`]: { value: "30s" },
  [`Canary ${metric}.threshold`]: { value: 99, without: [`${metric}.thresholdRange`] },
  [`Canary ${metric}.thresholdRange.min`]: { value: 95 },
  [`Canary ${metric}.thresholdRange.max`]: { value: 100 },
  [`Canary ${metric}.query`]: { value: "sum(errors)", beside: custom },
  [`Canary ${metric}.templateRef.name`]: { value: "errors", beside: custom },
  [`Canary ${metric}.templateRef.namespace`]: {
    value: "shop",
    beside: { ...custom, [`${metric}.templateRef.name`]: "errors" },
  },
  [`Canary ${metric}.templateVariables.*`]: { value: "x", beside: { ...custom, [`${metric}.query`]: "sum(errors)" } },
  "Canary spec.analysis.alerts[].providerRef.name": { value: "chat" },
  "Canary spec.analysis.alerts[].providerRef.namespace": { value: "shop" },
  "Canary spec.analysis.webhooks[].url": { value: "http://hook.shop/" },
  "Canary spec.analysis.webhooks[].timeout": { value: "5s" },
  "MetricTemplate apiVersion": { value: "flagger.app/v1beta1" },
  "MetricTemplate kind": { value: "MetricTemplate" },
  "MetricTemplate metadata": { value: { name: "errors", namespace: "shop" } },
  "MetricTemplate spec.provider.address": { value: "http://prometheus.monitoring:9090" },
  "AlertProvider apiVersion": { value: "flagger.app/v1beta1" },
  "AlertProvider kind": { value: "AlertProvider" },
  "AlertProvider metadata": { value: { name: "chat", namespace: "shop" } },
  "AlertProvider spec.secretRef.name": { value: "app", without: ["spec.address"] },
  "AlertProvider spec.address": { value: "https://chat.example.com/hook" },
};

type Fields = Readonly<Record<string, unknown>>;

/** What everything under a path stands in, where it is not in the simplest Canary. */
export const surroundings: Readonly<Record<string, Fields>> = {
  "Canary spec.autoscalerRef": {
    "spec.autoscalerRef.apiVersion": "autoscaling/v2",
    "spec.autoscalerRef.kind": "HorizontalPodAutoscaler",
    "spec.autoscalerRef.name": "app",
  },
  "Canary spec.service.corsPolicy": { "spec.service.corsPolicy.allowOrigins[].exact": "https://example.com" },
  "Canary spec.analysis.match": { "spec.analysis.iterations": 5 },
  "Canary spec.analysis.sessionAffinity": affinity,
  "Canary spec.analysis.webhooks": {
    "spec.analysis.webhooks[].name": "hook",
    "spec.analysis.webhooks[].url": "http://hook.shop/",
  },
  "Canary spec.analysis.alerts": {
    "spec.analysis.alerts[].name": "chat",
    "spec.analysis.alerts[].severity": "error",
    "spec.analysis.alerts[].providerRef.name": "chat",
  },
};
