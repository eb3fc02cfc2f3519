import { setTimeout as pause } from "node:timers/promises";
import { startSessions, startTraffic } from "../../../sandbox/users/index.js";
import type { Sessions } from "../../../sandbox/users/index.js";
import type { Failure, Meeting } from "./evidence.js";
import type { Crowd } from "./strategies.js";

/** One crowd of one release. */
export interface Coming {
  readonly crowd: Crowd;
  readonly release: string;
  readonly host: string;
  readonly perSecond: number;
}

interface Stream {
  readonly coming: Coming;
  /** When a version answered for the first time. */
  readonly met: Map<string, number>;
  readonly sessions: Sessions | undefined;
  stop(): Promise<number>;
}

/** So many people come again and again. */
const people = 60;
/** All of them come every three seconds. */
const patienceMs = 20_000;
const pollMs = 200;

/** All users of a lane, from now until they are stopped. */
export class Crowds {
  readonly failures: Failure[] = [];
  private readonly streams: readonly Stream[];

  constructor(coming: readonly Coming[]) {
    this.streams = coming.map((each) => this.start(each));
  }

  /** Who of a release met which version first when and may have met no canary of it; `failing`: that failed its tests. */
  meetings(release: string, failing: string): readonly Meeting[] {
    return this.streams
      .filter(({ coming }) => coming.release === release)
      .flatMap(({ coming: { crowd }, met }) =>
        [...met]
          .filter(([version]) => crowd.meets === "none" || (crowd.meets === "passed" && version === failing))
          .map(([version, atMs]) => ({ who: crowd.who, version, atMs })),
      );
  }

  /** Waits until all people with cookies were answered by this version last; says who was not. Undefined: everybody. */
  async strandedFrom(version: string): Promise<string | undefined> {
    const sessions = this.streams.flatMap((each) => each.sessions ?? []);
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const others = sessions.flatMap((each) => [...each.tally().lastVersion]).filter(([last]) => last !== version);
      if (others.length === 0) return undefined;
      if (performance.now() > deadline)
        return `people were answered last by ${others.map(([last, count]) => `${last} (${count})`).join(", ")}`;
      await pause(pollMs);
    }
  }

  /** Number of their requests. */
  async stop(): Promise<number> {
    const totals = await Promise.all(this.streams.map((each) => each.stop()));
    return totals.reduce((sum, total) => sum + total, 0);
  }

  private start(coming: Coming): Stream {
    const { crowd, release, host, perSecond } = coming;
    const met = new Map<string, number>();
    const options = {
      ...{ host, perSecond, keepAlive: crowd.keepAlive ?? true, headers: crowd.headers ?? {} },
      onFailure: (failure: Omit<Failure, "release">): void => {
        if (crowd.kind !== "tests") this.failures.push({ release, ...failure });
      },
      onAnswer: ({ version, atMs }: { readonly version: string; readonly atMs: number }): void => {
        if (!met.has(version)) met.set(version, atMs);
      },
    };
    if (crowd.kind === "people") {
      const sessions = startSessions({ ...options, users: people });
      return { coming, met, sessions, stop: async () => (await sessions.stop()).requests };
    }
    const traffic = startTraffic(options);
    return { coming, met, sessions: undefined, stop: async () => (await traffic.stop()).total };
  }
}
