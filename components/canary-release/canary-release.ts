import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  annotations,
  apiGroup,
  apiVersion,
  deploymentName,
  releaseKind,
  releaseMark,
  reportName,
} from "../../release/model/index.js";
import type { Role } from "../../release/model/index.js";
import { refusal, refusalOf } from "../errors/index.js";
import { asPromoted } from "../promoted/index.js";
import type { PromotedRelease } from "../promoted/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import { copyConfiguration } from "./configuration.js";
import type { Configuration, Metadata } from "./configuration.js";
import { accessOf } from "./access.js";
import { Analysis, Preparation, Promotion } from "./dynamic.js";
import type { RuntimeCluster, RuntimeInputs } from "./dynamic.js";
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
import { weightedRouteName } from "./route/index.js";
import { withoutStackTraces } from "./stack-traces.js";
import { runtimeSettings } from "./runtime-settings.js";
import { selectorFor, templateFor } from "./template.js";
import type { PlainTemplate } from "./template.js";
import { validateArgs } from "./validate.js";
import { tellDeadline, warnOfDoubts } from "./warnings.js";
import { routeAtRest } from "./weighted-route.js";

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
  /**
   * What serves all users, as the last promotion found it on the primary: after a failed update still what was promoted
   * before. Another stack takes it from here with `promotedTag`. Undefined where nothing was promoted by this version of
   * the package yet (an update that leaves the promotion out).
   */
  readonly promoted: pulumi.Output<PromotedRelease | undefined>;
  /** Service of the primary: what `<name>` selects. */
  readonly service: pulumi.Output<string>;

  private readonly access: RuntimeCluster;
  private readonly namespace: pulumi.Output<string>;
  private readonly template: pulumi.Output<PlainTemplate>;

  constructor(
    private readonly release: string,
    private readonly args: CanaryReleaseArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("apisix-canary:index:CanaryRelease", release, {}, opts);
    this.validate();
    this.access = accessOf(this, args);
    warnWhenTooFewSlots(this);
    warnOfDoubts(this, args);
    tellDeadline(this, args);
    this.namespace = pulumi.output(args.namespace);
    this.routeName = weightedRouteName(args.route?.name ?? args.routeRef?.name ?? release, release);
    this.template = pulumi.output(args.template).apply(asPlainTemplate);
    this.revision = this.template.apply((template) =>
      contentHash({ template, configs: args.configs, secrets: args.secrets }),
    );

    const { analysis, promotion } = withoutStackTraces(() => this.createResources());
    this.outcome = pulumi.all([analysis.outcome, promotion.id]).apply(([outcome]) => outcome);
    this.promoted = promotion.promoted.apply((promoted) => promoted && asPromoted(promoted, reportName(release)));
    this.service = pulumi.output(objectName(release, "apex", args.service));
    const { routeName, revision, outcome, promoted } = this;
    this.registerOutputs({ routeName, revision, outcome, promoted });
  }

  private createResources(): { readonly analysis: Analysis; readonly promotion: Promotion } {
    const { release } = this;
    const object = this.releaseObject();
    const services = (["apex", "canary", "primary"] as const).map((role) => this.createService(role, object));
    const route = this.createRoute(object, services);
    const inputs = this.runtimeInputs(object, route);
    const preparation = new Preparation(`${release}-preparation`, inputs, this.after([route]));
    const canary = this.createWorkload("canary", [preparation]);
    const analysis = new Analysis(`${release}-analysis`, inputs, this.after([canary]));
    const primary = this.createWorkload("primary", [analysis]);
    const autoscalers = this.createAutoscalers({ canary, primary });
    // The last to be made and the first to be deleted: what it proves then is about all others.
    const promotion = new Promotion(`${release}-promotion`, inputs, this.after([primary, ...autoscalers]));

    return { analysis, promotion };
  }

  private validate(): void {
    try {
      validateArgs(this.release, this.args);
    } catch (error) {
      throw refusalOf(this, error instanceof Error ? error.message : String(error));
    }
  }

  private after(dependsOn: readonly pulumi.Resource[]): pulumi.CustomResourceOptions {
    return { parent: this, dependsOn: [...dependsOn] };
  }

  /** Every object carries the release's mark: what doesn't is never touched, whatever its name. */
  private metadata(name: string, more: Readonly<Record<string, string>> = {}): Metadata {
    const mark = this.namespace.apply((namespace) => releaseMark(namespace, this.release));
    return { name, namespace: this.namespace, annotations: { ...more, [annotations.release]: mark } };
  }

  private releaseObject(): k8s.apiextensions.CustomResource {
    return new k8s.apiextensions.CustomResource(
      this.release,
      {
        apiVersion: `${apiGroup}/${apiVersion}`,
        kind: releaseKind,
        metadata: this.metadata(this.release),
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
        metadata: this.metadata(name, notAwaited),
        spec: serviceSpec(this.release, role, this.args.service),
      },
      this.after([object]),
    );
  }

  private createRoute(
    object: k8s.apiextensions.CustomResource,
    services: readonly pulumi.Resource[],
  ): k8s.apiextensions.CustomResource {
    const { rules, annotations: more } = routeAtRest(this, this.release, this.args, uidOf(object));
    const { annotations: own, ...metadata } = this.metadata(this.routeName, sharedOwnership);
    return new k8s.apiextensions.CustomResource(
      `${this.release}-route`,
      {
        apiVersion: "apisix.apache.org/v2",
        kind: "ApisixRoute",
        metadata: { ...metadata, annotations: pulumi.all([own, more]).apply(([a, b]) => ({ ...a, ...b })) },
        spec: { ingressClassName: this.ingressClassName(), http: rules },
      },
      this.after([object, ...services]),
    );
  }

  private ingressClassName(): pulumi.Output<string> {
    return pulumi.output(this.args.ingressClassName ?? this.args.platform?.ingressClassName ?? "apisix");
  }

  private createWorkload(role: Role, dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    const { release, args } = this;
    const metadata = (name: string): Metadata => this.metadata(name);
    const configuration = copyConfiguration(release, role, { ...args, metadata }, this.after(dependsOn));
    return new k8s.apps.v1.Deployment(
      `${deploymentName(release, role)}-deployment`,
      {
        metadata: this.metadata(deploymentName(release, role), { ...sharedOwnership, ...notAwaited }),
        spec: {
          ...this.replicas(role),
          selector: { matchLabels: selectorFor(role, release) },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          template: this.podTemplate(role, configuration),
        },
      },
      this.workloadOptions([...dependsOn, ...configuration.resources]),
    );
  }

  /**
   * Replicas are the program's for a new Deployment only. The canary's pods are the run's: an update from another copy of
   * the state must not take them away. The primary's belong to whoever scales it; a change of them in the program is the
   * promotion's to make, which looks who does. A field that is dropped would be reset to 1 by server-side apply.
   */
  private workloadOptions(dependsOn: readonly pulumi.Resource[]): pulumi.CustomResourceOptions {
    return { ...this.after(dependsOn), ignoreChanges: ["spec.replicas"] };
  }

  private replicas(role: Role): { readonly replicas?: number } {
    const { autoscaler, replicas } = this.args;
    if (role === "canary") return { replicas: 0 };
    if (autoscaler === undefined) return { replicas: replicas ?? 1 };
    return autoscaler === "external" && replicas !== undefined ? { replicas } : {};
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

  private runtimeInputs(
    object: k8s.apiextensions.CustomResource,
    route: k8s.apiextensions.CustomResource,
  ): RuntimeInputs {
    const { release: name, namespace, revision, routeName } = this;
    return {
      settings: runtimeSettings({ name, namespace, revision, routeName }, this.args),
      ...this.access,
      releaseUid: uidOf(object),
      routeUid: uidOf(route),
    };
  }

  private createAutoscalers(workloads: Readonly<Record<Role, pulumi.Resource>>): readonly pulumi.Resource[] {
    const { autoscaler } = this.args;
    if (autoscaler === undefined || autoscaler === "external") return [];
    const planned = pulumi.output(this.args.analysis).apply((analysis) => plannedRunSeconds(analysis));
    return (["canary", "primary"] as const).map((role) => {
      const name = deploymentName(this.release, role);
      const spec = planned.apply((seconds) => autoscalerSpec(this.release, role, autoscaler, seconds));
      const metadata = this.metadata(name);
      const options = this.after([workloads[role]]);
      return new k8s.autoscaling.v2.HorizontalPodAutoscaler(`${name}-hpa`, { metadata, spec }, options);
    });
  }
}

/** Proves the cluster; there is none before the first update. */
function uidOf({ metadata }: k8s.apiextensions.CustomResource): pulumi.Output<string | undefined> {
  return pulumi.output(metadata).apply((live: { readonly uid?: string } | undefined) => live?.uid);
}

function asPlainTemplate(template: unknown): PlainTemplate {
  if (!isPlainTemplate(template)) throw refusal("template.spec.containers: needs at least one container");
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
