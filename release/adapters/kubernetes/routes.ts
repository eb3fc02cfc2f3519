import { annotations } from "../../model/index.js";
import { FencedError, TransientError } from "../../ports/index.js";
import type { RouteState } from "../../ports/index.js";
import { quote } from "../http/index.js";
import type { ApiServer } from "./api-server.js";
import { describe } from "./call.js";
import { anything, route } from "./schemas.js";
import type { Route } from "./schemas.js";
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
    return { ...(most ?? { canaryWeight: 0, primaryWeight: 0 }), fence: fenceOf(found), sync: syncOf(found) };
  }

  claim(token: number, signal: AbortSignal): Promise<void> {
    return this.write(token, () => [], signal);
  }

  /** Canary gets `weightPercent` and primary the rest, in every rule that has both. */
  setCanaryWeight(weightPercent: number, token: number, signal: AbortSignal): Promise<void> {
    return this.write(token, (found) => this.weights(found, weightPercent), signal);
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
      if (fenceOf(found) > token) throw new FencedError(token);
      const body = [...guard(found, token), ...operations(found)];
      const call = { verb: "patch", ...routePlace(this.target), patch: "json", test: true, body } as const;
      if (await this.api.tryWrite(call, anything, signal)) return;
    }
    throw new TransientError(`${this.name()} is being changed by others all the time`);
  }

  private weights(found: Route, weightPercent: number): readonly Operation[] {
    const pairs = this.pairs(found);
    if (pairs.length === 0)
      throw new Error(`${this.name()} has no rule with ${this.backend("canary")} and ${this.backend("primary")}`);
    return pairs.flatMap(({ rule, canary, primary }) => [
      ...this.setWeight(rule, canary, this.backend("canary"), weightPercent),
      ...this.setWeight(rule, primary, this.backend("primary"), 100 - weightPercent),
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
  const hasAnnotations = Object.keys(found.metadata.annotations).length > 0;
  const claim: Operation = hasAnnotations
    ? { op: "add", path: fencePath, value }
    : { op: "add", path: "/metadata/annotations", value: { [annotations.fence]: value } };
  return [unchanged, claim];
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

function syncOf(found: Route): RouteState["sync"] {
  const condition = found.status.conditions.find(({ type }) => type === "Accepted");
  if (condition === undefined) return { kind: "pending" };
  const seen = condition.observedGeneration ?? found.metadata.generation;
  if (seen < found.metadata.generation) return { kind: "pending" };
  if (condition.status === "True") return { kind: "accepted" };
  if (condition.status === "Unknown") return { kind: "pending" };
  return { kind: "frozen", message: quote(`${condition.reason}: ${condition.message}`, 200) };
}
