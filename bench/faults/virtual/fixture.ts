import { RunRegistry } from "../../../release/machine/index.js";
import { Watchdog } from "../../../release/watchdog/watchdog.js";
import { apiAway, Engine, Process, VirtualClock, watchdogPortsOf, World } from "../../../fakes/index.js";
import type { PortCall, UpResult } from "../../../fakes/index.js";
import { settingsOf } from "./stories.js";
import type { Story } from "./stories.js";

const lookEveryMs = 2_000;

/** What strikes at one call of the run: before it is performed, or between its effect and its answer. */
export interface Strike {
  readonly process: string;
  readonly index: number;
  readonly when: "before" | "after";
  readonly action: (fixture: Fixture) => void;
}

/** A world at rest with revision r1, the engine's state, and everything that may act on it later. */
export class Fixture {
  readonly clock = new VirtualClock();
  readonly world = new World(this.clock);
  readonly engine = new Engine(this.world);
  readonly run: Process;
  readonly registry = new RunRegistry();
  /** A second `pulumi up` that a fault starts. */
  second: Promise<UpResult | undefined> | undefined;
  struckAtMs: number | undefined;
  /** From then on nothing is in the way any more. */
  recoveredAtMs = 0;
  private readonly forever = new AbortController().signal;
  private apiAwayUntilMs = 0;
  private webhooksHangUntilMs = 0;
  private strike: Strike | undefined;

  constructor(readonly story: Story) {
    this.run = new Process("run", this.clock);
    this.world.around = (call, perform) => this.around(call, perform);
    this.world.webhookAnswer = (webhook) => this.answerOf(webhook.timeout * 1000);
  }

  async comeToRest(): Promise<void> {
    const result = await this.engine.up(settingsOf(this.story, "r1"), new Process("first", this.clock));
    if (result.kind === "failed") throw new Error(`the first revision did not get up: ${result.message}`);
    // Users come when the first revision is up.
    this.world.gateway.segments.length = 0;
  }

  /** Of this fixture's own time: whatever still sleeps at the end goes with it. */
  sleep(milliseconds: number): Promise<void> {
    return this.clock.sleep(milliseconds, this.forever);
  }

  arm(strike: Strike): void {
    this.strike = strike;
  }

  startWatchdog(): void {
    const process = new Process("watchdog", this.clock);
    const sleep = (milliseconds: number): Promise<void> => process.clock.sleep(milliseconds, this.forever);
    const ports = watchdogPortsOf(this.world, process, () => undefined);
    const watchdog = new Watchdog({ watchdogAfterSeconds: 30, podName: "w-1" }, ports);
    const watch = async (): Promise<void> => {
      for (;;) {
        await watchdog.look();
        await sleep(lookEveryMs);
      }
    };
    void watch();
  }

  /** The API server answers nobody for so long. */
  cutApiServer(milliseconds: number): void {
    this.apiAwayUntilMs = this.clock.nowMs() + milliseconds;
    this.recoverAfter(milliseconds);
  }

  /** Every webhook keeps its caller waiting until its timeout, for so long. */
  hangWebhooks(milliseconds: number): void {
    this.webhooksHangUntilMs = this.clock.nowMs() + milliseconds;
    this.recoverAfter(milliseconds);
  }

  /** The fault lasts so long; then `end` puts an end to it. */
  recoverAfter(milliseconds: number, end: () => void = () => undefined): void {
    this.recoveredAtMs = this.clock.nowMs() + milliseconds;
    this.clock.at(milliseconds, end);
  }

  private async around<T>(call: PortCall, perform: () => T): Promise<T> {
    const { strike } = this;
    const strikes = strike?.process === call.process && strike.index === call.index;
    if (strikes && strike.when === "before") this.hit(strike);
    await this.passes(call);
    const answer = perform();
    if (strikes && strike.when === "after") this.hit(strike);
    await this.passes(call);
    return answer;
  }

  private hit(strike: Strike): void {
    this.struckAtMs = this.clock.nowMs();
    strike.action(this);
  }

  /** A request that can't reach the API server fails a moment later. */
  private async passes({ name }: PortCall): Promise<void> {
    const forTheApiServer = !name.startsWith("metrics") && !name.startsWith("webhook");
    if (!forTheApiServer || this.clock.nowMs() >= this.apiAwayUntilMs) return;
    await this.sleep(50);
    throw apiAway();
  }

  private async answerOf(timeoutMs: number) {
    if (this.clock.nowMs() >= this.webhooksHangUntilMs) return { kind: "ok" } as const;
    await this.sleep(timeoutMs);
    return { kind: "refused", message: "no answer within its timeout" } as const;
  }
}
