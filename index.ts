import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CanaryPlatform, CanaryRelease, LoadTester, promotedTag } from "pulumi-apisix-canary";

// The article's whole scenario, driven by stack configuration: see README, "The deployable program".
const config = new pulumi.Config();
const host = config.get("host") ?? "app.example.com";
const promotesFrom = config.get("promotesFrom");

/** A stack that names another one takes only what that one promoted. */
const tag: pulumi.Input<string> = promotesFrom === undefined ? config.require("tag") : promotedTag(promotesFrom);

const platform = new CanaryPlatform("edge", { namespace: "apisix" });
const test = new k8s.core.v1.Namespace("test", { metadata: { name: "test" } });
const loadTester = new LoadTester("loadtester", { namespace: test.metadata.name }, { dependsOn: test });

const podinfo = new CanaryRelease(
  "podinfo",
  {
    namespace: test.metadata.name,
    template: {
      spec: {
        containers: [
          {
            name: "podinfod",
            image: pulumi.interpolate`ghcr.io/stefanprodan/podinfo:${tag}`,
            command: ["./podinfo", "--port=9898", "--level=info", "--random-delay=false", "--random-error=false"],
            ports: [{ name: "http", containerPort: 9898 }],
            readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
            livenessProbe: { httpGet: { path: "/healthz", port: 9898 }, periodSeconds: 5 },
            resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "512Mi" } },
          },
        ],
      },
    },
    service: { port: 80, targetPort: 9898 },
    route: { hosts: [host], methods: ["GET"], paths: ["/*"] },
    autoscaler: { minReplicas: 2, maxReplicas: 4, cpuUtilization: 99 },
    platform,
    progressDeadline: config.get("progressDeadline") ?? "60s",
    analysis: {
      interval: config.get("interval") ?? "10s",
      threshold: 10,
      maxWeight: 50,
      stepWeight: 10,
      // The article's faults come through the gateway and meet both versions alike: its Flagger judges the canary alone.
      metrics: [
        { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "1m", compare: false },
        { name: "request-duration", thresholdRange: { max: 500 }, interval: "30s", compare: false },
      ],
      webhooks: [
        {
          name: "load-test",
          url: "http://flagger-loadtester.test/",
          timeout: "5s",
          metadata: { cmd: `hey -z 1m -q 10 -c 2 -host ${host} http://apisix-gateway.apisix/api/info` },
        },
      ],
    },
  },
  { dependsOn: loadTester },
);

export const url = `http://${host}/`;
export const route = podinfo.routeName;
export const revision = podinfo.revision;
/** What this stack serves to all its users, and how that was judged: another stack takes it from here. */
export const promoted = podinfo.promoted;
