import type { TrainOrder } from "../release/model/index.js";
import type { AnalysisInput, ReleaseInput } from "../release/settings/index.js";
import { Watchdog } from "../release/watchdog/watchdog.js";
import { Engine } from "./engine.js";
import type { UpResult } from "./engine.js";
import { watchdogPortsOf } from "./ports.js";
import { Process } from "./process.js";
import { settingsFor } from "./settings.js";
import { VirtualClock } from "./virtual-clock.js";
import { World } from "./world.js";

const lookEveryMs = 2_000;

/** Asked revision of each member, in the train's order. */
export type Asked = Readonly<Record<string, string>>;

export interface Member {
  readonly world: World;
  readonly engine: Engine;
}

/** What one update is like. */
export interface Update {
  /** The same for all members. Default: a new one. */
  readonly name?: string;
  readonly analysis?: Partial<AnalysisInput>;
  /** Of single members. */
  readonly rest?: Readonly<Record<string, Partial<ReleaseInput>>>;
  /** Members that the update leaves out: the engine has failed before, or a target was given. */
  readonly without?: readonly string[];
}

/** Several releases of one program in one cluster, under one clock, as the members of a train. */
export class Fellowship {
  readonly clock = new VirtualClock();
  readonly members: ReadonlyMap<string, Member>;
  /** Of the present update, by member: all that can die. */
  processes: ReadonlyMap<string, Process> = new Map();
  private updates = 0;

  constructor(
    names: readonly string[],
    readonly order: TrainOrder,
  ) {
    const worlds = new Map(names.map((name) => [name, new World(this.clock)]));
    worlds.forEach((world) => (world.members = worlds));
    this.members = new Map([...worlds].map(([name, world]) => [name, { world, engine: new Engine(world) }]));
  }

  /** All members are up with revision r1. */
  static async atRest(names: readonly string[], order: TrainOrder = "together"): Promise<Fellowship> {
    const all = new Fellowship(names, order);
    const results = await all.clock.until(all.up(Object.fromEntries(names.map((name) => [name, "r1"]))));
    for (const [name, result] of Object.entries(results))
      if (result?.kind !== "succeeded") throw new Error(`${name}: ${result?.message ?? "died"}`);
    all.members.forEach(({ world }) => {
      world.calls.length = 0;
      world.statuses.length = 0;
      world.announcements.length = 0;
      world.gateway.segments.length = 0;
    });
    return all;
  }

  member(name: string): Member {
    const found = this.members.get(name);
    if (found === undefined) throw new Error(`${name} is no member`);
    return found;
  }

  /** One `pulumi up`: all members at once, or, in order, one after the other until one fails. Undefined: it died. */
  async up(asked: Asked, update: Update = {}): Promise<Readonly<Record<string, UpResult | undefined>>> {
    const name = update.name ?? `update-${(this.updates += 1)}`;
    const names = Object.keys(asked).filter((each) => update.without?.includes(each) !== true);
    this.processes = new Map(names.map((each) => [each, new Process(each, this.clock, name)]));
    const results: Record<string, UpResult | undefined> = {};
    const one = async (each: string): Promise<void> => {
      results[each] = await this.begin(each, asked, update);
    };
    if (this.order === "together") await Promise.all(names.map(one));
    else
      for (const each of names) {
        await one(each);
        if (results[each]?.kind !== "succeeded") break;
      }
    return results;
  }

  /** One watchdog for each member, as one for a cluster sees them. */
  startWatchdog(): void {
    const forever = new AbortController().signal;
    this.members.forEach(({ world }, name) => {
      const process = new Process(`watchdog of ${name}`, this.clock);
      const watchdog = new Watchdog(
        { watchdogAfterSeconds: 30, podName: name },
        watchdogPortsOf(world, process, () => undefined),
      );
      const watch = async (): Promise<void> => {
        for (;;) {
          await watchdog.look();
          await process.clock.sleep(lookEveryMs, forever);
        }
      };
      void watch();
    });
  }

  private begin(name: string, asked: Asked, { analysis, rest }: Update): Promise<UpResult | undefined> {
    const { engine } = this.member(name);
    const process = this.processes.get(name);
    if (process === undefined) throw new Error(`${name} takes no part`);
    const releases = Object.entries(asked).map(([each, revision]) => ({ namespace: "test", name: each, revision }));
    const settings = settingsFor(
      asked[name] ?? "",
      { interval: "4s", stepWeight: 20, maxWeight: 40, ...analysis },
      { handover: "30s", ...rest?.[name], name, train: { name: "shop", order: this.order, releases } },
    );
    return process.outcome(engine.up(settings, process));
  }
}
