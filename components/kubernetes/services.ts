import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argument } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";

type ServiceSpec = k8s.types.input.core.v1.ServiceSpec;

/** How a Service of ours is shown to the world; the same for every part. */
export interface ServiceOptions {
  /** Default "ClusterIP". */
  readonly type?: pulumi.Input<"ClusterIP" | "NodePort" | "LoadBalancer">;
  /** What the cloud's load balancer is told. Default: none. */
  readonly annotations?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Which implementation makes the load balancer. Default: the cluster's. */
  readonly loadBalancerClass?: pulumi.Input<string>;
  /** CIDRs that may reach the load balancer. Default: all. */
  readonly loadBalancerSourceRanges?: pulumi.Input<pulumi.Input<string>[]>;
  /** "Local" keeps the users' addresses. Default: Kubernetes' own, "Cluster". */
  readonly externalTrafficPolicy?: pulumi.Input<"Cluster" | "Local">;
}

export const serviceOptionsShape = {
  type: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]).optional(),
  annotations: argument.labels,
  loadBalancerClass: argument.text,
  loadBalancerSourceRanges: argument.texts,
  externalTrafficPolicy: z.enum(["Cluster", "Local"]).optional(),
} satisfies Shape<ServiceOptions>;

/** What the options say of a Service's spec; undefined options leave the API server's defaults. */
export function exposed(options: ServiceOptions): Partial<ServiceSpec> {
  const { type, loadBalancerClass, loadBalancerSourceRanges, externalTrafficPolicy } = options;
  return {
    ...(type === undefined ? {} : { type }),
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    ...(loadBalancerSourceRanges === undefined ? {} : { loadBalancerSourceRanges }),
    ...(externalTrafficPolicy === undefined ? {} : { externalTrafficPolicy }),
  };
}
