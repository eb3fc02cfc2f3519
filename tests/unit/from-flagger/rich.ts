const canary = {
  apiVersion: "flagger.app/v1beta1",
  kind: "Canary",
  metadata: { name: "app", namespace: "shop", labels: { team: "web" } },
  spec: {
    provider: "apisix",
    targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "app" },
    routeRef: { apiVersion: "apisix.apache.org/v2", kind: "ApisixRoute", name: "app" },
    autoscalerRef: {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      name: "app",
      primaryScalerReplicas: { minReplicas: 2, maxReplicas: 8 },
    },
    progressDeadlineSeconds: 60,
    skipAnalysis: false,
    revertOnDeletion: true,
    metricsServer: "http://prometheus.monitoring:9090",
    service: {
      port: 80,
      targetPort: "http",
      portName: "http",
      timeout: "5s",
      retries: { attempts: 3, perTryTimeout: "1s" },
      hosts: ["app.example.com"],
      match: [{ uri: { prefix: "/v2" }, method: { exact: "GET" }, headers: { "x-user": { exact: "a" } } }],
      headers: { response: { add: { "x-tier": "gold" } }, request: { set: { "x-stage": "canary" } } },
      rewrite: { uri: "/", authority: "v2.example.com" },
      corsPolicy: { allowOrigins: [{ exact: "https://example.com" }, { regex: "https://.*" }], maxAge: "24h" },
      trafficPolicy: { tls: { mode: "DISABLE" }, connectionPool: { http: { maxRetries: 3 } } },
      apex: { annotations: { a: "b" } },
    },
    analysis: {
      interval: "10s",
      threshold: 5,
      maxWeight: 50,
      stepWeight: 10,
      stepWeightPromotion: 50,
      metrics: [
        { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "1m" },
        { name: "request-duration", threshold: 500 },
        {
          name: "errors",
          templateRef: { name: "errors", namespace: "shop" },
          templateVariables: { zone: "eu" },
          thresholdRange: { max: 5 },
        },
      ],
      alerts: [{ name: "chat", severity: "error", providerRef: { name: "chat", namespace: "shop" } }],
      webhooks: [
        {
          name: "load",
          type: "rollout",
          url: "http://hunter2@hook.shop/",
          timeout: "5s",
          retries: 2,
          metadata: { cmd: "hey http://app" },
        },
      ],
    },
  },
};

const others = [
  {
    apiVersion: "flagger.app/v1beta1",
    kind: "MetricTemplate",
    metadata: { name: "errors", namespace: "shop" },
    spec: { provider: { type: "prometheus", address: "http://hunter2@prometheus:9090" }, query: "sum(errors)" },
  },
  {
    apiVersion: "flagger.app/v1beta1",
    kind: "AlertProvider",
    metadata: { name: "chat", namespace: "shop" },
    spec: { type: "slack", channel: "releases", secretRef: { name: "chat" } },
  },
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "chat", namespace: "shop" },
    stringData: { address: "https://chat.example.com/hunter2" },
  },
  {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "app", namespace: "shop" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "app" },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 99 } } },
      ],
    },
  },
];

/** A Canary that has much of everything, with all that it refers to; where secrets stand there is `hunter2`. */
export const behindRoute: readonly unknown[] = [canary, ...others];

const { routeRef: _none, ...unrouted } = canary.spec;
const match = [{ uri: { prefix: "/v2" }, method: { exact: "GET" } }];

/** The same from another gateway: a route of its own is made for it. */
export const withOwnRoute: readonly unknown[] = [
  { ...canary, spec: { ...unrouted, service: { ...canary.spec.service, match } } },
  ...others,
];
