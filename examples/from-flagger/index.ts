import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { CanaryRelease, fromFlagger } from "pulumi-apisix-canary";

const { name, args, warnings } = fromFlagger(readFileSync("podinfo-canary.yaml", "utf8"));
warnings.forEach((warning) => void pulumi.log.warn(warning));

new CanaryRelease(name, {
  ...args,
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
  ingressClassName: "apisix",
  prometheusUrl: "http://flagger-prometheus.apisix:9090",
});
