import * as pulumi from "@pulumi/pulumi";
import type { ReleaseInput } from "../../release/settings/index.js";

/** Inputs of the three dynamic resources: the release's settings, parts of which may still be outputs. */
export type RuntimeInputs = { readonly [K in keyof ReleaseInput]: pulumi.Input<ReleaseInput[K]> };

type Provider = pulumi.dynamic.ResourceProvider<Record<string, unknown>, Record<string, unknown>>;

// The stubs are what Pulumi serializes into its state, and an older state runs an older release's stub. So they
// capture nothing, hold no path, and load this package's own runtime by name.
const preparation: Provider = {
  check: async (olds, news) => (await import("pulumi-apisix-canary/release")).preparation.check(olds, news),
  diff: async (id, olds, news) => (await import("pulumi-apisix-canary/release")).preparation.diff(id, olds, news),
  create: async (inputs) => (await import("pulumi-apisix-canary/release")).preparation.create(inputs),
  update: async (id, olds, news) => (await import("pulumi-apisix-canary/release")).preparation.update(id, olds, news),
};

const analysis: Provider = {
  check: async (olds, news) => (await import("pulumi-apisix-canary/release")).analysis.check(olds, news),
  diff: async (id, olds, news) => (await import("pulumi-apisix-canary/release")).analysis.diff(id, olds, news),
  create: async (inputs) => (await import("pulumi-apisix-canary/release")).analysis.create(inputs),
  update: async (id, olds, news) => (await import("pulumi-apisix-canary/release")).analysis.update(id, olds, news),
};

const promotion: Provider = {
  check: async (olds, news) => (await import("pulumi-apisix-canary/release")).promotion.check(olds, news),
  diff: async (id, olds, news) => (await import("pulumi-apisix-canary/release")).promotion.diff(id, olds, news),
  create: async (inputs) => (await import("pulumi-apisix-canary/release")).promotion.create(inputs),
  update: async (id, olds, news) => (await import("pulumi-apisix-canary/release")).promotion.update(id, olds, news),
};

function options(opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
  return pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] });
}

/** Takes back what an earlier run left, before the canary's template is swapped. */
export class Preparation extends pulumi.dynamic.Resource {
  constructor(name: string, inputs: RuntimeInputs, opts: pulumi.CustomResourceOptions) {
    super(preparation, name, { ...inputs }, options(opts), "apisix-canary", "Preparation");
  }
}

/** Shifts traffic to the canary step by step and judges it; throws when it takes the revision back. */
export class Analysis extends pulumi.dynamic.Resource {
  /** What the last analysis decided: `initialized`, `passed`, `alreadyPromoted` or `skipped`. */
  declare readonly outcome: pulumi.Output<string>;
  constructor(name: string, inputs: RuntimeInputs, opts: pulumi.CustomResourceOptions) {
    super(analysis, name, { ...inputs, outcome: undefined }, options(opts), "apisix-canary", "Analysis");
  }
}

/** Shifts traffic back to the promoted primary and scales the canary down. */
export class Promotion extends pulumi.dynamic.Resource {
  constructor(name: string, inputs: RuntimeInputs, opts: pulumi.CustomResourceOptions) {
    super(promotion, name, { ...inputs }, options(opts), "apisix-canary", "Promotion");
  }
}
