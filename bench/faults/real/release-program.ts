import * as k8s from "@pulumi/kubernetes";
import { CanaryRelease } from "../../../components/index.js";
import type { CanaryReleaseArgs } from "../../../components/index.js";
import { stepWeightPromotion, stepWeights } from "./points.js";
import { settingsFromEnvironment } from "./release-settings.js";
import type { ReleaseProgramSettings } from "./release-settings.js";

// A Pulumi program: one namespace with one release of the programmable application, decided within seconds.

const hookTimeout = "2s";

function webhooks(url: string): readonly { name: string; type: Hook; url: string; timeout: string }[] {
  return hooks.map((type) => ({ name: type, type, url: `${url}/${type}`, timeout: hookTimeout }));
}

const hooks = ["pre-rollout", "rollout", "confirm-promotion", "post-rollout"] as const;
type Hook = (typeof hooks)[number];

function analysis(settings: ReleaseProgramSettings): CanaryReleaseArgs["analysis"] {
  return {
    interval: `${settings.intervalSeconds ?? 1}s`,
    checkInterval: "500ms",
    threshold: 5,
    stepWeights: [...stepWeights],
    maxWeight: Math.max(...stepWeights),
    stepWeightPromotion,
    minRequests: 3,
    metrics: [
      { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "10s" },
      { name: "request-duration", thresholdRange: { max: 1000 }, interval: "10s" },
    ],
    ...(settings.hooksUrl === undefined ? {} : { webhooks: [...webhooks(settings.hooksUrl)] }),
  };
}

function template({ tag, failing }: ReleaseProgramSettings): CanaryReleaseArgs["template"] {
  return {
    spec: {
      containers: [
        {
          name: "app",
          image: `sandbox/faulty:${tag}`,
          ports: [{ name: "http", containerPort: 9898 }],
          env: [{ name: "FAIL_PERCENT", value: failing ? "100" : "0" }],
          readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
        },
      ],
    },
  };
}

function release(settings: ReleaseProgramSettings): void {
  const home = new k8s.core.v1.Namespace(settings.namespace, { metadata: { name: settings.namespace } });
  new CanaryRelease(settings.name, {
    namespace: home.metadata.name,
    template: template(settings),
    service: { port: 80, targetPort: 9898 },
    route: { hosts: [settings.host] },
    ingressClassName: "apisix",
    prometheusUrl: "http://flagger-prometheus.apisix:9090",
    progressDeadline: "30s",
    drain: "1s",
    handover: "10s",
    leaseDuration: "3s",
    ...(settings.deadlineSeconds === undefined ? {} : { deadline: `${settings.deadlineSeconds}s` }),
    analysis: analysis(settings),
  });
}

release(settingsFromEnvironment());
