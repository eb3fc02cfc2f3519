import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Kept } from "../../release/adoption/index.js";
import { deploymentName } from "../../release/model/index.js";
import type { Role } from "../../release/model/index.js";
import { selectorFor, templateFor } from "../../release/template/index.js";
import type { Rename } from "../../release/template/index.js";
import type { ReleaseDeployment, ReleaseService } from "../adoption/index.js";
import { lazily, whenKnown } from "../arguments/index.js";
import { orRefuse } from "../errors/index.js";
import type { ServiceArgs } from "./args.js";
import { copyConfiguration } from "./configuration.js";
import type { Configuration } from "./configuration.js";
import type { TrackedConfiguration } from "./dynamic.js";
import type { Making } from "./making.js";
import { deploymentSpec, notAwaited, objectName, serviceSpec, sharedOwnership } from "./manifests.js";
import { roleKeys, withRoleMetadata } from "./role-metadata.js";
import type { ProgramTemplate, RoleTemplate } from "./template.js";

type Text = pulumi.Input<string>;

/** What is released. */
export interface Revision {
  readonly template: ProgramTemplate;
  readonly revision: pulumi.Output<string>;
  /** What its template only refers to. */
  readonly tracked: TrackedConfiguration | undefined;
}

/** What is kept of an application that was taken over; undefined for a release that was not. */
export type KeptOutput = pulumi.Output<Kept | undefined> | undefined;

/** One of the three Services; the apex selects the primary. */
export function createService(
  making: Making,
  role: Role | "apex",
  kept: KeptOutput,
  dependsOn: readonly pulumi.Resource[],
): ReleaseService {
  const { release, logical, args } = making;
  const spec = serviceSpec(release, role, args.service);
  return making.objects.service(
    `${logical}-${role}-service`,
    {
      // The primary's pods exist only after the first analysis, the canary's only during one.
      metadata: making.metadata(objectName(release, role, args.service), notAwaited),
      spec: kept === undefined ? spec : kept.apply((known) => keptService(role, args.service, spec, known)),
    },
    making.after(dependsOn),
  );
}

type ServiceSpec = k8s.types.input.core.v1.ServiceSpec;

/** A Service that was there keeps its type and all its ports; the canary's selects what the canary's Deployment does. */
function keptService(
  role: Role | "apex",
  { port, targetPort = port }: ServiceArgs,
  spec: ServiceSpec,
  kept: Kept | undefined,
): ServiceSpec {
  if (kept === undefined || role === "primary") return spec;
  if (role === "canary") return { ...spec, selector: kept.canaryLabels };
  const ports = whenKnown({ port, targetPort }, (asked) =>
    kept.ports.map((each) => ({
      ...each,
      port: Number(each["port"]),
      ...(each["port"] === asked.port ? { targetPort: asked.targetPort } : {}),
    })),
  );
  return { ...(spec.selector === undefined ? {} : { selector: spec.selector }), ports };
}

/**
 * Replicas are the program's for a new Deployment only. The canary's pods are the run's: an update from another copy of
 * the state must not take them away. The primary's belong to whoever scales it; a change of them in the program is the
 * promotion's to make, which looks who does. A field that is dropped would be reset to 1 by server-side apply.
 */
export const leftAlone = ["spec.replicas"];

/** The copies of the configuration that belong to the pods of one role. */
export function configurationOf(
  making: Making,
  role: Role,
  { tracked }: Revision,
  dependsOn: readonly pulumi.Resource[],
): Configuration {
  const stays = role === "primary" && making.givesBack ? { retainOnDelete: true } : {};
  return copyConfiguration(making, role, tracked, { ...making.after(dependsOn), ...stays });
}

/** The Deployment of one role. */
export function createWorkload(
  making: Making,
  role: Role,
  revision: Revision,
  kept: KeptOutput,
  dependsOn: readonly pulumi.Resource[],
  configuration = configurationOf(making, role, revision, dependsOn),
): ReleaseDeployment {
  const { release, logical, args } = making;
  const selector = { matchLabels: selectorFor(role, release) };
  return making.objects.deployment(
    `${deploymentName(logical, role)}-deployment`,
    {
      metadata: making.metadata(deploymentName(release, role), {
        ...sharedOwnership,
        ...notAwaited,
        ...(role === "primary" && making.givesBack ? roleKeys(role, args) : {}),
      }),
      spec: {
        ...replicasOf(making, role),
        selector:
          kept === undefined || role === "primary" ? selector : kept.apply((known) => known?.selector ?? selector),
        ...deploymentSpec(args.deployment),
        template: podTemplate(making, role, revision, configuration.rename, kept),
      },
    },
    { ...making.after(dependsOn), dependsOn: configuration.with(dependsOn), ignoreChanges: leftAlone },
  );
}

function replicasOf({ args }: Making, role: Role): { readonly replicas?: pulumi.Input<number> } {
  const { autoscaler, replicas } = args;
  if (role === "canary") return { replicas: 0 };
  if (autoscaler === undefined) return { replicas: replicas ?? 1 };
  return autoscaler === "external" && replicas !== undefined ? { replicas } : {};
}

/** The pods of one role, as the runtime knows them too. */
export function roleTemplate(
  { release }: Making,
  role: Role,
  { template, revision }: Revision,
  rename: Rename,
): pulumi.Output<RoleTemplate> {
  return template.output.apply((plain) => templateFor<Text>(role, release, revision, plain, rename, { lazily }));
}

export function podTemplate(
  making: Making,
  role: Role,
  revision: Revision,
  rename: Rename,
  kept: KeptOutput,
  more: Readonly<Record<string, string>> = {},
): pulumi.Input<k8s.types.input.core.v1.PodTemplateSpec> {
  const { release } = making;
  const make = (plain: RoleTemplate, known?: Kept) => {
    const made = templateFor<Text>(role, release, revision.revision, plain, rename, { lazily });
    const { metadata, spec } = withLabels(made, role, known, more);
    return {
      metadata: withRoleMetadata(metadata ?? {}, role, making, known),
      spec: { ...spec, containers: named(spec.containers) },
    };
  };
  if (kept === undefined) return revision.template.with((plain) => make(plain));
  return revision.template.output.apply((plain) => kept.apply(orRefuse(making.refuse, (known) => make(plain, known))));
}

function withLabels(
  template: RoleTemplate,
  role: Role,
  kept: Kept | undefined,
  more: Readonly<Record<string, string>>,
): RoleTemplate {
  if (kept === undefined && Object.keys(more).length === 0) return template;
  const own = { ...(role === "canary" ? kept?.canaryLabels : kept?.primaryLabels), ...more };
  return { ...template, metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...own } } };
}

/** Kubernetes wants a name on each container; the schema has checked that it is there. */
function named(containers: RoleTemplate["spec"]["containers"]): k8s.types.input.core.v1.Container[] {
  return containers.map((container) => ({
    ...container,
    name: pulumi.Output.isInstance<string>(container["name"]) ? container["name"] : String(container["name"]),
  }));
}
