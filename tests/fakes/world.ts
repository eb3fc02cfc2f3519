import type { CounterSeries, Reading } from "../../release/analysis/contract.js";
import type { ReleaseStatus, Role } from "../../release/model/index.js";
import { FencedError, TransientError } from "../../release/ports/index.js";
import type {
  Announcement,
  ClusterPort,
  Endpoints,
  LeaseView,
  LockPort,
  MetricsPort,
  PodTrouble,
  ReleaseObject,
  ReporterPort,
  RouteState,
  WebhookAnswer,
  WebhookPort,
  Workload,
} from "../../release/ports/index.js";
import type { VirtualClock } from "./virtual-clock.js";

/** How a version behaves; shares are 0 to 1. */
export interface Behaviour {
  readonly failingShare: number;
  readonly slowShare: number;
}

interface Deployment {
  revision: string;
  replicas: number;
  readyAtMs: number;
  templateEdits: number;
  /** Never ready. */
  broken: boolean;
}

const startUpMs = 1_500;
const scrapeMs = 2_000;
const slowBoundMs = 500;

/**
 * A cluster with a gateway in memory: weights, pods that take a moment to get ready, and counters that follow from the
 * weights over time. Every port call goes through `before`, where tests make things fail.
 */
export class World {
  readonly requestsPerSecond = 100;
  readonly statuses: ReleaseStatus[] = [];
  readonly announcements: Announcement[] = [];
  readonly calls: string[] = [];
  readonly weights: { readonly atMs: number; readonly weight: number }[];
  object: { uid: string; status: ReleaseStatus | undefined; commands: Record<string, string> } | undefined = {
    uid: "uid",
    status: undefined,
    commands: {},
  };
  route: { weight: number; fence: number; sync: RouteState["sync"] } | undefined = {
    weight: 0,
    fence: 0,
    sync: { kind: "accepted" },
  };
  canary: Deployment | undefined;
  primary: Deployment | undefined;
  lease: { holder: string | undefined; version: number; transitions: number } | undefined;
  behaviour: Record<Role, Behaviour> = { canary: healthy, primary: healthy };
  trouble: PodTrouble | undefined;
  traffic = true;
  metricsAway = false;
  webhookAnswer: (name: string) => WebhookAnswer = () => ({ kind: "ok" });
  /** Called before each port call, in its order; throws, or waits, to make it fail. */
  before: (call: string) => void | Promise<void> = () => undefined;

  constructor(readonly clock: VirtualClock) {
    this.weights = [{ atMs: clock.nowMs(), weight: 0 }];
  }

  deployment(revision: string, replicas: number): Deployment {
    return { revision, replicas, readyAtMs: this.clock.nowMs() + startUpMs, templateEdits: 0, broken: false };
  }

  /** What Pulumi does between the parts. */
  applyCanary(revision: string): void {
    this.canary = this.deployment(revision, 0);
  }

  applyPrimary(revision: string): void {
    this.primary = this.deployment(revision, 1);
  }

  setWeight(weight: number): void {
    if (this.route === undefined) throw new Error("the route is gone");
    this.route.weight = weight;
    this.weights.push({ atMs: this.clock.nowMs(), weight });
  }

  private async call<T>(name: string, signal: AbortSignal, action: () => T): Promise<T> {
    signal.throwIfAborted();
    this.calls.push(name);
    await this.before(name);
    signal.throwIfAborted();
    return action();
  }

  readonly cluster: ClusterPort = {
    readRelease: (signal) => this.call("readRelease", signal, () => this.view()),
    writeStatus: (status, signal) =>
      this.call("writeStatus", signal, () => {
        if (this.object === undefined) return;
        this.object.status = status;
        this.statuses.push(status);
      }),
    clearCommand: (command, signal) =>
      this.call("clearCommand", signal, () => {
        delete this.object?.commands[command];
      }),
    readWorkload: (role, signal) => this.call("readWorkload", signal, () => this.workload(role)),
    scaleCanary: (replicas, signal) =>
      this.call("scaleCanary", signal, () => {
        if (this.canary === undefined || this.canary.replicas === replicas) return;
        this.canary.replicas = replicas;
        this.canary.readyAtMs = this.clock.nowMs() + startUpMs;
      }),
    readRoute: (signal) => this.call("readRoute", signal, () => this.routeState()),
    claimRoute: (token, signal) =>
      this.call("claimRoute", signal, () => {
        if (this.route === undefined) return;
        if (this.route.fence > token) throw new FencedError(token);
        this.route.fence = token;
      }),
    setCanaryWeight: (weight, token, signal) =>
      this.call("setCanaryWeight", signal, () => {
        if (this.route !== undefined && this.route.fence !== token) throw new FencedError(token);
        this.setWeight(weight);
      }),
    readEndpoints: (role, signal) => this.call("readEndpoints", signal, () => this.endpoints(role)),
    readRevisionNodes: (role, revision, signal) =>
      this.call("readRevisionNodes", signal, () =>
        this[role]?.revision === revision ? this.endpoints(role) : { nodes: [], ready: 0 },
      ),
    readCanaryTrouble: (signal) => this.call("readCanaryTrouble", signal, () => this.trouble),
  };

  readonly lock: LockPort = {
    read: (signal) => this.call("lock.read", signal, () => this.leaseView()),
    take: (seen, holder, signal) =>
      this.call("lock.take", signal, () => {
        if (String(this.lease?.version ?? "") !== (seen?.version ?? "")) return false;
        this.lease = {
          holder,
          version: (this.lease?.version ?? 0) + 1,
          transitions: (this.lease?.transitions ?? 0) + 1,
        };
        return true;
      }),
    renew: (holder, signal) =>
      this.call("lock.renew", signal, () => {
        if (this.lease?.holder !== holder) return false;
        this.lease.version += 1;
        return true;
      }),
    release: (holder, signal) =>
      this.call("lock.release", signal, () => {
        if (this.lease?.holder === holder)
          this.lease = { ...this.lease, holder: undefined, version: this.lease.version + 1 };
      }),
  };

  readonly metrics: MetricsPort = {
    read: ({ windowSeconds }, signal) => this.call("metrics.read", signal, () => this.reading(windowSeconds)),
  };

  readonly webhooks: WebhookPort = {
    call: ({ name }, _phase, signal) => this.call("webhook", signal, () => this.webhookAnswer(name)),
  };

  readonly reporter: ReporterPort = {
    announce: (announcement) => void this.announcements.push(announcement),
    record: () => undefined,
    flush: () => Promise.resolve(),
    conclude: () => Promise.resolve(),
  };

  get messages(): readonly string[] {
    return this.announcements.map(({ message }) => message);
  }

  private view(): ReleaseObject | undefined {
    return this.object === undefined ? undefined : { ...this.object, commands: { ...this.object.commands } };
  }

  private leaseView(): LeaseView | undefined {
    return this.lease === undefined ? undefined : { ...this.lease, version: String(this.lease.version) };
  }

  private routeState(): RouteState | undefined {
    if (this.route === undefined) return undefined;
    const { weight, fence, sync } = this.route;
    return { canaryWeight: weight, primaryWeight: 100 - weight, fence, sync };
  }

  private isReady(deployment: Deployment): boolean {
    return deployment.replicas > 0 && !deployment.broken && this.clock.nowMs() >= deployment.readyAtMs;
  }

  private workload(role: Role): Workload | undefined {
    const found = this[role];
    if (found === undefined) return undefined;
    const available = this.isReady(found) ? found.replicas : 0;
    return {
      revision: found.revision,
      templateHash: `${found.revision}/${found.templateEdits}`,
      generation: 1,
      observedGeneration: 1,
      replicas: found.replicas,
      updatedReplicas: found.replicas,
      availableReplicas: available,
      totalReplicas: found.replicas,
    };
  }

  private endpoints(role: Role): Endpoints {
    const found = this[role];
    if (found === undefined || found.replicas === 0) return { nodes: [], ready: 0 };
    return { nodes: [nodeOf(role, found.revision)], ready: this.isReady(found) ? found.replicas : 0 };
  }

  /** Requests that a role had got by then: the weights integrated over time. */
  private requests(role: Role, atMs: number): number {
    if (!this.traffic) return 0;
    const sum = this.weights.reduce((total, { atMs: from, weight }, index) => {
      const to = Math.min(atMs, this.weights[index + 1]?.atMs ?? Infinity);
      const share = (role === "canary" ? weight : 100 - weight) / 100;
      return total + Math.max(0, to - from) * share;
    }, 0);
    return (sum / 1000) * this.requestsPerSecond;
  }

  private reading(windowSeconds: number): Reading {
    if (this.metricsAway) return { kind: "error", message: "Prometheus is away" };
    const newest = Math.floor(this.clock.nowMs() / scrapeMs) * scrapeMs;
    const times = Array.from(
      { length: Math.ceil((windowSeconds * 1000) / scrapeMs) },
      (_, index) => newest - index * scrapeMs,
    ).reverse();
    return {
      kind: "reading",
      series: (["canary", "primary"] as const).flatMap((role) => this.seriesOf(role, times)),
      custom: [],
    };
  }

  private seriesOf(role: Role, times: readonly number[]): readonly CounterSeries[] {
    const found = this[role];
    if (found === undefined) return [];
    const node = nodeOf(role, found.revision);
    const { failingShare, slowShare } = this.behaviour[role];
    const make = (
      kind: CounterSeries["kind"],
      label: string,
      share: number,
      rest: Partial<CounterSeries>,
    ): CounterSeries => ({
      id: `${kind}/${node}/${label}`,
      instance: "gateway",
      kind,
      node,
      code: "",
      upstreamStatus: undefined,
      upstreamAddress: undefined,
      upperBoundMs: undefined,
      points: times
        .map((timeMs) => ({ timeMs, value: Math.floor(this.requests(role, timeMs) * share) }))
        .filter(({ value }) => value > 0),
      ...rest,
    });
    return [
      make("status", "200", 1 - failingShare, { code: "200" }),
      make("status", "500", failingShare, { code: "500" }),
      make("latencyBucket", "500", 1 - slowShare, { upperBoundMs: slowBoundMs }),
      make("latencyBucket", "inf", 1, { upperBoundMs: Infinity }),
      make("latencyCount", "", 1, {}),
    ].filter(({ points }) => points.length > 0);
  }
}

export const healthy: Behaviour = { failingShare: 0, slowShare: 0 };

/** Error of an API server that can't be reached. */
export function apiAway(): TransientError {
  return new TransientError("the Kubernetes API server can't be reached");
}

function nodeOf(role: Role, revision: string): string {
  return `10.0.${role === "canary" ? 1 : 2}.${(revision.charCodeAt(revision.length - 1) % 200) + 1}`;
}
