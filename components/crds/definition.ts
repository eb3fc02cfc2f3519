import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argument } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";

/** What becomes of a CustomResourceDefinition: with it go all objects of its kind, whoever made them. */
export interface DefinitionOptions {
  /**
   * Whether a destroy leaves the definitions, and with them everybody's routes and releases. Default true. With
   * `false` they are created and deleted like any other resource: they must not exist before.
   */
  readonly keepOnDestroy?: boolean;
  /**
   * Whether definitions that somebody else made (kubectl, a Helm chart) become ours. Default true: what theirs allow ours
   * do too. With `false` the update fails with a conflict that names their manager, where theirs differ. To leave them
   * alone altogether: `installCrds: false`.
   */
  readonly takeOver?: boolean;
}

export const definitionOptions = z
  .strictObject({ keepOnDestroy: argument.flag, takeOver: argument.flag } satisfies Shape<DefinitionOptions>)
  .optional();

type DefinitionSpec = k8s.types.input.apiextensions.v1.CustomResourceDefinitionSpec;

const token = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";

/** The same in every stack and version: a definition that an earlier stack kept is this manager's already. */
const fieldManager = "pulumi-apisix-canary";

/**
 * Registers one definition. A kept one is applied server-side, which the provider does for `…Patch` resources whether
 * the object exists or not (its plain create is a POST and fails for one that exists), and is retained on a destroy.
 * One resource has two types over its life, so each is the other's alias: a change of the option replaces nothing.
 */
export function createDefinition(
  name: string,
  definition: { readonly name: string; readonly spec: DefinitionSpec },
  { keepOnDestroy = true, takeOver = true }: DefinitionOptions,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { spec } = definition;
  const metadata = { name: definition.name, labels: { "app.kubernetes.io/managed-by": fieldManager } };
  if (!keepOnDestroy) {
    const options = pulumi.mergeOptions(opts, { aliases: [{ type: `${token}Patch` }] });
    return new k8s.apiextensions.v1.CustomResourceDefinition(name, { metadata, spec }, options);
  }
  const annotations = {
    "pulumi.com/patchFieldManager": fieldManager,
    ...(takeOver ? { "pulumi.com/patchForce": "true" } : {}),
  };
  const options = pulumi.mergeOptions(opts, { aliases: [{ type: token }], retainOnDelete: true });
  return new k8s.apiextensions.v1.CustomResourceDefinitionPatch(
    name,
    { metadata: { ...metadata, annotations }, spec },
    options,
  );
}
