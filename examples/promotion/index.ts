import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CanaryRelease, ExistingPlatform, promotedTag } from "pulumi-apisix-canary";

const config = new pulumi.Config();
const stack = pulumi.getStack();

// A stack with `promotesFrom` has no say in what it ships: it takes what that stack serves to all its users.
const promotesFrom = config.get("promotesFrom");
const tag: pulumi.Input<string> =
  promotesFrom === undefined
    ? (config.get("tag") ?? "6.0.1")
    : promotedTag(`${pulumi.getOrganization()}/${pulumi.getProject()}/${promotesFrom}`);

// In life each stack has a cluster of its own, and a program of the platform team makes the gateway there.
const platform = new ExistingPlatform("edge", {
  ingressClassName: "apisix",
  gateway: { namespace: "apisix", readsRetries: true },
  prometheus: { url: "http://flagger-prometheus.apisix:9090", scrapeIntervalSeconds: 2 },
});
const shop = new k8s.core.v1.Namespace("shop", { metadata: { name: `shop-${stack}` } });

const release = new CanaryRelease("shop", {
  namespace: shop.metadata.name,
  template: {
    spec: {
      containers: [
        {
          name: "shop",
          image: pulumi.interpolate`ghcr.io/stefanprodan/podinfo:${tag}`,
          readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
        },
      ],
    },
  },
  service: { port: 80, targetPort: 9898 },
  route: { hosts: [config.get("host") ?? `shop.${stack}.example.com`] },
  platform,
  // Nobody waits for dev; production takes its time.
  skipAnalysis: config.getBoolean("skipAnalysis") ?? false,
  analysis: { interval: config.get("interval") ?? "10s", threshold: 5, maxWeight: 50, stepWeight: 10 },
});

/** What the next stack takes: after a failed update still what was promoted before it. */
export const promoted = release.promoted;
