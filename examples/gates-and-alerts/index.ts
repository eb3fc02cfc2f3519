import * as pulumi from "@pulumi/pulumi";
import { CanaryPlatform, CanaryRelease, LoadTester } from "pulumi-apisix-canary";

const config = new pulumi.Config();
const platform = new CanaryPlatform("edge", { namespace: "apisix" });
const loadTester = new LoadTester("loadtester", { namespace: "test" });

new CanaryRelease(
  "podinfo",
  {
    namespace: "test",
    template: { spec: { containers: [{ name: "podinfod", image: "ghcr.io/stefanprodan/podinfo:6.0.1" }] } },
    service: { port: 80, targetPort: 9898 },
    route: { hosts: ["app.example.com"] },
    platform,
    analysis: {
      interval: "1m",
      threshold: 3,
      maxWeight: 50,
      stepWeight: 10,
      webhooks: [
        { name: "smoke", type: "pre-rollout", url: "http://flagger-loadtester.test/", metadata: smokeTest() },
        // Closed until somebody opens it, or says `apisix-canary approve podinfo -n test`.
        { name: "release manager", type: "confirm-promotion", url: "http://flagger-loadtester.test/gate/check" },
        // A yes of this one rolls the revision back.
        { name: "red button", type: "rollback", url: "http://flagger-loadtester.test/rollback/check" },
      ],
      alerts: [
        {
          name: "team",
          severity: "warn",
          provider: { type: "slack", address: config.require("slackUrl"), channel: "releases" },
        },
        {
          name: "on call",
          severity: "error",
          provider: { type: "alertmanager", address: "http://alertmanager.monitoring:9093" },
        },
      ],
    },
  },
  { dependsOn: loadTester },
);

function smokeTest(): Record<string, string> {
  return { type: "bash", cmd: "curl -fsS http://podinfo-canary.test/readyz" };
}
