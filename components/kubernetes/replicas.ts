import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { isComputed } from "../arguments/index.js";
import type { PodOptions } from "./pod-options.js";

/** The pods of one Deployment of ours. */
export interface Pods {
  /** Value of their label `app`. */
  readonly app: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
  readonly replicas: pulumi.Input<number>;
}

/** The budget that keeps a drain from taking all pods of a part; none where a single pod would block drains for good. */
export function createDisruptionBudget(
  prefix: string,
  { app, namespace, replicas }: Pods,
  { podDisruptionBudget: asked }: Pick<PodOptions, "podDisruptionBudget">,
  opts: pulumi.CustomResourceOptions,
): void {
  const several = isComputed(replicas) || (typeof replicas === "number" && replicas >= 2);
  const budget = asked ?? (several ? { maxUnavailable: 1 } : false);
  if (budget === false) return;
  new k8s.policy.v1.PodDisruptionBudget(
    `${prefix}-disruption-budget`,
    { metadata: { name: app, namespace }, spec: { selector: { matchLabels: { app } }, ...budget } },
    opts,
  );
}
