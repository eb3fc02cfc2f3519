import type { Api } from "./api.js";
import { expectSuccess, fenceOf } from "./cluster.js";
import type { Release } from "./cluster.js";
import { at, listAt, numberAt, textAt } from "./json.js";
import { fenceAnnotation } from "./names.js";

export interface Route {
  readonly fence: number;
  /** The largest weight of the canary in any rule. */
  readonly canaryWeight: number;
  /** The gateway's sync fails: no weight that is written takes effect. */
  readonly frozen: boolean;
  readonly object: unknown;
}

const tries = 5;
const fencePath = `/metadata/annotations/${fenceAnnotation.replace("/", "~1")}`;

interface Operation {
  readonly op: "test" | "add";
  readonly path: string;
  readonly value: unknown;
}

function pathOf({ namespace, routeName }: Release): string {
  return `/apis/apisix.apache.org/v2/namespaces/${namespace}/apisixroutes/${routeName}`;
}

export async function readRoute(api: Api, release: Release): Promise<Route | undefined> {
  if (release.routeName === "") return undefined;
  const answer = await api("GET", pathOf(release));
  if (answer.status === 404) return undefined;
  const object = expectSuccess("reading the route", answer);
  const weights = pairsOf(object, release.service).map(({ canaryWeight }) => canaryWeight);
  return { fence: fenceOf(object), canaryWeight: Math.max(0, ...weights), frozen: isFrozen(object), object };
}

function isFrozen(object: unknown): boolean {
  const condition = listAt(object, "status", "conditions").find((each) => textAt(each, "type") === "Accepted");
  const generation = numberAt(object, "metadata", "generation") ?? 0;
  const isOfThis = (numberAt(condition, "observedGeneration") ?? generation) >= generation;
  return isOfThis && textAt(condition, "status") === "False";
}

/** Puts our token on the route; false where a newer one is there. */
export async function claimRoute(api: Api, release: Release, token: number): Promise<boolean> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const route = await readRoute(api, release);
    if (route === undefined) return true;
    if (route.fence >= token) return false;
    const resourceVersion = textAt(route.object, "metadata", "resourceVersion") ?? "";
    const unchanged: Operation = { op: "test", path: "/metadata/resourceVersion", value: resourceVersion };
    if (await patch(api, release, [unchanged, annotate(route.object, token)])) return true;
  }
  throw new Error("the route is being changed by others all the time");
}

function annotate(object: unknown, token: number): Operation {
  const value = String(token);
  return at(object, "metadata", "annotations") === undefined
    ? { op: "add", path: "/metadata/annotations", value: { [fenceAnnotation]: value } }
    : { op: "add", path: fencePath, value };
}

/** All traffic to the primary, in every rule that has both; false where somebody has taken over. */
export async function setCanaryWeightZero(api: Api, release: Release, token: number): Promise<boolean> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const route = await readRoute(api, release);
    if (route === undefined) return true;
    if (route.fence !== token) return false;
    const test: Operation = { op: "test", path: fencePath, value: String(token) };
    const weights = pairsOf(route.object, release.service).flatMap(({ rule, canary, primary }) => [
      ...weight(rule, canary, `${release.service}-canary`, 0),
      ...weight(rule, primary, `${release.service}-primary`, 100),
    ]);
    if (await patch(api, release, [test, ...weights])) return true;
  }
  throw new Error("the route is being changed by others all the time");
}

/** The position is that of a moment ago: the test makes sure that it still is the same backend. */
function weight(rule: number, backend: number, serviceName: string, value: number): readonly Operation[] {
  const path = `/spec/http/${rule}/backends/${backend}`;
  return [
    { op: "test", path: `${path}/serviceName`, value: serviceName },
    { op: "add", path: `${path}/weight`, value },
  ];
}

function pairsOf(object: unknown, service: string) {
  return listAt(object, "spec", "http").flatMap((each, rule) => {
    const backends = listAt(each, "backends");
    const find = (name: string): number => backends.findIndex((backend) => textAt(backend, "serviceName") === name);
    const canary = find(`${service}-canary`);
    const primary = find(`${service}-primary`);
    const canaryWeight = numberAt(backends[canary], "weight") ?? 100;
    return canary < 0 || primary < 0 ? [] : [{ rule, canary, primary, canaryWeight }];
  });
}

async function patch(api: Api, release: Release, operations: readonly Operation[]): Promise<boolean> {
  const answer = await api("JSON", pathOf(release), operations);
  if (answer.status === 409 || answer.status === 422) return false;
  expectSuccess("changing the route", answer);
  return true;
}
