import { RunRegistry } from "../../../release/machine/index.js";
import { Watchdog } from "../../../release/watchdog/watchdog.js";
import { apiAway, Engine, Process, VirtualClock, watchdogPortsOf, World } from "../../../fakes/index.js";
import type { PortCall, UpResult } from "../../../fakes/index.js";
import { membersOf, settingsOf } from "./stories.js";
import type { Story } from "./stories.js";

const lookEveryMs = 2_000;

/** What strikes at one call of the run: before it is performed, or between its effect and its answer. */
export interface Strike {
  readonly process: string;
  readonly index: number;
  readonly when: "before" | "after";
  readonly action: (fixture: Fixture) => void;
}

/** One release: its part of the cluster, and of the engine's program. */
export interface Member {
  readonly name: string;
  readonly world: World;
  readonly engine: Engine;
}

/** A world at rest with revision r1, the engine's state, and everything that may act on it later. */
export class Fixture {
  readonly clock = new VirtualClock();
  /** All under one clock, in one process as one `pulumi up` is. */
  readonly members: readonly Member[];
  /** Of the first member, which is struck. */
  readonly world: World;
  readonly engine: Engine;
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
    const worlds = new Map(membersOf(story).map((name) => [name, new World(this.clock)]));
    this.members = [...worlds].map(([name, world]) => ({ name, world, engine: new Engine(world) }));
    const [first] = this.members;
    if (first === undefined) throw new Error(`${story.name} has no release`);
    ({ world: this.world, engine: this.engine } = first);
    this.worlds.forEach((world) => {
      world.members = worlds;
      world.around = (call, perform) => this.around(world, call, perform);
      world.webhookAnswer = (webhook) => this.answerOf(webhook.timeout * 1000);
    });
  }

  get worlds(): readonly World[] {
    return this.members.map(({ world }) => world);
  }

  async comeToRest(): Promise<void> {
    const result = await this.up("r1", new Process("first", this.clock));
    if (result.kind === "failed") throw new Error(`the first revision did not get up: ${result.message}`);
    // Users come when the first revision is up.
    this.worlds.forEach(({ gateway }) => (gateway.segments.length = 0));
  }

  /** From now on the last member behaves as the story says. */
  behave(): void {
    const last = this.worlds.at(-1);
    if (last !== undefined) this.story.behave(last);
  }

  /** One `pulumi up`: it fails as soon as one of its releases does, and ends with the last. */
  up(revision: string, process: Process, registry = new RunRegistry()): Promise<UpResult> {
    return this.upWith(this.members, revision, process, registry);
  }

  /** The same from another machine, with the state as it is now. */
  upElsewhere(revision: string, process: Process): Promise<UpResult> {
    const copies = this.members.map((each) => ({ ...each, engine: each.engine.copy() }));
    return this.upWith(copies, revision, process, new RunRegistry());
  }

  private async upWith(
    members: readonly Member[],
    revision: string,
    process: Process,
    registry: RunRegistry,
  ): Promise<UpResult> {
    const results = await Promise.all(
      members.map(({ name, engine }) => engine.up(settingsOf(this.story, revision, name), process, registry)),
    );
    const failed = results.find(({ kind }) => kind === "failed");
    return failed ?? results[0] ?? { kind: "failed", message: "nothing to do" };
  }

  /** Of this fixture's own time: whatever still sleeps at the end goes with it. */
  sleep(milliseconds: number): Promise<void> {
    return this.clock.sleep(milliseconds, this.forever);
  }

  arm(strike: Strike): void {
    this.strike = strike;
  }

  startWatchdog(): void {
    this.worlds.forEach((world) => this.watch(world));
  }

  private watch(world: World): void {
    const process = new Process("watchdog", this.clock);
    const sleep = (milliseconds: number): Promise<void> => process.clock.sleep(milliseconds, this.forever);
    const ports = watchdogPortsOf(world, process, () => undefined);
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

  private async around<T>(world: World, call: PortCall, perform: () => T): Promise<T> {
    const { strike } = this;
    const strikes = world === this.world && strike?.process === call.process && strike.index === call.index;
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
