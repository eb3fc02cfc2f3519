/** People who come again and keep their cookies. */
import http from "node:http";
import { askAsClientsDo, pace, tell } from "./stream.js";
import type { Answer, TrafficOptions } from "./stream.js";

/** What users with a cookie jar of their own met. */
export interface SessionTally {
  readonly users: number;
  requests: number;
  failed: number;
  /** Users who had the newer version and got an older one again. */
  readonly switchedBack: number;
  /** Users by the version that answered them first. */
  readonly firstVersion: ReadonlyMap<string, number>;
  /** Users by the version that answered them last. */
  readonly lastVersion: ReadonlyMap<string, number>;
  /** Failed requests by the version that answered ("": none did). */
  readonly failedBy: ReadonlyMap<string, number>;
  readonly samples: string[];
}

export interface Sessions {
  /** What they met so far. */
  tally(): SessionTally;
  stop(): Promise<SessionTally>;
}

interface Person {
  readonly jar: Map<string, string>;
  readonly versions: string[];
}

/** So many users come one after the other, again and again, each with the cookies it was given before. */
export function startSessions(options: TrafficOptions & { readonly users: number }): Sessions {
  const people = Array.from({ length: options.users }, (): Person => ({ jar: new Map(), versions: [] }));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const counts = { requests: 0, failed: 0 };
  const failedBy = new Map<string, number>();
  const samples: string[] = [];
  const pending = new Set<Promise<void>>();
  const state = { running: true, next: 0 };
  const visit = async (person: Person): Promise<void> => {
    const cookie = [...person.jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...options.headers, ...(cookie === "" ? {} : { cookie }) };
    const answer = await askAsClientsDo({ ...options, headers }, agent, () => undefined);
    remember(person, answer);
    tell(options, answer);
    counts.requests += 1;
    if (answer.ok) return;
    counts.failed += 1;
    failedBy.set(answer.version, (failedBy.get(answer.version) ?? 0) + 1);
    if (samples.length < 5) samples.push(answer.text);
  };
  const send = (): void => {
    const person = people[state.next % people.length];
    state.next += 1;
    if (person === undefined) return;
    const request = visit(person);
    pending.add(request);
    void request.finally(() => pending.delete(request));
  };
  const loop = pace(options.perSecond, send, () => state.running);
  const tally = (): SessionTally => ({ ...counts, failedBy, samples, users: people.length, ...summary(people) });
  return {
    tally,
    stop: async () => {
      state.running = false;
      await loop;
      await Promise.all(pending);
      agent.destroy();
      return tally();
    },
  };
}

function remember({ jar, versions }: Person, { cookies = [], version, ok }: Answer): void {
  for (const cookie of cookies) {
    const [, name, value] = /^([^=;]+)=([^;]*)/.exec(cookie) ?? [];
    if (name !== undefined && value !== undefined) jar.set(name, value);
  }
  if (ok && version !== "" && versions.at(-1) !== version) versions.push(version);
}

function summary(people: readonly Person[]): Pick<SessionTally, "switchedBack" | "firstVersion" | "lastVersion"> {
  return {
    switchedBack: people.filter(({ versions }) => fallsBack(versions)).length,
    firstVersion: countsOf(people.map(({ versions }) => versions[0] ?? "")),
    lastVersion: countsOf(people.map(({ versions }) => versions.at(-1) ?? "")),
  };
}

function countsOf(versions: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const version of versions) counts.set(version, (counts.get(version) ?? 0) + 1);
  return counts;
}

/** Met a version once more after another one. */
function fallsBack(versions: readonly string[]): boolean {
  return versions.some((version, index) => versions.indexOf(version) !== index);
}
