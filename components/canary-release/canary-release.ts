import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { annotations, apiGroup, apiVersion, deploymentName, releaseKind } from "../../release/model/index.js";
import type { Role } from "../../release/model/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import { copyConfiguration } from "./configuration.js";
import type { Configuration } from "./configuration.js";
import { Analysis, Preparation, Promotion } from "./dynamic.js";
import type { RuntimeInputs } from "./dynamic.js";
import {
  autoscalerSpec,
  notAwaited,
  objectName,
  plannedRunSeconds,
  releaseObjectSpec,
  serviceSpec,
  sharedOwnership,
} from "./manifests.js";
import { warnWhenTooFewSlots } from "./parallelism.js";
import { contentHash } from "../kubernetes/index.js";
import { clonedRules, ownedRules, weightedRouteName } from "./route.js";
import type { HttpRule } from "./route.js";
import { withoutStackTraces } from "./stack-traces.js";
import { selectorFor, templateFor } from "./template.js";
import type { PlainTemplate } from "./template.js";
import { validateArgs } from "./validate.js";
import { warnOfDoubts } from "./warnings.js";

/**
 * One workload with progressive delivery. `pulumi up` with a new template (or configuration) scales up a canary,
 * gives it a growing share of the traffic, judges it on what its own users got, and then either promotes it to
 * `<name>-primary` or rolls it back and fails the update. Pulumi's graph is the outer state machine: the primary
 * depends on the analysis, so a failed analysis never touches it.
 *
 * Throws a one-line error naming the property for unknown, contradictory or out-of-range arguments.
 */
export class CanaryRelease extends pulumi.ComponentResource {
  /** Name of the weighted ApisixRoute. */
  readonly routeName: string;
  /** Identity of the template with its configuration. */
  readonly revision: pulumi.Output<string>;
  /** What the last analysis ended with: `initialized`, `passed`, `skipped` or `alreadyPromoted`. */
  readonly outcome: pulumi.Output<string>;
  /** Service of the primary: what `<name>` selects. */
  readonly service: pulumi.Output<string>;

  private readonly namespace: pulumi.Output<string>;
  private readonly template: pulumi.Output<PlainTemplate>;

  constructor(
    private readonly release: string,
    private readonly args: CanaryReleaseArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("apisix-canary:index:CanaryRelease", release, {}, opts);
    this.validate();
    warnWhenTooFewSlots(this);
    warnOfDoubts(this, args);
    this.namespace = pulumi.output(args.namespace);
    this.routeName = weightedRouteName(args.route?.name ?? args.routeRef?.name ?? release, release);
    this.template = pulumi.output(args.template).apply(asPlainTemplate);
    this.revision = this.template.apply((template) =>
      contentHash({ template, configs: args.configs, secrets: args.secrets }),
    );

    this.outcome = withoutStackTraces(() => this.createResources());
    this.service = pulumi.output(objectName(release, "apex", args.service));
    this.registerOutputs({ routeName: this.routeName, revision: this.revision, outcome: this.outcome });
  }

  /** Registers all of the release; resolves to its outcome when the promotion is over. */
  private createResources(): pulumi.Output<string> {
    const { release } = this;
    const object = this.releaseObject();
    const services = (["apex", "canary", "primary"] as const).map((role) => this.createService(role, object));
    const route = this.createRoute([object, ...services]);
    const inputs = this.runtimeInputs();
    const preparation = new Preparation(`${release}-preparation`, inputs, this.after([route]));
    const canary = this.createWorkload("canary", [preparation]);
    const analysis = new Analysis(`${release}-analysis`, inputs, this.after([canary]));
    const primary = this.createWorkload("primary", [analysis]);
    const promotion = new Promotion(`${release}-promotion`, inputs, this.after([primary]));
    this.createAutoscalers({ canary, primary });

    return pulumi.all([analysis.outcome, promotion.id]).apply(([outcome]) => outcome);
  }

  private validate(): void {
    try {
      validateArgs(this.release, this.args);
    } catch (error) {
      throw new pulumi.ResourceError(error instanceof Error ? error.message : String(error), this, true);
    }
  }

  private after(dependsOn: readonly pulumi.Resource[]): pulumi.CustomResourceOptions {
    return { parent: this, dependsOn: [...dependsOn] };
  }

  private releaseObject(): pulumi.Resource {
    return new k8s.apiextensions.CustomResource(
      this.release,
      {
        apiVersion: `${apiGroup}/${apiVersion}`,
        kind: releaseKind,
        metadata: { name: this.release, namespace: this.namespace },
        spec: releaseObjectSpec(this.release, this.routeName, this.args.service),
      },
      this.after(this.args.platform?.dependencies ?? []),
    );
  }

  private createService(role: Role | "apex", object: pulumi.Resource): pulumi.Resource {
    const name = objectName(this.release, role, this.args.service);
    return new k8s.core.v1.Service(
      `${this.release}-${role}-service`,
      {
        // The primary's pods exist only after the first analysis, the canary's only during one.
        metadata: { name, namespace: this.namespace, annotations: notAwaited },
        spec: serviceSpec(this.release, role, this.args.service),
      },
      this.after([object]),
    );
  }

  private createRoute(dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    return new k8s.apiextensions.CustomResource(
      `${this.release}-route`,
      {
        apiVersion: "apisix.apache.org/v2",
        kind: "ApisixRoute",
        metadata: { name: this.routeName, namespace: this.namespace, annotations: sharedOwnership },
        spec: { ingressClassName: this.ingressClassName(), http: this.rules() },
      },
      this.after(dependsOn),
    );
  }

  private rules(): pulumi.Input<readonly HttpRule[]> {
    const service = this.args.service.name ?? this.release;
    const { port } = this.args.service;
    if (this.args.route !== undefined) return ownedRules(this.release, service, port, this.args.route);
    const source = k8s.apiextensions.CustomResource.get(`${this.release}-source-route`, {
      apiVersion: "apisix.apache.org/v2",
      kind: "ApisixRoute",
      id: pulumi.interpolate`${this.namespace}/${this.args.routeRef?.name}`,
      parent: this,
    });
    return sourceRules(source).apply((rules) => clonedRules(rules, service, port));
  }

  private ingressClassName(): pulumi.Output<string> {
    return pulumi.output(this.args.ingressClassName ?? this.args.platform?.ingressClassName ?? "apisix");
  }

  private createWorkload(role: Role, dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    const { release, args } = this;
    const configuration = copyConfiguration(release, role, args, this.after(dependsOn));
    const awaited = role === "canary" ? notAwaited : {};
    return new k8s.apps.v1.Deployment(
      `${deploymentName(release, role)}-deployment`,
      {
        metadata: {
          name: deploymentName(release, role),
          namespace: this.namespace,
          annotations: { ...sharedOwnership, ...awaited },
        },
        spec: {
          ...this.replicas(role),
          selector: { matchLabels: selectorFor(role, release) },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          template: this.podTemplate(role, configuration),
        },
      },
      this.workloadOptions(role, [...dependsOn, ...configuration.resources]),
    );
  }

  /** The canary's pods are the run's alone: an update from another copy of the state must not take them away. */
  private workloadOptions(role: Role, dependsOn: readonly pulumi.Resource[]): pulumi.CustomResourceOptions {
    const options = this.after(dependsOn);
    return role === "canary" ? { ...options, ignoreChanges: ["spec.replicas"] } : options;
  }

  private replicas(role: Role): { readonly replicas?: number } {
    if (role === "canary") return { replicas: 0 };
    return this.args.autoscaler === undefined ? { replicas: this.args.replicas ?? 1 } : {};
  }

  private podTemplate(role: Role, { renames }: Configuration): pulumi.Output<k8s.types.input.core.v1.PodTemplateSpec> {
    return pulumi
      .all([this.template, this.revision])
      .apply(([template, revision]) => templateFor(role, this.release, revision, template, renames))
      .apply((template) => ({
        metadata: template.metadata ?? {},
        spec: { ...template.spec, containers: named(template) },
      }));
  }

  private createAutoscalers(workloads: Readonly<Record<Role, pulumi.Resource>>): void {
    const { autoscaler } = this.args;
    if (autoscaler === undefined) return;
    const planned = pulumi.output(this.args.analysis).apply((analysis) => plannedRunSeconds(analysis));
    for (const role of ["canary", "primary"] as const) {
      const name = deploymentName(this.release, role);
      const spec = planned.apply((seconds) => autoscalerSpec(this.release, role, autoscaler, seconds));
      const metadata = { name, namespace: this.namespace };
      new k8s.autoscaling.v2.HorizontalPodAutoscaler(`${name}-hpa`, { metadata, spec }, this.after([workloads[role]]));
    }
  }

  private runtimeInputs(): RuntimeInputs {
    const { args } = this;
    const settings = {
      name: this.release,
      namespace: this.namespace,
      revision: this.revision,
      routeName: this.routeName,
      service: { name: args.service.name ?? this.release, port: args.service.port },
      replicas: args.autoscaler?.minReplicas ?? args.replicas ?? 1,
      analysis: pulumi.secret(args.analysis),
      prometheusUrl: args.prometheusUrl ?? args.platform?.prometheusUrl ?? "",
      ...(args.platform === undefined ? {} : { scrapeInterval: args.platform.scrapeIntervalSeconds }),
      ...(args.skipAnalysis === undefined ? {} : { skipAnalysis: args.skipAnalysis }),
      ...(args.progressDeadline === undefined ? {} : { progressDeadline: args.progressDeadline }),
      ...(args.drain === undefined ? {} : { drain: args.drain }),
      ...(args.handover === undefined ? {} : { handover: args.handover }),
      ...(args.deadline === undefined ? {} : { deadline: args.deadline }),
      ...(args.leaseDuration === undefined ? {} : { leaseDuration: args.leaseDuration }),
    };
    return {
      settings,
      ...(args.kubeconfig === undefined ? {} : { kubeconfig: pulumi.secret(args.kubeconfig) }),
      ...(args.context === undefined ? {} : { context: args.context }),
    };
  }
}

function asPlainTemplate(template: unknown): PlainTemplate {
  if (!isPlainTemplate(template)) throw new pulumi.RunError("template.spec.containers: needs at least one container");
  const { [annotations.revision]: _ours, ...rest } = template.metadata?.annotations ?? {};
  return { ...template, metadata: { ...template.metadata, annotations: rest } };
}

function isPlainTemplate(value: unknown): value is PlainTemplate {
  const spec: unknown = typeof value === "object" && value !== null && "spec" in value ? value.spec : undefined;
  return typeof spec === "object" && spec !== null && "containers" in spec && Array.isArray(spec.containers);
}

/** Kubernetes wants a name on each container; the schema has checked that it is there. */
function named(template: PlainTemplate): k8s.types.input.core.v1.Container[] {
  return template.spec.containers.map((container) => ({ ...container, name: String(container["name"]) }));
}

function sourceRules(source: k8s.apiextensions.CustomResource): pulumi.Output<readonly HttpRule[]> {
  const spec: pulumi.Output<unknown> = pulumi.output<unknown>(Reflect.get(source, "spec"));
  return spec.apply((live): readonly HttpRule[] => {
    const http: unknown = typeof live === "object" && live !== null ? Reflect.get(live, "http") : undefined;
    return Array.isArray(http)
      ? http.filter((rule): rule is HttpRule => typeof rule === "object" && rule !== null)
      : [];
  });
}
