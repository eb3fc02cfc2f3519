import type { Phase, ReleaseStatus } from "../model/index.js";
import type { Announcement } from "../ports/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import type { Ports } from "./ports.js";
import { persist } from "./retry.js";

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
type OptionalKey = "handoverDeadline" | "handoverSeconds" | "judged";

/** One run under the lock: settings, ports, the journal, and the fencing token for every write to the route. */
export class Run {
  constructor(
    readonly settings: ReleaseSettings,
    readonly ports: Ports,
    readonly holder: string,
    readonly token: number,
    readonly signal: AbortSignal,
    private readonly journalState: JournalState,
  ) {}

  /** The same run and journal with another signal: for what must still be done after an abort. */
  with(signal: AbortSignal): Run {
    return new Run(this.settings, this.ports, this.holder, this.token, signal, this.journalState);
  }

  /** The same run, ended by this signal as well. */
  until(signal: AbortSignal): Run {
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
    const changedPhase = change.phase !== undefined && change.phase !== this.journalState.status.phase;
    const moved =
      changedPhase ||
      (change.canaryWeight ?? this.journalState.status.canaryWeight) !== this.journalState.status.canaryWeight;
    const lastTransitionTime = moved ? this.isoNow() : this.journalState.status.lastTransitionTime;
    const kept: Mutable<ReleaseStatus> = { ...this.journalState.status };
    for (const key of without) delete kept[key];
    this.journalState.status = { ...kept, ...change, lastTransitionTime };
    return this.store();
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
  async setWeight(weightPercent: number, phase: Phase = this.journalState.status.phase): Promise<void> {
    await this.journal({ canaryWeight: weightPercent, phase });
    await this.persist(() => this.ports.cluster.setCanaryWeight(weightPercent, this.token, this.signal));
  }

  scaleCanary(replicas: number): Promise<void> {
    return this.persist(() => this.ports.cluster.scaleCanary(replicas, this.token, this.signal));
  }

  announce(level: Announcement["level"], message: string, alert = false): void {
    const { phase, canaryWeight } = this.journalState.status;
    this.ports.reporter.announce({ level, message, phase, canaryWeight, alert });
  }

  sleep(milliseconds: number): Promise<void> {
    return this.ports.clock.sleep(milliseconds, this.signal);
  }

  isoNow(): string {
    return isoTime(this.ports.clock.nowMs());
  }
}

export function labelOf({ name, namespace }: Pick<ReleaseSettings, "name" | "namespace">): string {
  return `${name}.${namespace}`;
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}
