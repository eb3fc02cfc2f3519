import { judge } from "../release/machine/index.js";
import type { Ports } from "../release/machine/index.js";
import type { Role } from "../release/model/index.js";
import { FencedError, ForeignError } from "../release/ports/index.js";
import type {
  ClusterPort,
  Endpoints,
  LeaseView,
  LockPort,
  MetricsPort,
  ObservedRelease,
  ReleaseObject,
  ReporterPort,
  RouteState,
  WebhookPort,
} from "../release/ports/index.js";
import { splitText } from "../release/strategy/index.js";
import type { WatchdogPorts } from "../release/watchdog/watchdog.js";
import { readCounters } from "./counters.js";
import { Process } from "./process.js";
import type { FakeLease, World } from "./world.js";

type Call = <T>(name: string, signal: AbortSignal, perform: () => T) => Promise<T>;

/** The world as one process sees it through the ports, judged by our own analysis. */
export function portsOf(world: World, process = new Process("run", world.clock)): Ports {
  return portsThrough(world, process, callsOf(world, process));
}

/** The world as the watchdog sees it, which reads no metrics. */
export function watchdogPortsOf(world: World, process: Process, log: (line: string) => void): WatchdogPorts {
  const call = callsOf(world, process);
  const ports = portsThrough(world, process, call);
  const metrics: MetricsPort = { read: () => Promise.resolve({ kind: "error", message: "no metrics here" }) };
  return {
    fleet: { list: (signal) => call("list", signal, () => observed(world)) },
    leadership: lockOf(world, "leaderLease", call),
    portsOf: () => ({ ...ports, metrics }),
    nowMs: () => world.clock.nowMs(),
    log,
  };
}

/** Each use of a port, counted, by a process that may sleep or die. */
function callsOf(world: World, process: Process): Call {
  let index = 0;
  return async (name, signal, perform) => {
    await process.awake();
    signal.throwIfAborted();
    const described = { process: process.name, name, index: index++ };
    world.calls.push(described);
    try {
      return await world.around(described, perform);
    } finally {
      await process.awake();
      signal.throwIfAborted();
    }
  };
}

function portsThrough(world: World, process: Process, call: Call): Ports {
  return {
    clock: process.clock,
    cluster: clusterOf(world, process.name, call),
    lock: lockOf(world, "lease", call),
    metrics: metricsOf(world, call),
    webhooks: webhooksOf(world, call),
    reporter: reporterOf(world, process),
    update: process.update,
    judge,
  };
}

function clusterOf(world: World, by: string, call: Call): ClusterPort {
  const now = (): number => world.clock.nowMs();
  const refuseOld = (token: number): void => {
    if (world.route !== undefined && world.route.fence > token) throw new FencedError(token);
  };
  const refuseForeignRoute = (): void => {
    if (world.route?.owner === "foreign") throw new ForeignError("ApisixRoute podinfo-podinfo-canary");
  };
  return {
    readRelease: (signal) => call("readRelease", signal, () => view(world)),
    readMember: ({ name }, signal) =>
      call(`readMember ${name}`, signal, () => {
        const member = world.members.get(name);
        return member === undefined ? undefined : view(member);
      }),
    writeStatus: (status, signal) =>
      call("writeStatus", signal, () => {
        if ((world.object?.status?.fence ?? 0) > status.fence) throw new FencedError(status.fence);
        world.writeStatus(status);
      }),
    clearCommand: (command, signal) => call("clearCommand", signal, () => world.command(command, undefined)),
    readWorkload: (role, signal) => call(`readWorkload ${role}`, signal, () => world[role]?.workload(now())),
    scaleCanary: (replicas, token, signal) =>
      call(`scaleCanary ${replicas}`, signal, () => {
        refuseOld(token);
        if (world.canary?.owner === "foreign") throw new ForeignError("Deployment podinfo");
        if (world.canary === undefined && replicas > 0) throw new Error("deployments.apps podinfo does not exist");
        world.canary?.scale(replicas, now());
      }),
    scaleBaseline: (replicas, token, signal) =>
      call(`scaleBaseline ${replicas}`, signal, () => {
        refuseOld(token);
        if (world.baseline?.owner === "foreign") throw new ForeignError("Deployment podinfo-baseline");
        if (world.baseline === undefined && replicas > 0)
          throw new Error("deployments.apps podinfo-baseline does not exist");
        world.baseline?.scale(replicas, now());
      }),
    scalePrimary: (replicas, seen, token, signal) =>
      call(`scalePrimary ${replicas}`, signal, () => {
        refuseOld(token);
        if (world.primary?.owner === "foreign") throw new ForeignError("Deployment podinfo-primary");
        if (world.primary === undefined || world.primary.replicas !== seen) return false;
        world.primary.scale(replicas, now());
        return true;
      }),
    readPrimaryScalers: (signal) => call("readPrimaryScalers", signal, () => world.scalers),
    readRoute: (signal) => call("readRoute", signal, () => routeState(world)),
    claimRoute: (token, signal) =>
      call("claimRoute", signal, () => {
        if (world.route === undefined) throw new Error("the route does not exist");
        refuseForeignRoute();
        refuseOld(token);
        world.route.fence = token;
      }),
    rehearseSplit: (split, signal) => call(`rehearseSplit ${splitText(split)}`, signal, () => world.objection),
    setSplit: (split, token, signal) =>
      call(`setSplit ${splitText(split)}`, signal, () => {
        if (world.route === undefined) throw new Error("the route does not exist");
        refuseForeignRoute();
        refuseOld(token);
        world.route.fence = token;
        world.writeSplit(split, by);
      }),
    readEndpoints: (role: Role, signal) =>
      call(`readEndpoints ${role}`, signal, () => behindService(world, role, now())),
    readRevisionNodes: (role, revision, signal) =>
      call(`readRevisionNodes ${role}`, signal, () => world[role]?.revisionNodes(revision, now()) ?? nobody),
    readCanaryTrouble: (signal) => call("readCanaryTrouble", signal, () => world.trouble),
    readStartTrouble: (role, _revision, signal) =>
      call(`readStartTrouble ${role}`, signal, () => world.startTrouble[role]),
    readCompanions: (_autoscalers, signal) => call("readCompanions", signal, () => world.companions),
  };
}

const nobody: Endpoints = { nodes: [], ready: 0 };

/** The baseline's pods stand behind the primary's Service, too. */
function behindService(world: World, role: Role, nowMs: number): Endpoints {
  const own = world[role]?.endpoints(nowMs) ?? nobody;
  const more = role === "primary" ? (world.baseline?.endpoints(nowMs) ?? nobody) : nobody;
  return { nodes: [...own.nodes, ...more.nodes], ready: own.ready + more.ready };
}

function lockOf(world: World, key: "lease" | "leaderLease", call: Call): LockPort {
  return {
    read: (signal) => call("lock.read", signal, () => leaseView(world[key])),
    take: (seen, holder, signal) =>
      call("lock.take", signal, () => {
        if (String(world[key]?.version ?? "") !== (seen?.version ?? "")) return false;
        const { version, transitions } = world[key] ?? { version: 0, transitions: 0 };
        world[key] = { holder, version: version + 1, transitions: transitions + 1 };
        return true;
      }),
    renew: (holder, signal) =>
      call("lock.renew", signal, () => {
        if (world[key]?.holder !== holder) return false;
        world[key].version += 1;
        return true;
      }),
    release: (holder, signal) =>
      call("lock.release", signal, () => {
        if (world[key]?.holder === holder)
          world[key] = { ...world[key], holder: undefined, version: world[key].version + 1 };
      }),
  };
}

function metricsOf(world: World, call: Call): MetricsPort {
  return {
    read: ({ windowSeconds }, signal) =>
      call("metrics.read", signal, () =>
        world.metricsAway
          ? { kind: "error", message: "Prometheus is away" }
          : {
              ...readCounters(world.gateway, world.behaviour, world.clock.nowMs(), windowSeconds),
              custom: world.custom,
            },
      ),
  };
}

function webhooksOf(world: World, call: Call): WebhookPort {
  return {
    call: async (webhook, _phase, signal) =>
      call(`webhook ${webhook.type}`, signal, () => abortable(world.webhookAnswer(webhook), signal)),
  };
}

/** An adapter ends its request as soon as the run is aborted. */
function abortable<T>(answer: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    signal.addEventListener("abort", onAbort, { once: true });
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function reporterOf(world: World, process: Process): ReporterPort {
  return {
    announce: (announcement) => {
      if (process.isAlive) world.announcements.push(announcement);
    },
    record: () => undefined,
    flush: () => Promise.resolve(),
    conclude: () => Promise.resolve(),
  };
}

function observed(world: World): readonly ObservedRelease[] {
  const { object } = world;
  if (object === undefined) return [];
  const { uid, owner, status, commands } = object;
  const place = { name: "podinfo", namespace: "test", serviceName: "podinfo", routeName: "podinfo-podinfo-canary" };
  return [{ uid, owner, status, commands: { ...commands }, version: String(object.version), ...place }];
}

function view({ object }: World): ReleaseObject | undefined {
  return object === undefined ? undefined : { ...object, commands: { ...object.commands } };
}

function leaseView(lease: FakeLease | undefined): LeaseView | undefined {
  return lease === undefined
    ? undefined
    : { owner: "ours", ...lease, version: String(lease.version), durationSeconds: 15 };
}

function routeState({ route, isFormerController }: World): RouteState | undefined {
  if (route === undefined) return undefined;
  const { owner, uid, weight, fence, split = { base: weight } } = route;
  const sync = isFormerController ? { ...route.sync, firstTryOnly: true as const } : route.sync;
  return { owner, uid, canaryWeight: split.base, primaryWeight: 100 - split.base, split, fence, sync };
}
