import type * as pulumi from "@pulumi/pulumi";
import type { ReleaseObjects } from "../adoption/index.js";
import type { Refuse } from "../errors/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import type { RuntimeCluster, TrainInput } from "./dynamic.js";
import type { ContentIdentity } from "./identity.js";

/** Name, place and mark of one object of a release. */
export interface Metadata {
  readonly name: string;
  readonly namespace: pulumi.Input<string>;
  readonly labels?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  readonly annotations: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
}

/** What a `ReleaseTrain` makes a member with. */
export interface Boarding {
  readonly train: pulumi.Input<TrainInput>;
  /** What the release begins after: the member before it, where they go in order. */
  readonly after: readonly pulumi.Resource[];
}

/** What each part of a release is made with. */
export interface Making {
  /** Name of the Kubernetes objects. */
  readonly release: string;
  /** What the names of the resources begin with: the component's own. */
  readonly logical: string;
  readonly args: CanaryReleaseArgs;
  readonly namespace: pulumi.Output<string>;
  readonly access: RuntimeCluster;
  readonly identity: ContentIdentity;
  readonly objects: ReleaseObjects;
  /** A plain Deployment serves again when the release is deleted. */
  readonly givesBack: boolean;
  /** Ends the update with one line about the release. */
  readonly refuse: Refuse;
  /** Name, place and the release's mark. */
  metadata(name: string, more?: Readonly<Record<string, pulumi.Input<string>>>): Metadata;
  /** Options of a child that comes after these. */
  after(dependsOn: readonly pulumi.Input<pulumi.Resource>[]): pulumi.CustomResourceOptions;
}
