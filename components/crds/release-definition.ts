import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { apiGroup, apiVersion, phases, releaseKind, releasePlural } from "../../release/model/index.js";
import { argument, checkArguments } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";
import { createDefinition } from "./definition.js";
import type { DefinitionOptions } from "./definition.js";

const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

const schema = z.strictObject({ keepOnDestroy: argument.flag } satisfies Shape<CanaryDefinitionsArgs>);

const status = {
  type: "object",
  "x-kubernetes-preserve-unknown-fields": true,
  properties: {
    phase: { type: "string", enum: [...phases], description: "Where the release stands." },
    canaryWeight: { type: "integer", description: "Share of traffic of the canary, percent." },
    failedChecks: { type: "integer", description: "Failed checks of the present or last run." },
    iterations: { type: "integer" },
    lastTransitionTime: { type: "string", format: "date-time" },
    promotedRevision: { type: "string", description: "Revision that serves all users." },
    message: { type: "string" },
  },
};

/** What becomes of our own definition; nobody else manages it, so there is nothing to take over. */
export type CanaryDefinitionsArgs = Pick<DefinitionOptions, "keepOnDestroy">;

/**
 * Our own kind, beside Flagger's: the journal of a release, and what `kubectl get canaryreleases -A` prints. Comes with
 * `CanaryPlatform` and `ExistingPlatform`; alone, it serves clusters whose releases have neither. Several stacks may
 * have it; a destroy keeps it unless told otherwise.
 */
export class CanaryDefinitions extends pulumi.ComponentResource {
  /** The definition itself: a release can depend on it. */
  readonly definition: pulumi.Resource;

  constructor(name: string, args: CanaryDefinitionsArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    // The type's name is part of the definition's own identity in stacks that have it: another one would delete it.
    super("apisix-canary:index:ReleaseDefinition", name, {}, opts);
    checkArguments("CanaryDefinitions", schema, args);
    const names = {
      kind: releaseKind,
      plural: releasePlural,
      singular: "canaryrelease",
      listKind: `${releaseKind}List`,
      shortNames: ["crel"],
    };
    const version = {
      name: apiVersion,
      served: true,
      storage: true,
      subresources: { status: {} },
      schema: { openAPIV3Schema: { type: "object", properties: { spec: open, status } } },
      additionalPrinterColumns: [
        { name: "Status", type: "string", jsonPath: ".status.phase" },
        { name: "Weight", type: "string", jsonPath: ".status.canaryWeight" },
        { name: "LastTransitionTime", type: "string", jsonPath: ".status.lastTransitionTime" },
      ],
    };
    const spec = { group: apiGroup, scope: "Namespaced", names, versions: [version] };
    const definition = { name: `${releasePlural}.${apiGroup}`, spec };
    this.definition = createDefinition(`${name}-${releasePlural}`, definition, args, { parent: this });
    this.registerOutputs({});
  }
}
