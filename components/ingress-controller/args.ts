import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argument } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";
import { definitionOptions } from "../crds/index.js";
import type { DefinitionOptions } from "../crds/index.js";
import { podMonitor, podOptionsShape } from "../kubernetes/index.js";
import type { PodMonitorOptions, PodOptions } from "../kubernetes/index.js";

/** Where the gateway's admin API is, in the controller's own namespace. Defaults: what `Apisix` makes. */
export interface GatewayAdmin {
  /** A headless Service over all gateway pods, the ones that are not ready included. Default "apisix-admin". */
  readonly service?: pulumi.Input<string>;
  /** Default 9180. */
  readonly port?: pulumi.Input<number>;
  /** Secret with the admin key. Default "apisix-admin-key". */
  readonly keySecret?: pulumi.Input<string>;
  /** Its field. Default "key". */
  readonly keyField?: pulumi.Input<string>;
}

export interface ApisixIngressControllerArgs extends PodOptions {
  /** The gateway's own namespace: its Service and Secret are looked up there. */
  readonly namespace: pulumi.Input<string>;
  /** Default `apache/apisix-ingress-controller:2.2.0`. */
  readonly image?: pulumi.Input<string>;
  /** Default `ghcr.io/api7/adc:0.27.1`. */
  readonly adcImage?: pulumi.Input<string>;
  /** Of ADC's container; `resources` are the controller's. Default: 50m CPU, 128Mi to 512Mi memory. */
  readonly adcResources?: PodOptions["resources"];
  /** Pods; one leads, the others take over within seconds. Default 1. */
  readonly replicas?: pulumi.Input<number>;
  /** Name of the IngressClass. Default "apisix". */
  readonly ingressClassName?: pulumi.Input<string>;
  /** Whether routes without a class belong to it (Flagger's do not name one). Default false. */
  readonly defaultClass?: boolean;
  /** Whether to install the definitions of `apisix.apache.org`. Default true. */
  readonly installCrds?: boolean;
  /** What becomes of them. */
  readonly definitions?: DefinitionOptions;
  /** A gateway that is not this package's. Default: `Apisix`'s. */
  readonly gateway?: GatewayAdmin;
  /** How often everything is pushed again. Default "1m". */
  readonly syncPeriod?: pulumi.Input<string>;
  /** How long one gateway may hold a push. Default "5s". */
  readonly adcTimeout?: pulumi.Input<string>;
  /** Refuses invalid routes at admission: one of them would freeze every push. Default true. */
  readonly webhook?: boolean;
  /** A PodMonitor, for a Prometheus of the Prometheus Operator. Default: none. */
  readonly podMonitor?: boolean | PodMonitorOptions;
}

export const controllerArguments = z.strictObject({
  ...podOptionsShape,
  namespace: argument.text,
  image: argument.text,
  adcImage: argument.text,
  adcResources: argument.manifest,
  replicas: argument.count,
  ingressClassName: argument.text,
  defaultClass: argument.flag,
  installCrds: argument.flag,
  definitions: definitionOptions,
  gateway: z
    .strictObject({
      service: argument.text,
      port: argument.port,
      keySecret: argument.text,
      keyField: argument.text,
    } satisfies Shape<GatewayAdmin>)
    .optional(),
  syncPeriod: argument.duration,
  adcTimeout: argument.duration,
  webhook: argument.flag,
  podMonitor,
} satisfies Shape<ApisixIngressControllerArgs>);
