import type { Api } from "./api.js";
import { leasePath, listReleases, lookAt, mayBeUnderWay, readLease } from "./cluster.js";
import type { Lease, Release } from "./cluster.js";
import { decide } from "./decide.js";
import type { Memory } from "./decide.js";
import { releaseLease, renewLease, takeLease } from "./lease.js";
import { describeRelease, takeBack } from "./take-back.js";
import { sendAlert, writeEvent } from "./tell.js";

export interface WatchdogOptions {
  readonly watchdogAfterSeconds: number;
  /** Undefined: the whole cluster. */
  readonly namespaces: readonly string[] | undefined;
  readonly ownNamespace: string;
  readonly podName: string;
  readonly alertUrl: string | undefined;
}

export interface World {
  readonly api: Api;
  /** Monotonic, of this process. */
  readonly nowMs: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (line: string) => void;
}

const leaderSeconds = 10;
/** A longer gap between two looks (API server away, process paused) proves nothing about anybody else. */
const longestGapMs = 10_000;
/** Between two tries on one release: each takes its Lease, which a new run may be waiting for. */
const againAfterMs = 15_000;

/** Looks at all releases again and again; the leader takes back those whose run is gone. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #world: World;
  readonly #holder: string;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #told = new Map<string, string>();
  readonly #triedMs = new Map<string, number>();
  #memory = new Map<string, Memory>();
  #lastLookMs = -Infinity;
  #leader = false;
  #leaderSeen: { readonly version: string; readonly sinceMs: number } | undefined;

  constructor(options: WatchdogOptions, world: World) {
    this.#options = options;
    this.#world = world;
    this.#holder = `watchdog-${options.podName}`;
  }

  /** One round. All replicas observe, so that a new leader need not begin to wait from the start. */
  async look(): Promise<void> {
    try {
      if (this.#world.nowMs() - this.#lastLookMs > longestGapMs) this.#memory = new Map();
      this.#leader = await this.#lead();
      const releases = (await Promise.all(this.#where().map((each) => listReleases(this.#world.api, each)))).flat();
      const active = releases.filter(mayBeUnderWay);
      const before = this.#memory;
      const after = new Map<string, Memory>();
      for (const release of active) await this.#consider(release, before.get(release.uid), after);
      this.#memory = after;
      this.#lastLookMs = this.#world.nowMs();
    } catch (error) {
      this.#memory = new Map();
      this.#world.log(`nothing can be seen now, observations begin anew: ${sentenceOf(error)}`);
    }
  }

  /** Waits for take-backs that have begun, and gives the leadership back. */
  async stop(): Promise<void> {
    await Promise.all(this.#busy.values());
    if (this.#leader) await releaseLease(this.#world.api, this.#leaderPath(), this.#holder).catch(() => undefined);
  }

  async #consider(release: Release, before: Memory | undefined, after: Map<string, Memory>): Promise<void> {
    if (this.#busy.has(release.uid)) return;
    const lease = await readLease(this.#world.api, leasePath(release));
    const look = lookAt(release, lease);
    if (look === undefined) return;
    const { memory, decision } = decide(look, before, this.#world.nowMs(), this.#options.watchdogAfterSeconds);
    after.set(release.uid, memory);
    if (decision.kind === "leave" || !this.#leader) return;
    if (this.#world.nowMs() - (this.#triedMs.get(release.uid) ?? -Infinity) < againAfterMs) return;
    this.#triedMs.set(release.uid, this.#world.nowMs());
    const acting = this.#act(release, lease, decision.reason).finally(() => this.#busy.delete(release.uid));
    this.#busy.set(release.uid, acting);
  }

  async #act(release: Release, lease: Lease | undefined, reason: string): Promise<void> {
    const { api, log } = this.#world;
    const label = describeRelease(release);
    log(`${label}: taking it back, ${reason}`);
    const hands = { api, holder: this.#holder, sleep: (ms: number) => this.#world.sleep(ms) };
    try {
      const outcome = await takeBack(hands, release, lease, reason);
      switch (outcome.kind) {
        case "done":
          return await this.#tell(release, `${release.name}.${release.namespace} ${outcome.message}`);
        case "taken":
          return log(`${label}: another run is at work on it`);
        case "stays":
          return await this.#tellOnce(release, `${reason}, but the traffic stays as it is: ${outcome.why}`);
      }
    } catch (error) {
      log(`${label}: not taken back yet: ${sentenceOf(error)}`);
    }
  }

  async #tellOnce(release: Release, message: string): Promise<void> {
    if (this.#told.get(release.uid) === release.resourceVersion) return;
    this.#told.set(release.uid, release.resourceVersion);
    await this.#tell(release, `${release.name}.${release.namespace}: ${message}`);
  }

  async #tell(release: Release, message: string): Promise<void> {
    const { api, log } = this.#world;
    const { alertUrl } = this.#options;
    const complain = (error: unknown): void => log(`not told: ${sentenceOf(error)}`);
    log(message);
    await writeEvent(api, release, message, new Date()).catch(complain);
    if (alertUrl !== undefined) await sendAlert(alertUrl, release, message).catch(complain);
  }

  async #lead(): Promise<boolean> {
    const { api } = this.#world;
    const path = this.#leaderPath();
    if (this.#leader && (await renewLease(api, path, this.#holder))) return true;
    const seen = await readLease(api, path);
    const nowMs = this.#world.nowMs();
    if (this.#leaderSeen?.version !== seen?.version || this.#leaderSeen === undefined)
      this.#leaderSeen = { version: seen?.version ?? "", sinceMs: nowMs };
    const free = seen?.holder === undefined || seen.holder === this.#holder;
    if (!free && nowMs - this.#leaderSeen.sinceMs < leaderSeconds * 1000) return false;
    return takeLease(api, { path, holder: this.#holder, durationSeconds: leaderSeconds, seen });
  }

  #leaderPath(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#options.ownNamespace}/leases/apisix-canary-watchdog`;
  }

  #where(): readonly (string | undefined)[] {
    return this.#options.namespaces ?? [undefined];
  }
}

function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, " ");
}
