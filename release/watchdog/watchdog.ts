import { sentenceOf } from "../machine/failure.js";
import type { RollbackPorts } from "../machine/ports.js";
import { rollBackAbandoned } from "../machine/rollback.js";
import type { FleetPort, LeaseView, LockPort, ObservedRelease } from "../ports/index.js";
import type { RollbackSettings } from "../settings/index.js";
import { decide, keepsPods, mayBeSplit } from "./decide.js";
import type { Decision, Memory, Snapshot } from "./decide.js";

export interface WatchdogOptions {
  readonly watchdogAfterSeconds: number;
  readonly podName: string;
}

/** What the watchdog needs of the world; the ports of one release are made when it is looked at. */
export interface WatchdogPorts {
  readonly fleet: FleetPort;
  /** The Lease by which several replicas agree on who acts. */
  readonly leadership: LockPort;
  portsOf(settings: RollbackSettings): RollbackPorts;
  /** Monotonic, of this process. */
  nowMs(): number;
  log(line: string): void;
}

/** Seconds that a leader may be silent. */
export const leaderSeconds = 10;
/** The Lease of a release while the watchdog rolls it back. */
const leaseSeconds = 15;
/** A longer gap between two looks (API server away, process paused) proves nothing about anybody else. */
const longestGapMs = 10_000;
/** Between two tries on one release: each takes its Lease, which a new run may be waiting for. */
const againAfterMs = 15_000;
/** Gateways take up to some 160 ms for a new weight; below this a request could still meet a pod that is going. */
const shortestDrainSeconds = 1;

/** Never aborted: a rollback that has begun is finished. */
const forever = new AbortController().signal;

/** Looks at all releases again and again; the leader rolls back those whose run is gone. */
export class Watchdog {
  private readonly holder: string;
  private readonly busy = new Map<string, Promise<void>>();
  private readonly told = new Map<string, string>();
  /** Releases whose rollback must wait, as they were told last. */
  private readonly stuck = new Map<string, string>();
  private readonly triedMs = new Map<string, number>();
  private memory = new Map<string, Memory>();
  private lastLookMs = -Infinity;
  private leader = false;
  private leaderSeen: { readonly version: string; readonly sinceMs: number } | undefined;

  constructor(
    private readonly options: WatchdogOptions,
    private readonly ports: WatchdogPorts,
  ) {
    this.holder = `watchdog-${options.podName}`;
  }

  /** Whether this replica is the one that acts. */
  get isLeader(): boolean {
    return this.leader;
  }

  /** One round. All replicas observe, so that a new leader need not begin to wait from the start. */
  async look(): Promise<void> {
    const { fleet } = this.ports;
    try {
      if (this.ports.nowMs() - this.lastLookMs > longestGapMs) this.memory = new Map();
      this.leader = await this.lead();
      const releases = await fleet.list(forever);
      const before = this.memory;
      const after = new Map<string, Memory>();
      for (const release of releases) await this.consider(release, before.get(release.uid), after);
      this.memory = after;
      this.lastLookMs = this.ports.nowMs();
    } catch (error) {
      this.memory = new Map();
      this.ports.log(`nothing can be seen now, observations begin anew: ${sentenceOf(error)}`);
    }
  }

  /** Waits for rollbacks that have begun, and gives the leadership back. */
  async stop(): Promise<void> {
    await Promise.all(this.busy.values());
    if (this.leader) await this.ports.leadership.release(this.holder, forever).catch(() => undefined);
  }

  private async consider(
    release: ObservedRelease,
    before: Memory | undefined,
    after: Map<string, Memory>,
  ): Promise<void> {
    const { status, commands } = release;
    if (status === undefined || !isWatched(status) || this.busy.has(release.uid)) return;
    const ports = this.ports.portsOf(settingsOf(release, status));
    const snapshot: Snapshot = { status, abort: commands.abort, lease: await ports.lock.read(forever) };
    const nowMs = this.ports.nowMs();
    const { memory, decision } = decide(snapshot, before, nowMs, this.options.watchdogAfterSeconds);
    after.set(release.uid, memory);
    if (decision.kind === "leave" || !this.leader) return;
    if (nowMs - (this.triedMs.get(release.uid) ?? -Infinity) < againAfterMs) return;
    this.triedMs.set(release.uid, nowMs);
    const acting = this.act(release, snapshot, ports, decision).finally(() => this.busy.delete(release.uid));
    this.busy.set(release.uid, acting);
  }

  private async act(
    release: ObservedRelease,
    { status, lease }: Snapshot,
    ports: RollbackPorts,
    { kind, reason }: Exclude<Decision, { readonly kind: "leave" }>,
  ): Promise<void> {
    const label = `${release.name}.${release.namespace}`;
    const told = `${label} (revision ${status.revision || "unknown"}, ${status.phase})`;
    if (this.stuck.get(release.uid) !== told) this.ports.log(`${told}: ${acts[kind]}, ${reason}`);
    try {
      const sentence = `rolled back by the watchdog: ${reason}`;
      const seen = { release, lease };
      const outcome = await rollBackAbandoned(settingsOf(release, status), ports, seen, sentence, forever);
      if (outcome.kind === "taken") this.ports.log(`${told}: another run is at work on it`);
      if (outcome.kind === "stays") {
        this.stuck.set(release.uid, told);
        this.tellOnce(release, ports, outcome.why, reason);
      }
      await ports.reporter.flush(5_000);
    } catch (error) {
      this.ports.log(`${told}: not rolled back yet: ${sentenceOf(error)}`);
    }
  }

  /** The same trouble once: that it lasts longer is no news. */
  private tellOnce(
    { uid, name, namespace, status }: ObservedRelease,
    { reporter }: RollbackPorts,
    why: string,
    reason: string,
  ): void {
    const message = `${name}.${namespace}: ${reason}, but the traffic stays as it is: ${why}`;
    const key = JSON.stringify([status?.phase, status?.canaryWeight, status?.revision, why]);
    if (this.told.get(uid) === key || status === undefined) return;
    this.told.set(uid, key);
    const { phase, canaryWeight } = status;
    reporter.announce({ level: "warning", message, phase, canaryWeight, alert: true });
  }

  private async lead(): Promise<boolean> {
    const { leadership } = this.ports;
    if (this.leader && (await leadership.renew(this.holder, forever))) return true;
    const seen = await leadership.read(forever);
    const nowMs = this.ports.nowMs();
    if (this.leaderSeen?.version !== seen?.version || this.leaderSeen === undefined)
      this.leaderSeen = { version: seen?.version ?? "", sinceMs: nowMs };
    if (!this.mayLead(seen, nowMs - this.leaderSeen.sinceMs)) return false;
    return leadership.take(seen, this.holder, forever);
  }

  private mayLead(seen: LeaseView | undefined, unchangedMs: number): boolean {
    const free = seen?.holder === undefined || seen.holder === this.holder;
    return free || unchangedMs >= leaderSeconds * 1000;
  }
}

const acts = { rollBack: "rolling it back", scaleDown: "scaling it down" } as const;

function isWatched(status: NonNullable<ObservedRelease["status"]>): boolean {
  return mayBeSplit(status) || keepsPods(status);
}

/** All that a rollback needs is in the journal that the run left. */
function settingsOf(release: ObservedRelease, status: NonNullable<ObservedRelease["status"]>): RollbackSettings {
  const { name, namespace, routeName, serviceName } = release;
  return {
    name,
    namespace,
    revision: status.revision,
    routeName,
    service: { name: serviceName },
    drain: Math.max(shortestDrainSeconds, status.drainSeconds),
    leaseDuration: leaseSeconds,
    // The watchdog comes again and waits for nothing, and it reads no metrics.
    progressDeadline: 0,
    scrapeInterval: 0,
  };
}
