import { annotations, deploymentName, releaseMark, serviceName } from "../model/index.js";
import { doubtsOf } from "./doubts.js";
import { matches, scales, selects, selectorText } from "./live.js";
import type { LiveDeployment, LiveMetadata, LiveScaler, LiveService } from "./live.js";
import { keptOf, primaryLabelsOf } from "./taking.js";
import type { Kept, Surroundings, Taking } from "./taking.js";

export interface Survey {
  /** One line each; with any of them nothing is touched. */
  readonly problems: readonly string[];
  /** What people should know, one line each. */
  readonly doubts: readonly string[];
  readonly kept: Kept | undefined;
}

/** Looks at what is to be taken over, before anything is touched; pure. */
export function survey(taking: Taking, there: Surroundings): Survey {
  const { target, apex } = there;
  const missing = [
    ...(target === undefined ? [`there is no Deployment ${taking.name} in namespace ${taking.namespace}`] : []),
    ...(apex === undefined
      ? [
          `there is no Service ${taking.service.name} in namespace ${taking.namespace}: give service.name of the one that leads to it`,
        ]
      : []),
  ];
  if (target === undefined || apex === undefined) return { problems: missing, doubts: [], kept: undefined };
  const look = new Look(taking, there, target, apex);
  const kept = look.kept();
  if (isTaken(target.metadata, taking)) return { problems: [], doubts: [], kept };
  return { problems: look.problems(), doubts: doubtsOf(taking, there, target), kept };
}

/** By this release already. */
function isTaken({ annotations: texts }: LiveMetadata, { namespace, name }: Taking): boolean {
  return texts[annotations.release] === releaseMark(namespace, name);
}

class Look {
  private readonly primaryName: string;
  private readonly labels: Readonly<Record<string, string>>;
  private readonly primaryLabels: Readonly<Record<string, string>>;
  private readonly isFlaggers: boolean;

  constructor(
    private readonly taking: Taking,
    private readonly there: Surroundings,
    private readonly target: LiveDeployment,
    private readonly apex: LiveService,
  ) {
    this.primaryName = deploymentName(taking.name, "primary");
    this.labels = target.spec.template.metadata.labels;
    this.isFlaggers = taking.flaggerCanary !== undefined;
    this.primaryLabels = primaryLabelsOf(taking.name, target);
  }

  kept(): Kept {
    return { ...keptOf(this.taking.name, this.target), ports: this.apex.spec.ports };
  }

  problems(): readonly string[] {
    return [
      ...this.ofTarget(),
      ...this.ofApex(),
      ...this.ofNames(),
      ...this.ofOtherServices(),
      ...this.ofScalers(),
      ...(this.isFlaggers ? this.ofFlagger() : []),
    ];
  }

  private ofTarget(): readonly string[] {
    const { metadata, spec } = this.target;
    const where = `Deployment ${metadata.name}`;
    const owner = metadata.ownerReferences.find(({ controller }) => controller === true);
    const mark = metadata.annotations[annotations.release];
    return [
      ...(mark === undefined ? [] : [`${where} belongs to release ${mark}`]),
      ...(owner === undefined ? [] : [`${where} is owned by ${owner.kind} ${owner.name}, which would change it back`]),
      ...(spec.paused ? [`${where} is paused: resume it first`] : []),
      ...(spec.replicas === 0 && !this.isFlaggers
        ? [`${where} has no pods (replicas 0): scale it up first, or delete it`]
        : []),
      ...(matches(spec.selector, this.primaryLabels)
        ? [`${where} selects ${selectorText(spec.selector)}, which the primary's pods would match too`]
        : []),
    ];
  }

  private ofApex(): readonly string[] {
    const { metadata, spec } = this.apex;
    const where = `Service ${metadata.name}`;
    const mark = metadata.annotations[annotations.release];
    if (mark !== undefined && !isTaken(metadata, this.taking)) return [`${where} belongs to release ${mark}`];
    if (spec.type === "ExternalName") return [`${where} is of type ExternalName: it leads to no pods`];
    const led = this.isFlaggers ? (this.there.primary?.spec.template.metadata.labels ?? {}) : this.labels;
    const text = selectorText({ matchLabels: spec.selector, matchExpressions: [] });
    // A takeover that died in the middle has switched it already.
    if (!selects(spec.selector, led) && !isTaken(metadata, this.taking))
      return [
        `${where} selects ${text || "nothing"}, not the pods of Deployment ${this.isFlaggers ? this.primaryName : this.taking.name}`,
      ];
    const others = this.there.deployments.filter(
      (each) => !this.isOwnName(each.metadata.name) && selects(spec.selector, each.spec.template.metadata.labels),
    );
    return [
      ...others.map(
        (each) =>
          `${where} selects the pods of Deployment ${each.metadata.name} too (${text}), which would lose their users`,
      ),
      ...this.ofPorts(),
    ];
  }

  private isOwnName(name: string): boolean {
    return [this.taking.name, this.primaryName, `${this.taking.name}-interim`].includes(name);
  }

  private ofPorts(): readonly string[] {
    const { port, targetPort } = this.taking.service;
    const { metadata, spec } = this.apex;
    const found = spec.ports.find((each) => each.port === port && each.protocol === "TCP");
    if (found === undefined)
      return [
        `service.port: Service ${metadata.name} has no port ${port}; it has ${spec.ports.map((each) => each.port).join(", ") || "none"}`,
      ];
    const live = this.numberOf(found.targetPort ?? port);
    const asked = this.numberOf(targetPort ?? port);
    return live === asked
      ? []
      : [
          `service.targetPort: Service ${metadata.name} sends port ${port} to ${String(live)}, and the release to ${String(asked)}`,
        ];
  }

  /** A port's name as the container that has it says. */
  private numberOf(port: number | string): number | string {
    if (typeof port === "number") return port;
    const all = this.target.spec.template.spec.containers.flatMap(({ ports }) => ports ?? []);
    return all.find(({ name }) => name === port)?.containerPort ?? port;
  }

  /** Objects under names that the release gives. */
  private ofNames(): readonly string[] {
    if (this.isFlaggers) return [];
    const { primary, services } = this.there;
    const own = (["primary", "canary"] as const).map((role) => serviceName(this.taking.service.name, role));
    const foreign = [
      ...(primary === undefined || isTaken(primary.metadata, this.taking) ? [] : [`Deployment ${this.primaryName}`]),
      ...services
        .filter(({ metadata }) => own.includes(metadata.name) && !isTaken(metadata, this.taking))
        .map(({ metadata }) => `Service ${metadata.name}`),
    ];
    return foreign.map(
      (what) => `${what} exists and is not this release's, which gives that name itself: delete or rename it`,
    );
  }

  /** Services beside the apex that lead to the same pods would lead to nobody. */
  private ofOtherServices(): readonly string[] {
    const { name } = this.taking.service;
    const own = [name, serviceName(name, "primary"), serviceName(name, "canary")];
    return this.there.services
      .filter(
        ({ metadata, spec }) =>
          !own.includes(metadata.name) &&
          selects(spec.selector, this.labels) &&
          !selects(spec.selector, this.primaryLabels),
      )
      .map(
        ({ metadata, spec }) =>
          `Service ${metadata.name} selects its pods as well (${selectorText({ matchLabels: spec.selector, matchExpressions: [] })}) and would have none: let it select a label that is not app, name or app.kubernetes.io/name`,
      );
  }

  private ofScalers(): readonly string[] {
    const { autoscaler } = this.taking;
    const own = this.there.autoscalers.filter((each) => scales(each, this.taking.name));
    const names = own.map(({ metadata }) => metadata.name);
    const list = names.map((name) => `HorizontalPodAutoscaler ${name}`).join(", ");
    const problems = this.there.scaledObjects
      .filter((each) => scales(each, this.taking.name) && !isPausedByKeda(each))
      .map(
        ({ metadata }) =>
          `ScaledObject ${metadata.name} scales Deployment ${this.taking.name}, and would scale it up again at rest: pause it (annotation autoscaling.keda.sh/paused-replicas: "0"), give ${this.primaryName} one of its own and the release autoscaler: "external"`,
      );
    // KEDA makes an autoscaler of its own for each of its objects.
    const keda = this.there.scaledObjects.map(({ metadata }) => `keda-hpa-${metadata.name}`);
    const plain = names.filter((name) => !keda.includes(name));
    if (autoscaler === undefined && plain.length > 0)
      return [
        ...problems,
        `${list} scales Deployment ${this.taking.name}: give autoscaler (the release's own take its place) or autoscaler: "external"`,
      ];
    const strange = plain.filter((name) => name !== this.taking.name);
    if (autoscaler === "managed" && strange.length > 0)
      return [
        ...problems,
        `HorizontalPodAutoscaler ${strange.join(", ")} scales Deployment ${this.taking.name} beside the release's own ${this.taking.name}: delete it, or give autoscaler: "external"`,
      ];
    return problems;
  }

  private ofFlagger(): readonly string[] {
    const { flaggerCanary: name = "", namespace, routeRef } = this.taking;
    const { canary } = this.there;
    if (canary === undefined) return [`there is no Canary ${name} (flagger.app) in namespace ${namespace}`];
    const { spec, status } = canary;
    const where = `Canary ${name}`;
    const isAtRest = ["Initialized", "Succeeded", "Failed"].includes(status.phase) && status.canaryWeight === 0;
    return [
      ...(spec.targetRef.kind === "Deployment" && spec.targetRef.name === this.taking.name
        ? []
        : [`${where} has target ${spec.targetRef.kind} ${spec.targetRef.name}: call the release after its target`]),
      ...(spec.provider === "" || spec.provider === "apisix"
        ? []
        : [`${where} has provider ${spec.provider}: only apisix can be taken over`]),
      ...(spec.routeRef === undefined || spec.routeRef.name === routeRef
        ? []
        : [`${where} has routeRef ${spec.routeRef.name}: give the same routeRef`]),
      ...(isAtRest ? [] : [`${where} is ${status.phase || "not initialized"}: wait until it is over`]),
    ];
  }
}

function isPausedByKeda({ metadata }: LiveScaler): boolean {
  const texts = metadata.annotations;
  return texts["autoscaling.keda.sh/paused-replicas"] === "0" || texts["autoscaling.keda.sh/paused"] === "true";
}
