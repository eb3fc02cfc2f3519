import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { annotations } from "../../release/model/index.js";
import { isTree } from "../../release/template/index.js";
import type { PlainTemplate } from "../../release/template/index.js";
import { isComputed, opened } from "../arguments/index.js";
import { refusal } from "../errors/index.js";

/** The pods of one role: texts in it may still be outputs. */
export type RoleTemplate = PlainTemplate<pulumi.Input<string>>;

/**
 * The program's pod template. Of it only the structure is looked at: labels, containers. What is not known yet stays where
 * it is, and what is secret stays secret there alone.
 */
export class ProgramTemplate {
  private readonly structure: RoleTemplate | pulumi.Output<RoleTemplate>;

  /** @throws RunError in one line where it has no containers */
  constructor(given: pulumi.Input<k8s.types.input.core.v1.PodTemplateSpec>) {
    this.structure = structureOf(given);
  }

  /** All of it, as it counts for the revision. */
  get content(): unknown {
    return this.structure;
  }

  /** At once where the structure is known. */
  with<R>(make: (template: RoleTemplate) => R): R | pulumi.Output<R> {
    return pulumi.Output.isInstance(this.structure) ? this.structure.apply(make) : make(this.structure);
  }

  get output(): pulumi.Output<RoleTemplate> {
    const { structure } = this;
    return pulumi.Output.isInstance(structure) ? structure : pulumi.output(undefined).apply(() => structure);
  }
}

function structureOf(template: unknown): RoleTemplate | pulumi.Output<RoleTemplate> {
  if (isComputed(template)) return opened(template).apply(asTemplate);
  if (!isTree(template)) return asTemplate(template);
  const { metadata, spec } = template;
  const isMetadataKnown = !isComputed(metadata) && !(isTree(metadata) && Object.values(metadata).some(isComputed));
  const isSpecKnown = !isComputed(spec) && (!isTree(spec) || areKnown(spec["containers"]));
  if (isMetadataKnown && isSpecKnown) return asTemplate(template);
  // A spec whose structure is known is not opened: pulumi.all would make all of it as secret as any part of it.
  return opened({ metadata, ...(isSpecKnown ? {} : { spec }) }).apply((known) =>
    asTemplate({ ...template, ...(isTree(known) ? known : {}) }),
  );
}

function areKnown(containers: unknown): boolean {
  return !isComputed(containers) && (!Array.isArray(containers) || !containers.some(isComputed));
}

/** What an earlier run of ours has written into the template is no part of it. */
function asTemplate(template: unknown): RoleTemplate {
  if (!isTemplate(template)) throw refusal("template.spec.containers: needs at least one container");
  const { [annotations.revision]: _ours, ...rest } = template.metadata?.annotations ?? {};
  return { ...template, metadata: { ...template.metadata, annotations: rest } };
}

function isTemplate(value: unknown): value is RoleTemplate {
  const spec: unknown = isTree(value) ? value["spec"] : undefined;
  return isTree(spec) && Array.isArray(spec["containers"]);
}
