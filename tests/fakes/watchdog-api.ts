import type { Answer, Api, Method } from "../../release/watchdog/api.js";
import { abortAnnotation, fenceAnnotation, revisionAnnotation } from "../../release/watchdog/names.js";
import { at, numberAt, textAt } from "../../release/watchdog/json.js";
import type { Role } from "../../release/model/index.js";
import { mergePatch, patched } from "./patches.js";
import type { Json } from "./patches.js";
import type { Process } from "./process.js";
import { parseStatus } from "../../release/adapters/kubernetes/release-object.js";
import type { FakeLease, World } from "./world.js";

type Handler = (world: World, method: Method, body: unknown) => Answer;

const gone: Answer = { status: 404, body: {} };
const conflict: Answer = { status: 409, body: {} };
const done = (body: unknown): Answer => ({ status: 200, body });

/** The world as the watchdog's API server: the objects it reads and patches, made from the world's state. */
export function watchdogApi(world: World, process: Process): Api {
  let index = 0;
  return async (method, path, body) => {
    await process.awake();
    const [plain = "", query = ""] = path.split("?");
    const call = { process: process.name, name: `${method} ${plain.split("/").at(-1) ?? ""}`, index: index++ };
    const answer = await world.around(call, () => structuredClone(handlerOf(plain, query)(world, method, body)));
    await process.awake();
    return answer;
  };
}

function handlerOf(path: string, query: string): Handler {
  const last = path.split("/").at(-1) ?? "";
  if (path.includes("/canaryreleases")) return path.endsWith("canaryreleases") ? listReleases : release(path);
  if (path.includes("/apisixroutes/")) return route;
  if (path.includes("/deployments/")) return deployment(last.endsWith("-primary") ? "primary" : "canary");
  if (path.endsWith("/endpointslices")) return slices(query.includes("-canary") ? "canary" : "primary");
  if (path.includes("/leases")) return lease(path.includes("/namespaces/test/") ? "lease" : "leaderLease");
  return path.endsWith("/events") ? () => done({}) : () => gone;
}

function listReleases(world: World): Answer {
  return done({ items: world.object === undefined ? [] : [releaseJson(world)] });
}

function releaseJson({ object }: World): Json {
  const abort = object?.commands["abort"];
  const annotations = abort === undefined ? {} : { [abortAnnotation]: abort };
  const resourceVersion = String(object?.version);
  return {
    metadata: { name: "podinfo", namespace: "test", uid: object?.uid, resourceVersion, annotations },
    spec: { targetRef: { name: "podinfo" }, service: { name: "podinfo" } },
    ...(object?.status === undefined ? {} : { status: object.status }),
  };
}

function release(path: string): Handler {
  return (world, method, body) => {
    if (world.object === undefined) return gone;
    if (method === "GET") return done(releaseJson(world));
    const version = textAt(body, "metadata", "resourceVersion");
    if (version !== undefined && version !== String(world.object.version)) return conflict;
    if (path.endsWith("/status")) {
      const status = parseStatus(mergePatch(world.object.status ?? {}, at(body, "status")));
      if (status !== undefined) world.writeStatus(status);
    } else if (at(body, "metadata", "annotations", abortAnnotation) === null) world.command("abort", undefined);
    return done(releaseJson(world));
  };
}

function routeJson({ route: found }: World): Json {
  const accepted = found?.sync.kind !== "frozen";
  return {
    metadata: {
      generation: 1,
      resourceVersion: String(found?.version),
      annotations: { [fenceAnnotation]: String(found?.fence) },
    },
    spec: {
      http: [
        {
          backends: [
            { serviceName: "podinfo-primary", weight: 100 - (found?.weight ?? 0) },
            { serviceName: "podinfo-canary", weight: found?.weight },
          ],
        },
      ],
    },
    status: { conditions: [{ type: "Accepted", status: accepted ? "True" : "False", reason: "x", message: "y" }] },
  };
}

function route(world: World, method: Method, body: unknown): Answer {
  if (world.route === undefined) return gone;
  const now = routeJson(world);
  if (method === "GET") return done(now);
  const next = patched(now, body);
  if (next === undefined) return { status: 422, body: {} };
  world.route.version += 1;
  world.route.fence = Number(textAt(next, "metadata", "annotations", fenceAnnotation));
  const weight = numberAt(next, "spec", "http", 0, "backends", 1, "weight") ?? 100;
  if (weight !== world.route.weight) world.writeWeight(weight, "watchdog");
  return done(routeJson(world));
}

function deployment(role: Role): Handler {
  return (world, method, body) => {
    const found = world[role];
    if (found === undefined) return gone;
    const nowMs = world.clock.nowMs();
    const { replicas, updatedReplicas, availableReplicas, totalReplicas } = found.workload(nowMs);
    const now = {
      metadata: { generation: 1, resourceVersion: String(found.version) },
      spec: { replicas, template: { metadata: { annotations: { [revisionAnnotation]: found.revision } } } },
      status: { observedGeneration: 1, replicas: totalReplicas, updatedReplicas, availableReplicas },
    };
    if (method === "GET") return done(now);
    const next = method === "JSON" ? patched(now, body) : mergePatch(now, body);
    if (next === undefined) return { status: 422, body: {} };
    found.scale(numberAt(next, "spec", "replicas") ?? 1, nowMs);
    return done(next);
  };
}

function slices(role: Role): Handler {
  return (world) => {
    const { nodes, ready } = world[role]?.endpoints(world.clock.nowMs()) ?? { nodes: [], ready: 0 };
    const endpoints = nodes.map((node) => ({ addresses: [node], conditions: { ready: ready > 0 } }));
    return done({ items: [{ endpoints }] });
  };
}

function lease(key: "lease" | "leaderLease"): Handler {
  return (world, method, body) => {
    const found = world[key];
    if (method === "POST") {
      if (found !== undefined) return conflict;
      world[key] = leaseOf(body, 1);
      return { status: 201, body };
    }
    if (found === undefined) return gone;
    const now = leaseJson(found);
    if (method === "GET") return done(now);
    if (method === "PUT") {
      if (textAt(body, "metadata", "resourceVersion") !== String(found.version)) return conflict;
      world[key] = leaseOf(body, found.version + 1);
      return done(body);
    }
    const next = patched(now, body);
    if (next === undefined) return { status: 422, body: {} };
    world[key] = leaseOf(next, found.version + 1);
    return done(next);
  };
}

function leaseJson({ holder, version, transitions }: FakeLease): Json {
  return {
    metadata: { resourceVersion: String(version) },
    spec: {
      ...(holder === undefined ? {} : { holderIdentity: holder }),
      leaseDurationSeconds: 15,
      leaseTransitions: transitions,
    },
  };
}

function leaseOf(body: unknown, version: number): FakeLease {
  return {
    holder: textAt(body, "spec", "holderIdentity"),
    version,
    transitions: numberAt(body, "spec", "leaseTransitions") ?? 0,
  };
}
