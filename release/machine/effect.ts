import type { Assessment } from "../analysis/contract.js";
import type { Sync } from "../ports/index.js";
import { SyncWatch } from "./sync-watch.js";
import type { SyncHealth } from "./sync-watch.js";

/** Gateways that come and go: a step is left all the same for so long. */
const toleratedMs = 15_000;
/** So many requests of the canary since its weight, and their share so near to it, show what the gateways do. */
const tellingRequests = 10;
/** Of the way from the former weight to the present one. */
const tellingPart = 3;

export interface EffectView {
  readonly health: SyncHealth;
  /** Whether the weight is known to be in effect. */
  readonly isCertain: boolean;
  /** It is so since now: what users got until now does not show whether the gateways follow. */
  readonly beginsAnew: boolean;
}

/** Whether the weights that a run asks for are in effect: by the status, and by what users' own requests show of it. */
export class Effect {
  private readonly watch = new SyncWatch();
  private health: SyncHealth = { kind: "good" };
  private followed = false;
  private doubted = false;
  private former: number | undefined = 0;
  private weight: number | undefined = 0;

  /** Another share was set, percent; undefined where it depends on who comes. */
  begin(former: number | undefined, weight: number | undefined): void {
    this.former = former;
    this.weight = weight;
    this.followed = this.doubted = false;
  }

  /** One look at the status; undefined where there is no route. */
  see(sync: Sync | undefined, nowMs: number): EffectView {
    this.health = sync === undefined ? { kind: "good" } : this.watch.see(sync, nowMs);
    const beginsAnew = this.health.kind === "good" && this.doubted;
    this.doubted = this.health.kind !== "good" && !this.followed;
    return { health: this.health, isCertain: !this.doubted, beginsAnew };
  }

  /**
   * What keeps the step from being left, after one more look at users' requests. The observed share is trusted more than
   * any status. Before the promotion not even a moment without a sync passes: the new primary pods' addresses would not
   * reach the gateway either.
   */
  obstacleAfter(assessment: Assessment, finalStep: boolean): string | undefined {
    this.followed = follows(assessment, this.weight, this.former);
    const { health, followed } = this;
    switch (health.kind) {
      // One that is frozen has ended the run already.
      case "good":
      case "frozen":
        return undefined;
      case "pending":
        return "the ingress controller has not applied the route's weights yet";
      case "doubtful":
        return `the gateway's sync fails: ${health.message}`;
      case "weather":
        return followed || (health.forMs < toleratedMs && !finalStep)
          ? undefined
          : `the gateways can't all be reached: ${health.message}`;
    }
  }
}

/** Whether so many requests came, and so much nearer to the asked share than to the former, that the gateways follow. */
function follows(
  { observedSharePercent, subjectRequests }: Assessment,
  weight: number | undefined,
  former: number | undefined,
): boolean {
  if (weight === undefined || former === undefined) return false;
  if (observedSharePercent === undefined || subjectRequests < tellingRequests) return false;
  return Math.abs(observedSharePercent - weight) <= Math.abs(weight - former) / tellingPart;
}
