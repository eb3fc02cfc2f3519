import type { CanaryReleaseArgs } from "../canary-release/index.js";

/** A release of a train: everything that a `CanaryRelease` has, and its name. */
export interface TrainMember extends CanaryReleaseArgs {
  /** Of the release and its Kubernetes objects; once in a train. */
  readonly name: string;
}

/** Which releases belong together, and how. */
export interface ReleaseTrainArgs {
  /** The members; in this order where they go in order. At least one. */
  readonly releases: readonly TrainMember[];
  /**
   * `"together"`: nobody is promoted until every member with a change has passed its analysis, and if one is taken back, so
   * are all others that are not promoted yet. `"in order"`: a member begins when the one before it is promoted (or has no
   * change), and none behind one that fails. Default "together".
   */
  readonly order?: "together" | "in order";
}
