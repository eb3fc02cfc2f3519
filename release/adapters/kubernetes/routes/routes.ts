import { annotations } from "../../../model/index.js";
import { FencedError, TransientError } from "../../../ports/index.js";
import type { Owner, RouteState } from "../../../ports/index.js";
import type { Split } from "../../../strategy/index.js";
import type { ApiServer } from "../api-server.js";
import { describe } from "../call.js";
import { ownerOf, refuseForeign } from "../ownership.js";
import { anything, route } from "../schemas.js";
import type { Route } from "../schemas.js";
import { syncOf } from "../sync.js";
import { backendName, routePlace } from "../target.js";
import type { Target } from "../target.js";
import { partsOf } from "./parts.js";
import type { Part } from "./parts.js";
import { operationsFor, share, splitOf } from "./split.js";
import type { Operation } from "./split.js";

const tries = 5;
const fencePath = `/metadata/annotations/${annotations.fence.replace("/", "~1")}`;

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
    const parts = this.parts(found);
    // Where rules differ (an edit by hand), the one that sends most to the canary counts.
    const most = parts.filter(({ kind }) => kind === "base").toSorted((a, b) => share(b) - share(a))[0];
    const shares = { canaryWeight: most?.canary.weight ?? 0, primaryWeight: most?.primary.weight ?? 0 };
    const { uid } = found.metadata;
    return {
      owner: this.ownerOf(found),
      uid,
      ...shares,
      split: splitOf(parts),
      fence: fenceOf(found),
      sync: syncOf(found),
    };
  }

  claim(token: number, signal: AbortSignal): Promise<void> {
    return this.write(token, () => [], signal);
  }

  /** The canary's shares of all rules in one patch; what the split doesn't name rests. */
  setSplit(split: Split, token: number, signal: AbortSignal): Promise<void> {
    return this.write(token, (found) => this.operations(found, split), signal);
  }

  /**
   * What the API server and the gateway's webhook have against such a split, in one line; nothing is written. Undefined
   * where nobody objects, or nobody looks.
   */
  async rehearse(split: Split, signal: AbortSignal): Promise<string | undefined> {
    const found = await this.find(signal);
    if (found === undefined) throw new Error(`${this.name()} does not exist`);
    const place = routePlace(this.target);
    try {
      const body = this.operations(found, split);
      const call = { verb: "patch", ...place, patch: "json", test: true, query: { dryRun: "All" }, body } as const;
      await this.api.tryWrite(call, anything, signal);
      return undefined;
    } catch (error) {
      if (error instanceof TransientError || signal.aborted) throw error;
      return error instanceof Error ? error.message : String(error);
    }
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

  private operations(found: Route, split: Split): readonly Operation[] {
    const parts = this.parts(found);
    if (parts.length === 0)
      throw new Error(`${this.name()} has no rule with ${this.backend("canary")} and ${this.backend("primary")}`);
    try {
      return operationsFor(parts, split);
    } catch (error) {
      throw new Error(`${this.name()} ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  private parts(found: Route): readonly Part[] {
    return partsOf(found, { canary: this.backend("canary"), primary: this.backend("primary") });
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
