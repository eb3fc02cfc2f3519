import type { ReleaseStatus } from "../model/index.js";
import type { ReleaseObject } from "./cluster.js";

/** One release of many, as an observer sees it that was told nothing of its program. */
export interface ObservedRelease extends ReleaseObject {
  readonly namespace: string;
  readonly name: string;
  /** Changes with every write of the object. */
  readonly version: string;
  readonly serviceName: string;
  readonly routeName: string;
  /** Undefined for a release that never ran. */
  readonly status: ReleaseStatus | undefined;
}

/** All releases of a cluster, or of some of its namespaces. */
export interface FleetPort {
  /** Releases whose journal can't be read are left out and told. */
  list(signal: AbortSignal): Promise<readonly ObservedRelease[]>;
}
