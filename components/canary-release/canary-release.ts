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
import type { ReleaseAutoscaler, ReleaseDeployment, ReleaseRoute, ReleaseService } from "../adoption/index.js";
import { isPlain, waitingFor, whenKnown } from "../arguments/index.js";
import { GeneratedKey } from "../credentials/index.js";
import { never, refusalOf, refusing } from "../errors/index.js";
import { asPromoted } from "../promoted/index.js";
import type { PromotedRelease } from "../promoted/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import { accessOf } from "./access.js";
import { asksForBaseline, createBaseline, warnOfCountedBaseline } from "./baseline.js";
import { trackConfiguration } from "./configuration.js";
import { Analysis, Preparation, Promotion } from "./dynamic.js";
import type { AnalysisOutcome, RuntimeCluster, RuntimeInputs, TrackedConfiguration } from "./dynamic.js";
import { ContentIdentity } from "./identity.js";
import type { Boarding, Making, Metadata } from "./making.js";
import { autoscalerSpec, objectName, plannedRunSeconds, releaseObjectSpec } from "./manifests.js";
import { warnWhenTooFewSlots } from "./parallelism.js";
import { weightedRouteName } from "./route/index.js";
import { withoutStackTraces } from "./stack-traces.js";
import { runtimeSettings } from "./runtime-settings.js";
import { createTakeover, custodyOf } from "./takeover.js";
import { ProgramTemplate } from "./template.js";
import { validateArgs, validateKnown } from "./validate.js";
import { tellDeadline, warnOfDoubts, warnOfReplacedLabel } from "./warnings.js";
import { createWeightedRoute } from "./weighted-route.js";
import { configurationOf, createService, createWorkload } from "./workloads.js";

/**
 * One workload with progressive delivery. `pulumi up` with a new template (or configuration) scales up a canary,
 * gives it a growing share of the traffic, judges it on what its own users got, and then either promotes it to
 * `<name>-primary` or rolls it back and fails the update. Pulumi's graph is the outer state machine: the primary
 * depends on the analysis, so a failed analysis never touches it.
 *
 * Throws a one-line error naming the property for unknown, contradictory or out-of-range arguments; what only an output
 * knows is checked when it is known, before anything is touched.
 */
export class CanaryRelease extends pulumi.ComponentResource {
  /** Name of the weighted ApisixRoute. */
  readonly routeName: string;
  /** Identity of the template with its configuration. */
  readonly revision: pulumi.Output<string>;
  /** What the last analysis ended with. */
  readonly outcome: pulumi.Output<AnalysisOutcome>;
  /**
   * What serves all users, as the last promotion found it on the primary: after a failed update still what was promoted
   * before. Another stack takes it from here with `promotedTag`. Undefined where nothing was promoted by this version of
   * the package yet (an update that leaves the promotion out).
   */
  readonly promoted: pulumi.Output<PromotedRelease | undefined>;
  /** Service of the primary: what `<name>` selects. */
  readonly service: pulumi.Output<string>;

  /** The Services `<name>`, `<name>-canary` and `<name>-primary`. */
  readonly services: Readonly<Record<Role | "apex", ReleaseService>>;
  /** The weighted ApisixRoute. */
  readonly route: ReleaseRoute;
  /** Deployment of the revision under analysis; without pods at rest. */
  readonly canary: ReleaseDeployment;
  /** Deployment that serves all users. */
  readonly primary: ReleaseDeployment;
  /** Deployment of fresh pods of the old revision that the canary is compared with, where they are asked for; none at rest. */
  readonly baseline: k8s.apps.v1.Deployment | undefined;
  /** Of both Deployments; none without an autoscaler of this release. */
  readonly autoscalers: Readonly<Partial<Record<Role, ReleaseAutoscaler>>>;

  /** What is computed in them waits until all of it is known and checked. */
  private readonly args: CanaryReleaseArgs;
  /** Undefined where nothing is computed. */
  private readonly checked: Promise<void> | undefined;
  /** Name of the Kubernetes objects. */
  private readonly release: string;
  private readonly access: RuntimeCluster;
  private readonly namespace: pulumi.Output<string>;
  private readonly template: ProgramTemplate;
  private readonly making: Making;
  private readonly tracked: TrackedConfiguration | undefined;

  constructor(
    private readonly logical: string,
    given: CanaryReleaseArgs,
    opts?: pulumi.ComponentResourceOptions,
    /** Of a `ReleaseTrain`, which makes its members itself; nothing for anybody else. */
    private readonly boarding?: Boarding,
  ) {
    super("apisix-canary:index:CanaryRelease", logical, {}, opts);
    this.validate(given);
    this.checked = this.checkedLater(given);
    const args = this.checked === undefined ? given : waitingFor(this.checked.catch(never), given, ["platform"]);
    this.args = args;
    this.release = args.name ?? logical;
    this.access = accessOf(this, args);
    warnWhenTooFewSlots(this);
    warnOfDoubts(this, args);
    tellDeadline(this, args);
    warnOfCountedBaseline(this, args);
    this.namespace = pulumi.output(args.namespace);
    this.routeName = weightedRouteName(args.route?.name ?? args.routeRef?.name ?? this.release, this.release);
    this.template = new ProgramTemplate(args.template);
    warnOfReplacedLabel(this, this.release, this.template);
    this.making = this.makingOf();
    const object = this.releaseObject();
    this.tracked = trackConfiguration(this.making, this.template, [object]);
    this.revision = this.identified();

    const made = withoutStackTraces(() => this.createResources(object));
    const { analysis, promotion } = made;
    this.services = made.services;
    this.route = made.route;
    this.canary = made.canary;
    this.primary = made.primary;
    this.baseline = made.baseline;
    this.autoscalers = made.autoscalers;
    this.outcome = pulumi.all([analysis.outcome, promotion.id]).apply(([outcome]) => outcome);
    this.promoted = promotion.promoted.apply((promoted) => promoted && asPromoted(promoted, reportName(this.release)));
    this.service = pulumi.output(objectName(this.release, "apex", args.service));
    this.registerOutputs(this.outputs());
  }

  private outputs() {
    const { routeName, revision, outcome, promoted, service } = this;
    const { services, route, canary, primary, baseline, autoscalers } = this;
    const children = { services, route, canary, primary, ...(baseline === undefined ? {} : { baseline }), autoscalers };
    return { routeName, revision, outcome, promoted, service, ...children };
  }

  /** Of all that is judged together: pods with their configuration. */
  private identified(): pulumi.Output<string> {
    const { configs, secrets } = this.args;
    const { configMaps, secrets: tracked } = this.tracked ?? {};
    const content = { template: this.template.content, configs, secrets };
    const all = configMaps === undefined ? content : { ...content, tracked: { configMaps, secrets: tracked } };
    return pulumi.output(this.making.identity.of(all, { isSecret: secrets !== undefined }));
  }

  private createResources(object: k8s.apiextensions.CustomResource) {
    const { logical, making, template, revision, tracked } = this;
    const released = { template, revision, tracked };
    const takeover = createTakeover(making, this.runtimeInputs({ releaseUid: uidOf(object) }), released, [object]);
    const before = [object, ...(takeover === undefined ? [] : [takeover])];
    const kept = making.objects.takesOver ? takeover?.kept : undefined;
    const services = {
      apex: createService(making, "apex", kept, before),
      canary: createService(making, "canary", kept, before),
      primary: createService(making, "primary", kept, before),
    };
    const route = createWeightedRoute(making, this.routeName, uidOf(object), [...before, ...Object.values(services)]);
    const proof = { releaseUid: uidOf(object), routeUid: uidOf(route) };
    const { train, after = [] } = this.boarding ?? {};
    const inputs = { ...this.runtimeInputs(proof), ...(train === undefined ? {} : { train }) };
    const preparation = new Preparation(`${logical}-preparation`, inputs, this.after([route, ...after]));
    const canary = createWorkload(making, "canary", released, kept, [preparation]);
    const analysis = new Analysis(`${logical}-analysis`, inputs, this.after([canary]));
    const configuration = configurationOf(making, "primary", released, [analysis]);
    const primary = createWorkload(making, "primary", released, kept, [analysis], configuration);
    const baseline = asksForBaseline(this.args)
      ? createBaseline(making, released, kept, configuration, [primary])
      : undefined;
    const autoscalers = this.createAutoscalers({ canary, primary });
    // The last to be made and the first to be deleted: what it proves then is about all others.
    const last = [primary, ...Object.values(autoscalers), ...(baseline === undefined ? [] : [baseline])];
    const promotion = new Promotion(`${logical}-promotion`, inputs, this.after(last));

    return { services, route, canary, analysis, primary, baseline, autoscalers, promotion };
  }

  private makingOf(): Making {
    const { release, logical, args, namespace, access } = this;
    const custody = custodyOf(args);
    return {
      ...{ release, logical, args, namespace, access, givesBack: custody.givesBack },
      identity: new ContentIdentity(() => new GeneratedKey(`${logical}-identity-key`, { parent: this }).value),
      objects: new ReleaseObjects(custody),
      refuse: refusing(this, logical),
      metadata: (name, more) => this.metadata(name, more),
      after: (dependsOn) => this.after(dependsOn),
    };
  }

  private validate(args: CanaryReleaseArgs): void {
    try {
      validateArgs(this.logical, args);
    } catch (error) {
      throw refusalOf(this, messageOf(error));
    }
  }

  private checkedLater({ platform, ...own }: CanaryReleaseArgs): Promise<void> | undefined {
    if (isPlain(own)) return undefined;
    const args = platform === undefined ? own : { ...own, platform };
    return validateKnown(this.logical, args).catch((error: unknown) => refusing(this, this.logical)(messageOf(error)));
  }

  private after(dependsOn: readonly pulumi.Input<pulumi.Resource>[]): pulumi.CustomResourceOptions {
    return { parent: this, dependsOn: [...dependsOn] };
  }

  /** Every object carries the release's mark: what doesn't is never touched, whatever its name. */
  private metadata(name: string, more: Readonly<Record<string, pulumi.Input<string>>> = {}): Metadata {
    const { labels, annotations: given = {} } = this.args.metadata ?? {};
    const mark = this.namespace.apply((namespace) => releaseMark(namespace, this.release));
    const own = { ...more, [annotations.release]: mark };
    return {
      name,
      namespace: this.namespace,
      ...(labels === undefined ? {} : { labels }),
      annotations: whenKnown(given, (known) => ({ ...known, ...own })),
    };
  }

  /** The first of all objects: it waits until everything that the arguments say is known and checked. */
  private releaseObject(): k8s.apiextensions.CustomResource {
    const { args, logical, release: name, routeName, checked } = this;
    const before = [...(args.platform?.dependencies ?? [])];
    const dependsOn: pulumi.Input<pulumi.Input<pulumi.Resource>[]> = checked?.then(() => before) ?? before;
    return new k8s.apiextensions.CustomResource(
      logical,
      {
        apiVersion: `${apiGroup}/${apiVersion}`,
        kind: releaseKind,
        metadata: this.metadata(name),
        spec: { ...releaseObjectSpec(name, routeName, args.service), ...this.onDeletion() },
      },
      { parent: this, dependsOn },
    );
  }

  private runtimeInputs(proof: Pick<RuntimeInputs, "releaseUid" | "routeUid">): RuntimeInputs {
    const { release: name, namespace, revision, routeName } = this;
    return {
      ...runtimeSettings({ name, namespace, revision, routeName }, this.args),
      ...this.access,
      ...proof,
    };
  }

  /** The runtime's delete asks for it: that the program says it no longer is no reason to give anything back. */
  private onDeletion(): { readonly onDeletion?: "giveBack" | "remove" } {
    const { takesOver, givesBack } = custodyOf(this.args);
    return takesOver || givesBack ? { onDeletion: givesBack ? "giveBack" : "remove" } : {};
  }

  private createAutoscalers(
    workloads: Readonly<Record<Role, pulumi.Resource>>,
  ): Readonly<Partial<Record<Role, ReleaseAutoscaler>>> {
    const { autoscaler, analysis } = this.args;
    if (autoscaler === undefined || autoscaler === "external") return {};
    // What an address in the analysis is says nothing about its length.
    const planned = pulumi.unsecret(pulumi.output(whenKnown(analysis, plannedRunSeconds)));
    const create = (role: Role): ReleaseAutoscaler => {
      const name = deploymentName(this.release, role);
      const manifest = {
        metadata: this.metadata(name),
        spec: autoscalerSpec(this.release, role, autoscaler, planned),
      };
      const logical = `${deploymentName(this.logical, role)}-hpa`;
      return this.making.objects.autoscaler(logical, manifest, this.after([workloads[role]]));
    };
    return { canary: create("canary"), primary: create("primary") };
  }
}

/** An output that its own program could not make says in which property of ours it was looked at. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^(error serializing property "[^"]*": )+/, "");
}

/** Proves the cluster; there is none before the first update. */
function uidOf({ metadata }: Pick<ReleaseRoute, "metadata">): pulumi.Output<string | undefined> {
  return pulumi.output(metadata).apply((live: { readonly uid?: string } | undefined) => live?.uid);
}
