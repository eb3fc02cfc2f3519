import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Apisix } from "../apisix/index.js";
import type { ApisixArgs } from "../apisix/index.js";
import { ReleaseDefinition } from "../crds/index.js";
import { ApisixIngressController } from "../ingress-controller/index.js";
import type { ApisixIngressControllerArgs } from "../ingress-controller/index.js";
import { Prometheus } from "../prometheus/index.js";
import type { PrometheusArgs } from "../prometheus/index.js";
import { ReleaseWatchdog } from "../watchdog/index.js";
import type { ReleaseWatchdogArgs } from "../watchdog/index.js";
import type { PlatformBinding } from "./binding.js";

export interface CanaryPlatformArgs {
  /** Namespace of all parts. */
  readonly namespace: string;
  /** Whether to create it. Default true. */
  readonly createNamespace?: boolean;
  readonly apisix?: Omit<ApisixArgs, "namespace">;
  readonly ingressController?: Omit<ApisixIngressControllerArgs, "namespace">;
  readonly prometheus?: Omit<PrometheusArgs, "namespace">;
  /** `false`: no watchdog; then nobody rolls a release back when the machine that ran `pulumi up` is gone. */
  readonly watchdog?: false | Omit<ReleaseWatchdogArgs, "namespace">;
}

/** Gateway, ingress controller, Prometheus, watchdog, and the definition of our own kind: all that releases need. */
export class CanaryPlatform extends pulumi.ComponentResource implements PlatformBinding {
  readonly ingressClassName: pulumi.Output<string>;
  readonly prometheusUrl: pulumi.Output<string>;
  readonly gatewayNamespace: pulumi.Output<string>;
  readonly scrapeIntervalSeconds: number;
  readonly dependencies: readonly pulumi.Resource[];
  readonly gatewayReadsRetries = true;
  readonly watchdogAfterSeconds: number | undefined;
  /** `apisix-gateway.<namespace>`. */
  readonly gateway: pulumi.Output<string>;

  constructor(name: string, args: CanaryPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("apisix-canary:index:CanaryPlatform", name, {}, opts);
    const namespace = this.createNamespace(name, args);
    const definition = new ReleaseDefinition(`${name}-release`, { parent: this }).definition;
    const controller = new ApisixIngressController(
      `${name}-controller`,
      { namespace, ...args.ingressController },
      { parent: this },
    );
    // The gateway is ready after the first push only, so it is awaited when there is somebody to push.
    const gateway = new Apisix(
      `${name}-apisix`,
      { namespace, ...args.apisix },
      { parent: this, dependsOn: [...controller.dependencies] },
    );
    const prometheus = new Prometheus(`${name}-prometheus`, { namespace, ...args.prometheus }, { parent: this });
    if (args.watchdog !== false) {
      const watchdog = new ReleaseWatchdog(
        `${name}-watchdog`,
        { namespace, ...args.watchdog },
        { parent: this, dependsOn: [definition] },
      );
      this.watchdogAfterSeconds = watchdog.watchdogAfterSeconds;
    }
    this.ingressClassName = controller.ingressClassName;
    this.prometheusUrl = prometheus.url;
    this.gatewayNamespace = namespace;
    this.gateway = gateway.gateway;
    this.scrapeIntervalSeconds = prometheus.scrapeIntervalSeconds;
    this.dependencies = [definition, ...controller.dependencies, gateway.deployment, prometheus.deployment];
    this.registerOutputs({ gateway: this.gateway, ingressClassName: this.ingressClassName });
  }

  private createNamespace(name: string, args: CanaryPlatformArgs): pulumi.Output<string> {
    if (args.createNamespace === false) return pulumi.output(args.namespace);
    const made = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: args.namespace } },
      { parent: this },
    );
    return made.metadata.name;
  }
}
