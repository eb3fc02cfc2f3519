import * as pulumi from "@pulumi/pulumi";
import type { ReleaseInput } from "../../release/settings/index.js";

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

type Part = "preparation" | "analysis" | "promotion";

/**
 * Text of the provider as Pulumi keeps it in its state, and runs it in a process of its own; an older state runs an
 * older release's text. So it holds no path and nothing of ours but the name of this package's runtime. Written out
 * rather than serialized from a function by `pulumi.dynamic.Resource`: that loads the TypeScript compiler in every
 * preview and update, and the text would change with it.
 */
function providerText(part: Part): string {
  return `const runtime = async () => (await import("pulumi-apisix-canary/release")).${part};
exports.handler = () => ({
  check: async (...given) => (await runtime()).check(...given),
  diff: async (...given) => (await runtime()).diff(...given),
  create: async (...given) => (await runtime()).create(...given),
  update: async (...given) => (await runtime()).update(...given),
});
`;
}

/** A dynamic resource: the type token sends it to Pulumi's dynamic provider, which runs the text. */
class DynamicResource extends pulumi.CustomResource {
  constructor(
    type: string,
    part: Part,
    name: string,
    inputs: RuntimeInputs & { readonly outcome?: undefined },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      `pulumi-nodejs:dynamic/apisix-canary:${type}`,
      name,
      { ...inputs, __provider: providerText(part) },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] }),
    );
  }
}

/** Takes back what an earlier run left, before the canary's template is swapped. */
export class Preparation extends DynamicResource {
  constructor(name: string, inputs: RuntimeInputs, opts: pulumi.CustomResourceOptions) {
    super("Preparation", "preparation", name, inputs, opts);
  }
}

/** Shifts traffic to the canary step by step and judges it; throws when it takes the revision back. */
export class Analysis extends DynamicResource {
  /** What the last analysis decided: `initialized`, `passed`, `alreadyPromoted` or `skipped`. */
  declare readonly outcome: pulumi.Output<string>;
  constructor(name: string, inputs: RuntimeInputs, opts: pulumi.CustomResourceOptions) {
    super("Analysis", "analysis", name, { ...inputs, outcome: undefined }, opts);
  }
}

/** Shifts traffic back to the promoted primary and scales the canary down. */
export class Promotion extends DynamicResource {
  constructor(name: string, inputs: RuntimeInputs, opts: pulumi.CustomResourceOptions) {
    super("Promotion", "promotion", name, inputs, opts);
  }
}
