import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { ApisixArgs } from "../apisix/index.js";
import { argument } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";
import { definitionOptions } from "../crds/index.js";
import type { DefinitionOptions } from "../crds/index.js";
import type { ApisixIngressControllerArgs } from "../ingress-controller/index.js";
import { podOptionsShape } from "../kubernetes/index.js";
import type { PodOptions } from "../kubernetes/index.js";
import type { PrometheusArgs } from "../prometheus/index.js";
import type { ReleaseWatchdogArgs } from "../watchdog/index.js";
import { externalPrometheus } from "./external-prometheus.js";
import type { ExternalPrometheus } from "./external-prometheus.js";

export interface CanaryPlatformArgs {
  /** Namespace of all parts. */
  readonly namespace: pulumi.Input<string>;
  /** Whether to create it. Default true. */
  readonly createNamespace?: boolean;
  /**
   * Labels of the namespace that is created, beside `pod-security.kubernetes.io/enforce: restricted`, which all of our
   * pods keep; give that label another value where other pods live there.
   */
  readonly namespaceLabels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** For the pods of all parts; a part's own options win. */
  readonly pods?: PodOptions;
  /** The gateway; `false`: it is there already (see `ingressController.gateway`). */
  readonly apisix?: false | Omit<ApisixArgs, "namespace">;
  /** `false`: it is there already, and serves the class `ingressClassName`. */
  readonly ingressController?: false | Omit<ApisixIngressControllerArgs, "namespace">;
  /** With `ingressController: false`: the class that releases' routes are for. Default "apisix". */
  readonly ingressClassName?: pulumi.Input<string>;
  /** Options of our own Prometheus, or with `url` one that is there already and scrapes the gateway. */
  readonly prometheus?: Omit<PrometheusArgs, "namespace"> | ExternalPrometheus;
  /** `false`: no watchdog; then nobody rolls a release back when the machine that ran `pulumi up` is gone. */
  readonly watchdog?: false | Omit<ReleaseWatchdogArgs, "namespace">;
  /**
   * What becomes of the definitions of `apisix.apache.org` and of our own kind: kept by a destroy unless told otherwise.
   * `false`: our own is there already (for APISIX's see `ingressController.installCrds`).
   */
  readonly definitions?: false | DefinitionOptions;
}

/** A part checks its own arguments, under its own name. */
const part = z.union([z.literal(false), z.looseObject({})]).optional();

export const platformArguments = z
  .strictObject({
    namespace: z.string().min(1, "must not be empty"),
    createNamespace: argument.flag,
    namespaceLabels: argument.labels,
    pods: z.strictObject(podOptionsShape).optional(),
    apisix: part,
    ingressController: part,
    ingressClassName: argument.text,
    prometheus: z.looseObject({}).optional(),
    watchdog: part,
    definitions: z.union([z.literal(false), definitionOptions]),
  } satisfies Shape<CanaryPlatformArgs>)
  .superRefine((args, context) => {
    if (args.ingressController !== false && args.ingressClassName !== undefined)
      context.addIssue({
        code: "custom",
        path: ["ingressClassName"],
        message: "is for ingressController: false; else give ingressController.ingressClassName",
      });
  });

/** Beside `platformArguments`, where Prometheus is there already. */
export const externalArguments = z.looseObject({ prometheus: externalPrometheus });
