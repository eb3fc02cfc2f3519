import { isHandedOver, mayFollow, promotedDuring, withPromoted } from "../model/index.js";
import type { Phase, ReleaseStatus } from "../model/index.js";
import type { Announcement, RouteState } from "../ports/index.js";
import type { ReleaseSettings, RollbackSettings } from "../settings/index.js";
import { shownWeight, withoutRest } from "../strategy/index.js";
import type { Split } from "../strategy/index.js";
import type { Ports, RollbackPorts } from "./ports.js";
import { persist } from "./waiting.js";

/** How long a write waits for an API server that is away: nobody else can act on the release meanwhile either. */
const patienceMs = 10 * 60_000;

/** Shared by all views of one run, so that none of them writes an old status. */
export interface JournalState {
  status: ReleaseStatus;
  writing: Promise<void>;
  beat: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** What a status may lack. */
type OptionalKey =
  | "baseline"
  | "handoverDeadline"
  | "handoverSeconds"
  | "judged"
  | "plannedSplit"
  | "primaryReplicas"
  | "scaleDownAt"
  | "scaleDownSeconds"
  | "split"
  | "stalled"
  | "strategy"
  | "train";

/** What ends when the pods go that stayed after a rollback. */
export const stayKeys = ["scaleDownAt", "scaleDownSeconds"] as const;

/** What ends with the handover of a passed canary, or with the run. */
export const handoverKeys = ["handoverDeadline", "handoverSeconds", "stalled", ...stayKeys] as const;

/** What ends with a run. */
export const runKeys = [...handoverKeys, "plannedSplit", "split", "strategy"] as const;

/** One run under the lock: settings, ports, the journal, and the fencing token for every write to the route. */
export class Run<S extends RollbackSettings = ReleaseSettings, P extends RollbackPorts = Ports> {
  constructor(
    readonly settings: S,
    readonly ports: P,
    readonly holder: string,
    readonly token: number,
    readonly signal: AbortSignal,
    private readonly journalState: JournalState,
  ) {}

  /** The same run and journal with another signal: for what must still be done after an abort. */
  with(signal: AbortSignal): Run<S, P> {
    return new Run(this.settings, this.ports, this.holder, this.token, signal, this.journalState);
  }

  /** The same run, ended by this signal as well. */
  until(signal: AbortSignal): Run<S, P> {
    return this.with(AbortSignal.any([this.signal, signal]));
  }

  get status(): ReleaseStatus {
    return this.journalState.status;
  }

  /** `podinfo.test`, as messages name a release. */
  get label(): string {
    return labelOf(this.settings);
  }

  /** Writes the journal; resolves when it is stored, so that what it announces may be done. */
  journal(change: Partial<ReleaseStatus>, without: readonly OptionalKey[] = []): Promise<void> {
    const { phase, canaryWeight } = this.journalState.status;
    const next = { phase, canaryWeight, ...change };
    if (!mayFollow(phase, next.phase))
      throw new Error(`${this.label}: phase ${phase} can't be followed by ${next.phase}`);
    const moved = next.phase !== phase || next.canaryWeight !== canaryWeight;
    const lastTransitionTime = moved ? this.isoNow() : this.journalState.status.lastTransitionTime;
    const kept: Mutable<ReleaseStatus> = { ...this.journalState.status };
    for (const key of without) delete kept[key];
    const conditions = change.conditions ?? withPromoted(kept.conditions, promotedDuring(next.phase), this.isoNow());
    this.journalState.status = { ...kept, ...change, conditions, lastTransitionTime };
    return this.store();
  }

  /** Changes the journal without storing it: it goes along with whatever is stored next, a sign of life at the latest. */
  note(change: Pick<ReleaseStatus, "checks">): void {
    this.journalState.status = { ...this.journalState.status, ...change };
  }

  /** A sign of life: the same status with another beat. */
  heartbeat(): Promise<void> {
    this.journalState.beat += 1;
    return this.store();
  }

  private store(): Promise<void> {
    this.journalState.writing = this.journalState.writing
      .catch(() => undefined)
      .then(() => {
        const heartbeat = { holder: this.holder, beat: this.journalState.beat };
        return this.persist(() =>
          this.ports.cluster.writeStatus({ ...this.journalState.status, heartbeat }, this.signal),
        );
      });
    return this.journalState.writing;
  }

  /** Tries again while the API server is away. */
  persist<T>(attempt: () => Promise<T>): Promise<T> {
    return persist(this.ports.clock, this.signal, patienceMs, attempt);
  }

  /** Journal first, then the gateway. */
  async setSplit(split: Split, phase: Phase = this.journalState.status.phase): Promise<void> {
    await this.journal({ canaryWeight: shownWeight(split), split: withoutRest(split), phase });
    await this.persist(() => this.ports.cluster.setSplit(split, this.token, this.signal));
  }

  readRoute(): Promise<RouteState | undefined> {
    return this.persist(() => this.ports.cluster.readRoute(this.signal));
  }

  scaleCanary(replicas: number): Promise<void> {
    return this.persist(() => this.ports.cluster.scaleCanary(replicas, this.token, this.signal));
  }

  scaleBaseline(replicas: number): Promise<void> {
    return this.persist(() => this.ports.cluster.scaleBaseline(replicas, this.token, this.signal));
  }

  /** @param reason why, where the message doesn't say so itself: for alerts */
  announce(level: Announcement["level"], message: string, alert = false, reason = ""): void {
    const { phase, canaryWeight, checks } = this.journalState.status;
    const why = { ...(reason === "" ? {} : { reason }), ...(alert ? { checks } : {}) };
    this.ports.reporter.announce({ level, message, phase, canaryWeight, alert, ...why, ...stageIn(this.status) });
  }

  sleep(milliseconds: number): Promise<void> {
    return this.ports.clock.sleep(milliseconds, this.signal);
  }

  isoNow(): string {
    return isoTime(this.ports.clock.nowMs());
  }
}

/** The stage that a run is in; nothing once it has passed all of them. */
function stageIn(status: ReleaseStatus): { readonly stage?: number } {
  const inStages = ["Progressing", "Waiting", "WaitingPromotion"].includes(status.phase) && !isHandedOver(status);
  return inStages && status.strategy !== undefined ? { stage: status.strategy.stage } : {};
}

/** Any run, as far as a rollback needs it: a live one, or the watchdog's. */
export type RollbackRun = Run<RollbackSettings, RollbackPorts>;

export function labelOf({ name, namespace }: Pick<ReleaseSettings, "name" | "namespace">): string {
  return `${name}.${namespace}`;
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}
