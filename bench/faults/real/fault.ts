import type { Cluster, ReleaseName } from "./cluster.js";
import type { Strikes } from "./contract.js";
import type { Hooks } from "./hooks.js";
import type { Change, Observer } from "./observer.js";
import type { Point } from "./points.js";
import type { ReleaseProgramSettings } from "./release-settings.js";
import type { Update } from "../../project/index.js";

/** Everything a fault may lay hands on. */
export interface Scene {
  readonly update: Update;
  readonly release: ReleaseName;
  readonly observer: Observer;
  readonly cluster: Cluster;
  readonly hooks: Hooks;
  /** Undefined: at a random moment. */
  readonly point: Point | undefined;
  /** `pulumi up` of the same program once more, from a copy of the state as on a second machine. */
  readonly startSecond: () => Update;
}

/** What a fault has done, as far as the judgement must know it. */
export interface FaultEffect {
  /** Shares that the fault itself put on the route, percent. */
  readonly handMade?: readonly number[];
  /** True where the plan gave the canary no traffic when a hand did: it may have no pods, or none the gateway knows. */
  readonly unplannedHand?: boolean;
  /** A second update of the same revision ran beside the first one or after it. */
  readonly anotherUpdate?: boolean;
  /** True where the fault took the canary's pods away: what was asked of them then was the canary's to answer. */
  readonly canaryGone?: boolean;
  /** The fault took a gateway's process away, and with it the requests that it was answering. */
  readonly gatewayGone?: true;
  /** A sentence about an end that is not as it should be; undefined where all is well. */
  readonly expectation?: (changes: readonly Change[]) => string | undefined;
}

export interface Fault {
  readonly name: string;
  readonly strikes: Strikes;
  readonly points: readonly Point[];
  /** Points at which it strikes a release whose canary fails, as well. */
  readonly failingPoints?: readonly Point[];
  /** Nobody's fault, and soon over: a healthy release must be promoted all the same. */
  readonly isWeather?: true;
  /** Of the program, where the fault is about it. */
  readonly program?: (point: Point | undefined) => Partial<ReleaseTiming>;
  readonly usesHooks?: boolean;
  /** Takes minutes: only where that was asked for. */
  readonly long?: boolean;
  /** Does it; resolves when the fault is over. */
  strike(scene: Scene): Promise<FaultEffect>;
  /** Undoes what it has done to the platform and the next case would be judged by, whatever came of this one. */
  readonly restore?: (cluster: Cluster) => Promise<void>;
}

/** What a fault may ask of the release's program. */
export type ReleaseTiming = Required<Pick<ReleaseProgramSettings, "deadlineSeconds" | "intervalSeconds">>;

/** Where a failing canary can be met: it never gets to the promotion. */
export const failingStory: readonly Point[] = ["scaling-up", "first-step", "taking-back"];

export const threePoints: readonly Point[] = ["first-step", "waiting-promotion", "promoting"];
