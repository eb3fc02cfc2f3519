import * as pulumi from "@pulumi/pulumi";
import type { Kept } from "../../release/adoption/index.js";
import type { AdoptionSettings, Transferred } from "../../release/settings/index.js";
import type { Computed } from "../arguments/index.js";
import { DynamicResource } from "../dynamic/index.js";

/** What the runtime is told of a takeover, parts of which may still be outputs. */
export type TakeoverInputs = { readonly [K in keyof AdoptionSettings]: Computed<AdoptionSettings[K]> };

/**
 * Takes over what runs already before the release's own objects are written, and gives it back when they are gone. What
 * is kept of it is among its inputs: a preview shows it where there is a cluster.
 */
export class Takeover extends DynamicResource {
  /** Undefined where nothing was taken over. */
  declare readonly kept: pulumi.Output<Kept | undefined>;

  constructor(
    name: string,
    inputs: Transferred & { readonly adoption: TakeoverInputs },
    opts: pulumi.CustomResourceOptions,
  ) {
    const runtime = { name: "adoption", methods: ["check", "diff", "create", "update", "delete"] } as const;
    const secret = pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] });
    super("Takeover", runtime, name, inputs, ["kept"], secret);
  }
}
