import { annotations } from "../../model/index.js";
import { FencedError, TransientError } from "../../ports/index.js";
import type { Owner, RouteState } from "../../ports/index.js";
import { sameSplit, shareOfWeights, weightsFor } from "../../strategy/index.js";
import type { Split } from "../../strategy/index.js";
import type { ApiServer } from "./api-server.js";
import { describe } from "./call.js";
import { ownerOf, refuseForeign } from "./ownership.js";
import { anything, route } from "./schemas.js";
import type { Route } from "./schemas.js";
import { syncOf } from "./sync.js";
import { backendName, routePlace } from "./target.js";
import type { Target } from "./target.js";

const tries = 5;
const fencePath = `/metadata/annotations/${annotations.fence.replace("/", "~1")}`;

interface Operation {
  readonly op: "test" | "add";
  readonly path: string;
  readonly value: unknown;
}

interface Pair {
  readonly rule: number;
  readonly canary: number;
  readonly primary: number;
}

/** The weighted ApisixRoute: every write tests the fencing token, so that a run that was taken over can't write. */
export class Routes {
  private readonly api: ApiServer;
  private readonly target: Target;

  constructor(api: ApiServer, target: Target) {
    this.api = api;
    this.target = target;
  }

  async read(signal: AbortSignal): Promise<RouteState | undefined> {
    const found = await this.find(signal);
    if (found === undefined) return undefined;
    const weights = this.pairs(found).map(({ rule, canary, primary }) => ({
      canaryWeight: weightOf(found, rule, canary),
      primaryWeight: weightOf(found, rule, primary),
    }));
    // Where rules differ (an edit by hand), the one that sends most to the canary counts.
    const most = weights.toSorted((a, b) => share(b) - share(a))[0];
    const shares = most ?? { canaryWeight: 0, primaryWeight: 0 };
    const { uid } = found.metadata;
    const split = { base: shareOfWeights(shares.canaryWeight, shares.primaryWeight) };
    return { owner: this.ownerOf(found), uid, ...shares, split, fence: fenceOf(found), sync: syncOf(found) };
  }

  claim(token: number, signal: AbortSignal): Promise<void> {
    return this.write(token, () => [], signal);
  }

  /** Canary gets the split's share and primary the rest, in every rule that has both. */
  setSplit(split: Split, token: number, signal: AbortSignal): Promise<void> {
    if (!sameSplit(split, { base: split.base }))
      throw new Error(`${this.name()} has no rules but those of users' weights`);
    return this.write(token, (found) => this.weights(found, split.base), signal);
  }

  /** Throws FencedError where a newer token than ours is on the route. */
  async refuseOlder(token: number, signal: AbortSignal): Promise<void> {
    const found = await this.find(signal);
    if (found !== undefined && fenceOf(found) > token) throw new FencedError(token);
  }

  private async write(
    token: number,
    operations: (found: Route) => readonly Operation[],
    signal: AbortSignal,
  ): Promise<void> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const found = await this.find(signal);
      if (found === undefined) throw new Error(`${this.name()} does not exist`);
      refuseForeign(this.ownerOf(found), this.name());
      if (fenceOf(found) > token) throw new FencedError(token);
      const body = [...guard(found, token), ...operations(found)];
      const call = { verb: "patch", ...routePlace(this.target), patch: "json", test: true, body } as const;
      if (await this.api.tryWrite(call, anything, signal)) return;
    }
    throw new TransientError(`${this.name()} is being changed by others all the time`);
  }

  /** Nobody but this package writes fencing tokens. */
  private ownerOf({ metadata }: Route): Owner {
    return ownerOf(this.target, metadata, metadata.annotations[annotations.fence] !== undefined);
  }

  private weights(found: Route, weightPercent: number): readonly Operation[] {
    const pairs = this.pairs(found);
    if (pairs.length === 0)
      throw new Error(`${this.name()} has no rule with ${this.backend("canary")} and ${this.backend("primary")}`);
    const weights = weightsFor(weightPercent);
    return pairs.flatMap(({ rule, canary, primary }) => [
      ...this.setWeight(rule, canary, this.backend("canary"), weights.canary),
      ...this.setWeight(rule, primary, this.backend("primary"), weights.primary),
    ]);
  }

  /** The position is that of a moment ago: the test makes sure that it still is the same backend. */
  private setWeight(rule: number, backend: number, name: string, weight: number): readonly Operation[] {
    const path = `/spec/http/${rule}/backends/${backend}`;
    return [
      { op: "test", path: `${path}/serviceName`, value: name },
      { op: "add", path: `${path}/weight`, value: weight },
    ];
  }

  private pairs(found: Route): readonly Pair[] {
    return found.spec.http.flatMap(({ backends }, rule) => {
      const canary = backends.findIndex(({ serviceName }) => serviceName === this.backend("canary"));
      const primary = backends.findIndex(({ serviceName }) => serviceName === this.backend("primary"));
      return canary < 0 || primary < 0 ? [] : [{ rule, canary, primary }];
    });
  }

  private find(signal: AbortSignal): Promise<Route | undefined> {
    return this.api.find({ verb: "get", ...routePlace(this.target) }, route, signal);
  }

  private backend(role: "canary" | "primary"): string {
    return backendName(this.target, role);
  }

  private name(): string {
    return describe({ verb: "get", ...routePlace(this.target) });
  }
}

/** Our own token is tested itself; where an older one (or none) is there, nobody may write in between. */
function guard(found: Route, token: number): readonly Operation[] {
  const value = String(token);
  if (found.metadata.annotations[annotations.fence] === value) return [{ op: "test", path: fencePath, value }];
  const unchanged: Operation = { op: "test", path: "/metadata/resourceVersion", value: found.metadata.resourceVersion };
  return [unchanged, { op: "add", path: fencePath, value }];
}

function fenceOf(found: Route): number {
  const text = found.metadata.annotations[annotations.fence] ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

function weightOf(found: Route, rule: number, backend: number): number {
  return found.spec.http[rule]?.backends[backend]?.weight ?? 0;
}

function share({ canaryWeight, primaryWeight }: { canaryWeight: number; primaryWeight: number }): number {
  const total = canaryWeight + primaryWeight;
  return total === 0 ? 0 : canaryWeight / total;
}
