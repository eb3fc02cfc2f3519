import * as pulumi from "@pulumi/pulumi";
import type { Promoted } from "../../release/model/index.js";
import type { ReleaseInput, Transferred } from "../../release/settings/index.js";
import type { ConfigurationKind } from "../../release/template/index.js";
import type { Computed } from "../arguments/index.js";
import { DynamicResource } from "../dynamic/index.js";

/** The release's settings, parts of which may still be outputs. */
export type RuntimeSettings = {
  readonly [K in keyof Omit<ReleaseInput, "analysis">]: Computed<ReleaseInput[K] | undefined>;
} & { readonly analysis: unknown };

/** Inputs of the three dynamic resources. */
export interface RuntimeInputs extends RuntimeCluster, Transferred {
  /** Of a member of a train. Never compared: another member's change is no reason to run this one. */
  readonly train?: pulumi.Input<TrainInput>;
}

/** The train that a release is in, as its runtime knows it: names, and what the program asks of each. */
export type TrainInput = NonNullable<ReleaseInput["train"]>;

/** Which cluster the runtime works on, and what proves it. Never compared: no reason to run anything again. */
export interface RuntimeCluster {
  /** Secret. */
  readonly kubeconfig?: pulumi.Input<string | undefined>;
  readonly context?: pulumi.Input<string | undefined>;
  readonly cluster?: pulumi.Input<string | undefined>;
  /** UIDs of the objects that Pulumi created; unknown in a first preview. */
  readonly releaseUid?: pulumi.Input<string | undefined>;
  readonly routeUid?: pulumi.Input<string | undefined>;
}

/** What an analysis decided. One that takes the revision back fails the update and has none. */
export type AnalysisOutcome = "initialized" | "passed" | "skipped" | "alreadyPromoted" | "unjudged";

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

/** What is in a ConfigMap or Secret. */
export interface Content {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
  /** Of a Secret. */
  readonly type?: string;
}

type Contents = Readonly<Record<string, Content>>;

/**
 * ConfigMaps and Secrets that the template only refers to: read by the runtime at each preview and update, as far as they
 * are there. What is in Secrets is secret.
 */
export class TrackedConfiguration extends DynamicResource {
  declare readonly configMaps: pulumi.Output<Contents>;
  declare readonly secrets: pulumi.Output<Contents>;
  constructor(
    name: string,
    inputs: Pick<RuntimeCluster, "kubeconfig" | "context" | "cluster"> & {
      readonly namespace: pulumi.Input<string>;
      readonly release: string;
      readonly names: pulumi.Input<Readonly<Record<ConfigurationKind, readonly string[]>>>;
    },
    opts: pulumi.CustomResourceOptions,
  ) {
    // The engine keeps secret what was secret under the same name before it was checked.
    const props = { ...inputs, secrets: pulumi.secret({}) };
    const options = pulumi.mergeOptions(secret(opts), { additionalSecretOutputs: ["secrets"] });
    const runtime = { name: "trackedConfiguration", methods: ["check", "diff", "create", "update"] } as const;
    super("TrackedConfiguration", runtime, name, props, ["configMaps"], options);
  }
}

/** Shifts traffic to the canary step by step and judges it; throws when it rolls the revision back. */
export class Analysis extends DynamicResource {
  /** What the last analysis decided: `initialized`, `passed`, `alreadyPromoted` or `skipped`. */
  declare readonly outcome: pulumi.Output<AnalysisOutcome>;
  constructor(name: string, inputs: RuntimeInputs, opts: pulumi.CustomResourceOptions) {
    super("Analysis", { name: "analysis", methods }, name, inputs, ["outcome"], secret(opts));
  }
}

/** Shifts traffic back to the promoted primary and scales the canary down. */
export class Promotion extends DynamicResource {
  /** What all users have now. */
  declare readonly promoted: pulumi.Output<Promoted | undefined>;
  constructor(name: string, inputs: RuntimeInputs, opts: pulumi.CustomResourceOptions) {
    super(
      "Promotion",
      { name: "promotion", methods: [...methods, "delete"] },
      name,
      inputs,
      ["promoted"],
      secret(opts),
    );
  }
}
