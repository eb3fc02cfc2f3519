import * as k8s from "@pulumi/kubernetes";
import { z } from "zod";
import { CanaryRelease } from "../../components/index.js";
import type { Program } from "../stack.js";
import { checkIntervalSeconds, fakeNode, prometheusPort } from "./world-facts.js";

export interface Fleet {
  readonly namespace: string;
  readonly releases: number;
  readonly version: string;
  /** Length of one step. */
  readonly stepSeconds: number;
  /** As in the article; without it the pods' number is fixed. */
  readonly autoscaled: boolean;
}

export const autoscaler = { minReplicas: 1, maxReplicas: 4, cpuUtilization: 99 };

export function releaseName(index: number): string {
  return `r${String(index).padStart(3, "0")}`;
}

/** Pods that are objects only: bound to the fake node, no scheduler and no process. */
export function podSpec(version: string) {
  return {
    nodeName: fakeNode,
    terminationGracePeriodSeconds: 10,
    containers: [
      { name: "app", image: `sandbox/faulty:${version}`, ports: [{ name: "http", containerPort: 9898 }], env: [] },
    ],
  };
}

/** So many releases in one program. */
export function fleetProgram({ namespace, releases, version, stepSeconds, autoscaled }: Fleet): Program {
  return () => {
    const home = new k8s.core.v1.Namespace(namespace, { metadata: { name: namespace } });
    for (let index = 0; index < releases; index++) {
      const name = releaseName(index);
      new CanaryRelease(name, {
        namespace: home.metadata.name,
        template: { spec: podSpec(version) },
        service: { port: 80, targetPort: 9898 },
        route: { hosts: [`${name}.example.com`] },
        ingressClassName: "nobody",
        ...(autoscaled ? { autoscaler } : {}),
        prometheusUrl: `http://127.0.0.1:${prometheusPort}`,
        analysis: {
          interval: `${stepSeconds}s`,
          checkInterval: `${checkIntervalSeconds}s`,
          threshold: 10,
          maxWeight: 50,
          stepWeight: 10,
          metrics: [
            { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "1m" },
            { name: "request-duration", thresholdRange: { max: 500 }, interval: "30s" },
          ],
        },
      });
    }
    return Promise.resolve();
  };
}

/**
 * What the program of the update without any change is told. Its dynamic parts are ours, none, or as many that hold nothing
 * and do nothing.
 */
export const noopSettings = z.strictObject({
  namespace: z.string(),
  releases: z.number(),
  version: z.string(),
  parts: z.enum(["ours", "none", "empty"]),
});

export type NoopSettings = z.output<typeof noopSettings>;
