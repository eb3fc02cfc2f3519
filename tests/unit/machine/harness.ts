import { RunRegistry } from "../../../release/machine/index.js";
import type { AnalysisInput, ReleaseInput, ReleaseSettings } from "../../../release/settings/index.js";
import type { Phase } from "../../../release/model/index.js";
import { Engine, Process, settingsFor, VirtualClock, World } from "../../../fakes/index.js";
import type { PortCall, UpResult } from "../../../fakes/index.js";

type Change = Partial<AnalysisInput>;

/** A world with revision r1 at rest, and an engine that ships the next ones; the time is virtual. */
export class Harness {
  readonly clock = new VirtualClock();
  readonly world = new World(this.clock);
  readonly engine = new Engine(this.world);
  readonly process = new Process("run", this.clock);
  readonly registry = new RunRegistry();
  /** Called before each call of a port; what it throws the port throws. */
  before: (call: PortCall) => void = () => undefined;

  constructor() {
    this.world.around = (call, perform) => {
      try {
        this.before(call);
        return Promise.resolve(perform());
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
  }

  /** Revision r1 is up and promoted. */
  static async atRest(): Promise<Harness> {
    const harness = new Harness();
    const result = await harness.clock.until(harness.engine.up(settingsFor("r1"), new Process("first", harness.clock)));
    if (result.kind === "failed") throw new Error(result.message);
    harness.world.gateway.segments.length = 0;
    harness.world.calls.length = 0;
    harness.world.statuses.length = 0;
    harness.world.announcements.length = 0;
    return harness;
  }

  /** One `pulumi up` to its end. */
  up(revision = "r2", analysis: Change = {}, rest: Partial<ReleaseInput> = {}): Promise<UpResult> {
    return this.clock.until(this.begin(revision, analysis, rest));
  }

  /** One `pulumi up`, begun. */
  begin(revision = "r2", analysis: Change = {}, rest: Partial<ReleaseInput> = {}): Promise<UpResult> {
    return this.engine.up(settingsFor(revision, analysis, rest), this.process, this.registry);
  }

  /** The next `pulumi up`, of another process. */
  revive(revision = "r2", analysis: Change = {}): Promise<UpResult> {
    const process = new Process("next", this.clock);
    return this.clock.until(this.engine.up(settingsFor(revision, analysis), process));
  }

  settings(revision = "r2", analysis: Change = {}, rest: Partial<ReleaseInput> = {}): ReleaseSettings {
    return settingsFor(revision, analysis, rest);
  }

  /** Does something as soon as the route first has this weight. */
  whenWeightIs(weight: number, action: () => void): void {
    const state = { done: false };
    const poll = (): void => {
      if (state.done) return;
      if (this.world.route?.weight === weight) {
        state.done = true;
        action();
      } else this.clock.at(100, poll);
    };
    this.clock.at(100, poll);
  }

  /** Weights in the order in which they were written, without repetitions. */
  get weights(): readonly number[] {
    return this.world.weightWrites
      .map(({ weight }) => weight)
      .filter((weight, index, all) => index === 0 || weight !== all[index - 1]);
  }

  /** Phases in their order, without repetitions. */
  get phases(): readonly Phase[] {
    return this.world.statuses
      .map(({ phase }) => phase)
      .filter((phase, index, all) => index === 0 || phase !== all[index - 1]);
  }

  get status() {
    return this.world.object?.status;
  }

  /** Seconds in which users were sent to nobody. */
  get unansweredSeconds(): number {
    return this.world.gateway.unanswered.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs), 0) / 1000;
  }

  /** 100/0, no pods of the canary. */
  get isAtRest(): boolean {
    const { route, gateway, canary } = this.world;
    return (route?.weight ?? 0) === 0 && gateway.weight === 0 && (canary?.replicas ?? 0) === 0;
  }
}

export function messageOf(result: UpResult | undefined): string {
  return result?.kind === "failed" ? result.message : `${result?.kind}`;
}
