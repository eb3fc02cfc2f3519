import { judge } from "../../release/machine/index.js";
import type { Ports } from "../../release/machine/index.js";
import type { Role } from "../../release/model/index.js";
import { FencedError } from "../../release/ports/index.js";
import type {
  ClusterPort,
  LeaseView,
  LockPort,
  MetricsPort,
  ReleaseObject,
  ReporterPort,
  RouteState,
  WebhookPort,
} from "../../release/ports/index.js";
import { readCounters } from "./counters.js";
import { Process } from "./process.js";
import type { World } from "./world.js";

type Call = <T>(name: string, signal: AbortSignal, perform: () => T) => Promise<T>;

/** The world as one process sees it through the ports, judged by our own analysis. */
export function portsOf(world: World, process = new Process("run", world.clock)): Ports {
  let index = 0;
  const call: Call = async (name, signal, perform) => {
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
  return {
    clock: process.clock,
    cluster: clusterOf(world, process.name, call),
    lock: lockOf(world, call),
    metrics: metricsOf(world, call),
    webhooks: webhooksOf(world, call),
    reporter: reporterOf(world, process),
    judge,
  };
}

function clusterOf(world: World, by: string, call: Call): ClusterPort {
  const now = (): number => world.clock.nowMs();
  const none = { nodes: [], ready: 0 };
  const refuseOld = (token: number): void => {
    if (world.route !== undefined && world.route.fence > token) throw new FencedError(token);
  };
  return {
    readRelease: (signal) => call("readRelease", signal, () => view(world)),
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
        if (world.canary === undefined && replicas > 0) throw new Error("deployments.apps podinfo does not exist");
        world.canary?.scale(replicas, now());
      }),
    readRoute: (signal) => call("readRoute", signal, () => routeState(world)),
    claimRoute: (token, signal) =>
      call("claimRoute", signal, () => {
        if (world.route === undefined) throw new Error("the route does not exist");
        refuseOld(token);
        world.route.fence = token;
      }),
    setCanaryWeight: (weight, token, signal) =>
      call(`setCanaryWeight ${weight}`, signal, () => {
        if (world.route === undefined) throw new Error("the route does not exist");
        refuseOld(token);
        world.route.fence = token;
        world.writeWeight(weight, by);
      }),
    readEndpoints: (role: Role, signal) =>
      call(`readEndpoints ${role}`, signal, () => world[role]?.endpoints(now()) ?? none),
    readRevisionNodes: (role, revision, signal) =>
      call(`readRevisionNodes ${role}`, signal, () => world[role]?.revisionNodes(revision, now()) ?? none),
    readCanaryTrouble: (signal) => call("readCanaryTrouble", signal, () => world.trouble),
  };
}

function lockOf(world: World, call: Call): LockPort {
  return {
    read: (signal) => call("lock.read", signal, () => leaseView(world)),
    take: (seen, holder, signal) =>
      call("lock.take", signal, () => {
        if (String(world.lease?.version ?? "") !== (seen?.version ?? "")) return false;
        const { version, transitions } = world.lease ?? { version: 0, transitions: 0 };
        world.lease = { holder, version: version + 1, transitions: transitions + 1 };
        return true;
      }),
    renew: (holder, signal) =>
      call("lock.renew", signal, () => {
        if (world.lease?.holder !== holder) return false;
        world.lease.version += 1;
        return true;
      }),
    release: (holder, signal) =>
      call("lock.release", signal, () => {
        if (world.lease?.holder === holder)
          world.lease = { ...world.lease, holder: undefined, version: world.lease.version + 1 };
      }),
  };
}

function metricsOf(world: World, call: Call): MetricsPort {
  return {
    read: ({ windowSeconds }, signal) =>
      call("metrics.read", signal, () =>
        world.metricsAway
          ? { kind: "error", message: "Prometheus is away" }
          : readCounters(world.gateway, world.behaviour, world.clock.nowMs(), windowSeconds),
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

function view({ object }: World): ReleaseObject | undefined {
  return object === undefined ? undefined : { ...object, commands: { ...object.commands } };
}

function leaseView({ lease }: World): LeaseView | undefined {
  return lease === undefined ? undefined : { ...lease, version: String(lease.version) };
}

function routeState({ route }: World): RouteState | undefined {
  if (route === undefined) return undefined;
  const { weight, fence, sync } = route;
  return { canaryWeight: weight, primaryWeight: 100 - weight, fence, sync };
}
