import * as k8s from "@pulumi/kubernetes";
import { CanaryRelease, ReleaseTrain } from "../../../components/index.js";
import type { CanaryReleaseArgs, TrainMember } from "../../../components/index.js";
import { settingsFromEnvironment } from "./release-settings.js";
import type { ReleaseProgramSettings } from "./release-settings.js";
import { hostOf, strategyNamed } from "./strategies.js";

// A Pulumi program: one namespace with releases of the programmable application, decided within seconds.

const hookTimeout = "2s";

function webhooks(url: string): readonly { name: string; type: Hook; url: string; timeout: string }[] {
  return hooks.map((type) => ({ name: type, type, url: `${url}/${type}`, timeout: hookTimeout }));
}

const hooks = ["pre-rollout", "rollout", "confirm-promotion", "post-rollout"] as const;
type Hook = (typeof hooks)[number];

function analysis(settings: ReleaseProgramSettings, member: string): CanaryReleaseArgs["analysis"] {
  return {
    interval: `${settings.intervalSeconds ?? 1}s`,
    checkInterval: "500ms",
    threshold: 5,
    ...strategyNamed(settings.strategy).analysis(member),
    minRequests: 3,
    metrics: [
      { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "10s" },
      { name: "request-duration", thresholdRange: { max: 1000 }, interval: "10s" },
    ],
    ...(settings.hooksUrl === undefined ? {} : { webhooks: [...webhooks(settings.hooksUrl)] }),
  };
}

function template(tag: string, fails: boolean): CanaryReleaseArgs["template"] {
  return {
    spec: {
      containers: [
        {
          name: "app",
          image: `sandbox/faulty:${tag}`,
          ports: [{ name: "http", containerPort: 9898 }],
          env: [{ name: "FAIL_PERCENT", value: fails ? "100" : "0" }],
          readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
        },
      ],
    },
  };
}

function argsOf(settings: ReleaseProgramSettings, name: string, namespace: TrainMember["namespace"]): TrainMember {
  const strategy = strategyNamed(settings.strategy);
  const fails = settings.failing && name === strategy.members.at(-1);
  return {
    name,
    namespace,
    template: template(settings.tag, fails),
    service: { port: 80, targetPort: 9898 },
    route: { hosts: [hostOf(settings.host, strategy, name)] },
    ingressClassName: "apisix",
    prometheusUrl: "http://flagger-prometheus.apisix:9090",
    progressDeadline: "30s",
    drain: "1s",
    handover: "10s",
    leaseDuration: "3s",
    ...(settings.deadlineSeconds === undefined ? {} : { deadline: `${settings.deadlineSeconds}s` }),
    analysis: analysis(settings, name),
  };
}

function ship(settings: ReleaseProgramSettings): void {
  const home = new k8s.core.v1.Namespace(settings.namespace, { metadata: { name: settings.namespace } });
  const { members } = strategyNamed(settings.strategy);
  const releases = members.map((name) => argsOf(settings, name, home.metadata.name));
  if (releases.length > 1) new ReleaseTrain("train", { releases });
  else for (const { name, ...args } of releases) new CanaryRelease(name, args);
}

ship(settingsFromEnvironment());
