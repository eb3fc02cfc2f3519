import type { Reading } from "../release/analysis/contract.js";
import type { ReleaseStatus, WorkloadRole } from "../release/model/index.js";
import { TransientError } from "../release/ports/index.js";
import type { Announcement, Companion, Owner, PodTrouble, RouteState, WebhookAnswer } from "../release/ports/index.js";
import type { WebhookSettings } from "../release/settings/index.js";
import { shownWeight } from "../release/strategy/index.js";
import type { Split } from "../release/strategy/index.js";
import type { Behaviours } from "./counters.js";
import { Deployment } from "./deployment.js";
import { Gateway } from "./gateway.js";
import type { Segment } from "./gateway.js";
import type { VirtualClock } from "./virtual-clock.js";

/** One use of a port: who, what, and the how many-th of that process. */
export interface PortCall {
  readonly process: string;
  readonly name: string;
  readonly index: number;
}

/** A write of the weights: by a run, the watchdog, or somebody's hand. */
export interface WeightWrite {
  readonly atMs: number;
  readonly by: string;
  readonly weight: number;
  readonly split: Split;
  readonly journal: ReleaseStatus | undefined;
}

export interface FakeLease {
  /** Default: ours. */
  owner?: Owner;
  holder: string | undefined;
  version: number;
  transitions: number;
}

/** From a write of the weights to the gateway's first answer under them. */
const gatewayLagMs = 160;

/**
 * A cluster with a gateway and its users in memory: weights that take effect a moment later, pods that take a moment to
 * get ready, counters that follow from both. Every port call goes through `around`, where tests make things fail.
 */
export class World {
  readonly gateway = new Gateway();
  readonly statuses: ReleaseStatus[] = [];
  readonly announcements: Announcement[] = [];
  readonly calls: PortCall[] = [];
  readonly weightWrites: WeightWrite[] = [];
  object:
    | {
        uid: string;
        owner: Owner;
        version: number;
        status: ReleaseStatus | undefined;
        commands: Record<string, string>;
      }
    | undefined = { uid: "uid", owner: "ours", version: 1, status: undefined, commands: {} };
  /** The ingress controller is one before 2.0. */
  isFormerController = false;
  /** What the gateway's own check says of any split. */
  objection: string | undefined;
  route:
    | {
        owner: Owner;
        uid: string;
        /** As people are shown it. */
        weight: number;
        /** Default: that weight of all users. */
        split?: Split;
        fence: number;
        sync: RouteState["sync"];
        version: number;
      }
    | undefined = {
    owner: "ours",
    uid: "route",
    weight: 0,
    fence: 0,
    sync: { kind: "accepted" },
    version: 1,
  };
  canary: Deployment | undefined;
  primary: Deployment | undefined;
  /** Only of a release that asks for one. */
  baseline: Deployment | undefined;
  /** Services and autoscalers under the release's names. */
  companions: readonly Companion[] = [];
  /** Autoscalers of anybody's on the primary. */
  scalers: readonly string[] = [];
  lease: FakeLease | undefined;
  leaderLease: FakeLease | undefined;
  /** Of a baseline as of the primary, unless it is said. */
  behaviour: Behaviours = { canary: healthy, primary: healthy };
  trouble: PodTrouble | undefined;
  /** What keeps pods from getting ready, as the cluster says it. */
  startTrouble: Partial<Record<WorkloadRole, string>> = {};
  metricsAway = false;
  /** What custom metrics answer. */
  custom: Extract<Reading, { kind: "reading" }>["custom"] = [];
  webhookAnswer: (webhook: WebhookSettings) => WebhookAnswer | Promise<WebhookAnswer> = () => ({ kind: "ok" });
  /** Around every port call: calls `perform`, or throws, or waits, before or after it. */
  around: <T>(call: PortCall, perform: () => T) => Promise<T> = (_call, perform) => Promise.resolve(perform());
  /** Other releases of the same cluster, by name. */
  members: ReadonlyMap<string, World> = new Map();
  private uids = 0;
  private followsAllTheSame = true;

  constructor(readonly clock: VirtualClock) {
    const before = clock.onPass;
    clock.onPass = (fromMs, toMs) => {
      before(fromMs, toMs);
      this.pass(fromMs, toMs);
    };
  }

  /** What the engine does: the canary's new template, with no pods as the program says. Creating is a POST. */
  applyCanary(revision: string): void {
    const nowMs = this.clock.nowMs();
    if (this.canary?.owner === "foreign") throw new Error('deployments.apps "podinfo" already exists');
    this.canary ??= new Deployment("canary", revision, 0, nowMs);
    this.canary.scale(0, nowMs);
    this.canary.roll(revision, nowMs);
    this.canary.templateEdits = 0;
  }

  /** What the engine does after the analysis. */
  applyPrimary(revision: string, replicas = 2): void {
    const nowMs = this.clock.nowMs();
    if (this.primary?.owner === "foreign") throw new Error('deployments.apps "podinfo-primary" already exists');
    if (this.primary === undefined) this.primary = new Deployment("primary", revision, replicas, nowMs);
    else this.primary.roll(revision, nowMs);
  }

  /** What the engine does after the primary: at rest its template is the primary's, with no pods. */
  applyBaseline(revision: string): void {
    const nowMs = this.clock.nowMs();
    this.baseline ??= new Deployment("baseline", revision, 0, nowMs);
    this.baseline.roll(revision, nowMs);
  }

  /** The weights as somebody wrote them; the gateway follows, unless its sync is frozen. */
  writeWeight(weight: number, by: string): void {
    this.writeSplit({ base: weight }, by);
  }

  /** What somebody asks of all rules. */
  writeSplit(split: Split, by: string): void {
    if (this.route === undefined) throw new Error("the route is gone");
    const weight = shownWeight(split);
    this.route.split = split;
    this.route.weight = weight;
    this.route.version += 1;
    this.weightWrites.push({ atMs: this.clock.nowMs(), by, weight, split, journal: this.object?.status });
    this.clock.at(gatewayLagMs, () => this.sync());
  }

  /** An invalid object somewhere: nothing that is written takes effect. */
  freeze(): void {
    if (this.route !== undefined) this.route.sync = { kind: "refused", message: "SyncFailed: invalid plugin" };
  }

  /**
   * A gateway can't be reached. `others`: there are more of them, and those follow all the same; without them nothing
   * that is written takes effect.
   */
  loseGateway(others: boolean): void {
    if (this.route === undefined) return;
    this.route.sync = { kind: "unreachable", message: "SyncFailed: connect ECONNREFUSED 10.244.0.8:9180" };
    this.followsAllTheSame = others;
  }

  /** The ingress controller is away: nothing that is written takes effect, and nobody says so. */
  dismissController(): void {
    if (this.route !== undefined) this.route.sync = { kind: "pending" };
  }

  thaw(): void {
    if (this.route !== undefined) this.route.sync = { kind: "accepted" };
    this.sync();
  }

  /** The object is deleted and made again, as it is after a restore without status. */
  loseState(): void {
    this.uids += 1;
    this.object = { uid: `uid-${this.uids}`, owner: "ours", version: 1, status: undefined, commands: {} };
  }

  writeStatus(status: ReleaseStatus): void {
    if (this.object === undefined) return;
    this.object.status = status;
    this.object.version += 1;
    this.statuses.push(status);
  }

  command(name: string, text: string | undefined): void {
    if (this.object === undefined) return;
    this.object.version += 1;
    if (text === undefined) delete this.object.commands[name];
    else this.object.commands[name] = text;
  }

  get messages(): readonly string[] {
    return this.announcements.map(({ message }) => message);
  }

  private baselineAt(atMs: number): Pick<Segment, "baselineNode" | "baselineShare"> {
    const baselineNode = this.baseline?.node(atMs);
    if (baselineNode === undefined) return {};
    const [own, others] = [this.baseline?.replicas ?? 0, this.primary?.replicas ?? 0];
    return { baselineNode, baselineShare: own / (own + others) };
  }

  private sync(): void {
    const { sync, split, weight } = this.route ?? { sync: { kind: "pending" }, split: undefined, weight: 0 };
    if (sync.kind === "accepted" || (sync.kind === "unreachable" && this.followsAllTheSame))
      this.gateway.split = split ?? { base: weight };
  }

  /** Pods get ready within a piece of time too: it is counted in parts. */
  private pass(fromMs: number, toMs: number): void {
    const all = [this.canary, this.primary, this.baseline];
    const ready = all.map((each) => each?.addressedAtMs).filter((at) => at !== undefined);
    const cuts = [fromMs, ...ready.filter((at) => at > fromMs && at < toMs).toSorted((a, b) => a - b), toMs];
    cuts.slice(1).forEach((to, index) => {
      const from = cuts[index] ?? fromMs;
      this.gateway.pass(from, to, {
        split: this.gateway.split,
        canaryNode: this.canary?.node(from),
        primaryNode: this.primary?.node(from),
        ...this.baselineAt(from),
      });
    });
  }
}

export const healthy: Behaviours["primary"] = { failingShare: 0, slowShare: 0 };

/** Error of an API server that can't be reached. */
export function apiAway(): TransientError {
  return new TransientError("the Kubernetes API server can't be reached");
}
