import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CanaryPlatform, CanaryRelease, LoadTester } from "pulumi-apisix-canary";
import type { AnalysisInput } from "pulumi-apisix-canary";

const config = new pulumi.Config();
const platform = new CanaryPlatform("edge", { namespace: "apisix" });
const test = new k8s.core.v1.Namespace("test", { metadata: { name: "test" } });
const namespace = test.metadata.name;
const loadTester = new LoadTester("loadtester", { namespace });

/** Without a Slack address nobody is told there; addresses are kept secret. */
function analysis(slackUrl: string | undefined): AnalysisInput {
  return {
    interval: "1m",
    threshold: 3,
    maxWeight: 50,
    stepWeight: 10,
    webhooks: [
      {
        name: "smoke",
        type: "pre-rollout",
        url: "http://flagger-loadtester.test/",
        metadata: { type: "bash", cmd: "curl -fsS http://podinfo-canary.test/readyz" },
      },
      // Closed until somebody opens it, or says `apisix-canary approve podinfo -n test`.
      { name: "release manager", type: "confirm-promotion", url: "http://flagger-loadtester.test/gate/check" },
      // A yes of this one rolls the revision back.
      { name: "red button", type: "rollback", url: "http://flagger-loadtester.test/rollback/check" },
    ],
    alerts: [
      ...(slackUrl === undefined
        ? []
        : [
            {
              name: "team",
              severity: "warn" as const,
              provider: { type: "slack" as const, address: slackUrl, channel: "releases" },
            },
          ]),
      {
        name: "on call",
        severity: "error",
        provider: { type: "alertmanager", address: "http://alertmanager.monitoring:9093" },
      },
    ],
  };
}

new CanaryRelease(
  "podinfo",
  {
    namespace,
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
    analysis: pulumi.output(config.getSecret("slackUrl")).apply(analysis),
  },
  { dependsOn: loadTester },
);
