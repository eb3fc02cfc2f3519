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
import { ReleaseObjects } from "../adoption/index.js";
import { refusal, refusalOf } from "../errors/index.js";
import { asPromoted } from "../promoted/index.js";
import type { PromotedRelease } from "../promoted/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import type { Metadata } from "./configuration.js";
import { accessOf } from "./access.js";
import { Analysis, Preparation, Promotion } from "./dynamic.js";
import type { RuntimeCluster, RuntimeInputs } from "./dynamic.js";
import type { Making } from "./making.js";
import { autoscalerSpec, objectName, plannedRunSeconds, releaseObjectSpec } from "./manifests.js";
import { warnWhenTooFewSlots } from "./parallelism.js";
import { contentHash } from "../kubernetes/index.js";
import { createWeightedRoute, weightedRouteName } from "./route.js";
import { withoutStackTraces } from "./stack-traces.js";
import { runtimeSettings } from "./runtime-settings.js";
import { createTakeover, custodyOf } from "./takeover.js";
import type { PlainTemplate } from "../../release/template/index.js";
import { validateArgs } from "./validate.js";
import { tellDeadline, warnOfDoubts } from "./warnings.js";
import { createService, createWorkload } from "./workloads.js";

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
  private objects: ReleaseObjects | undefined;

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
    const { release, making } = this;
    const { template, revision } = this;
    const released = { template, revision };
    const object = this.releaseObject();
    const takeover = createTakeover(making, this.runtimeInputs({ releaseUid: uidOf(object) }), released, [object]);
    const before = [object, ...(takeover === undefined ? [] : [takeover])];
    const kept = making.objects.takesOver ? takeover?.kept : undefined;
    const services = (["apex", "canary", "primary"] as const).map((role) => createService(making, role, kept, before));
    const route = createWeightedRoute(making, this.routeName, [...before, ...services]);
    const inputs = this.runtimeInputs({ releaseUid: uidOf(object), routeUid: uidOf(route) });
    const preparation = new Preparation(`${release}-preparation`, inputs, this.after([route]));
    const canary = createWorkload(making, "canary", released, kept, [preparation]);
    const analysis = new Analysis(`${release}-analysis`, inputs, this.after([canary]));
    const primary = createWorkload(making, "primary", released, kept, [analysis]);
    const autoscalers = this.createAutoscalers({ canary, primary });
    // The last to be made and the first to be deleted: what it proves then is about all others.
    const promotion = new Promotion(`${release}-promotion`, inputs, this.after([primary, ...autoscalers]));

    return { analysis, promotion };
  }

  private get making(): Making {
    const { release, args, namespace, access } = this;
    const custody = custodyOf(args);
    return {
      ...{ release, args, namespace, access, givesBack: custody.givesBack },
      objects: (this.objects ??= new ReleaseObjects(custody)),
      metadata: (name, more) => this.metadata(name, more),
      after: (dependsOn) => this.after(dependsOn),
    };
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
        spec: { ...releaseObjectSpec(this.release, this.routeName, this.args.service), ...this.onDeletion() },
      },
      this.after(this.args.platform?.dependencies ?? []),
    );
  }

  private runtimeInputs(proof: Pick<RuntimeInputs, "releaseUid" | "routeUid">): RuntimeInputs {
    const { release: name, namespace, revision, routeName } = this;
    return {
      settings: runtimeSettings({ name, namespace, revision, routeName }, this.args),
      ...this.access,
      ...proof,
    };
  }

  /** The runtime's delete asks for it: that the program says it no longer is no reason to give anything back. */
  private onDeletion(): { readonly onDeletion?: "giveBack" | "remove" } {
    const { takesOver, givesBack } = custodyOf(this.args);
    return takesOver || givesBack ? { onDeletion: givesBack ? "giveBack" : "remove" } : {};
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
      return this.making.objects.autoscaler(`${name}-hpa`, { metadata, spec }, options, { stays: role === "canary" });
    });
  }
}

/** Proves the cluster; there is none before the first update. */
function uidOf({ metadata }: Pick<k8s.apiextensions.CustomResource, "metadata">): pulumi.Output<string | undefined> {
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
