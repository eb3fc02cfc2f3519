import * as pulumi from "@pulumi/pulumi";
import type { ReleaseInput } from "../../release/settings/index.js";
import { DynamicResource } from "../dynamic/index.js";

/** The release's settings, parts of which may still be outputs. */
export type RuntimeSettings = { readonly [K in keyof ReleaseInput]: pulumi.Input<ReleaseInput[K]> };

/**
 * Inputs of the three dynamic resources. All settings are one property: Pulumi's SDK pays for each property of each
 * resource, changed or not.
 */
export interface RuntimeInputs {
  readonly settings: Omit<RuntimeSettings, "kubeconfig" | "context">;
  /** Secret. */
  readonly kubeconfig?: pulumi.Input<string>;
  readonly context?: pulumi.Input<string>;
}

const methods = ["check", "diff", "create", "update"] as const;

function secret(opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
  return pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] });
}

/** Rolls back what an earlier run left, before the canary's template is swapped. */
export class Preparation extends DynamicResource {
  constructor(name: string, inputs: RuntimeInputs, opts: pulumi.CustomResourceOptions) {
    super("Preparation", { name: "preparation", methods }, name, inputs, [], secret(opts));
  }
}

/** Shifts traffic to the canary step by step and judges it; throws when it rolls the revision back. */
export class Analysis extends DynamicResource {
  /** What the last analysis decided: `initialized`, `passed`, `alreadyPromoted` or `skipped`. */
  declare readonly outcome: pulumi.Output<string>;
  constructor(name: string, inputs: RuntimeInputs, opts: pulumi.CustomResourceOptions) {
    super("Analysis", { name: "analysis", methods }, name, inputs, ["outcome"], secret(opts));
  }
}

/** Shifts traffic back to the promoted primary and scales the canary down. */
export class Promotion extends DynamicResource {
  constructor(name: string, inputs: RuntimeInputs, opts: pulumi.CustomResourceOptions) {
    super("Promotion", { name: "promotion", methods }, name, inputs, [], secret(opts));
  }
}
