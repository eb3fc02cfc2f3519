// Stand-in for Apache APISIX 3.17: finds the route of a request by host, path, method and conditions.
import { isIPv6 } from "node:net";
import type { BlockList } from "node:net";
import type { Condition, VariableReader } from "./expression.js";

/** What a route demands of a request besides host and path. */
export interface Matchable {
  readonly priority: number;
  readonly methods: ReadonlySet<string> | undefined;
  readonly remote: BlockList | undefined;
  readonly condition: Condition | undefined;
}

/** A match: the route, and the patterns of path and host that led to it (the metrics show them). */
export interface Match<T> {
  readonly route: T;
  readonly uri: string;
  readonly host: string;
}

/** The parts of a request that routes are matched by. */
export interface Subject {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly remoteAddress: string;
  readonly read: VariableReader;
}

class PathTable<T extends Matchable> {
  readonly #exact = new Map<string, Match<T>[]>();
  readonly #prefixes = new Map<string, Match<T>[]>();
  #sortedPrefixes: readonly (readonly [string, readonly Match<T>[]])[] = [];

  add(match: Match<T>): void {
    const prefix = match.uri.endsWith("*");
    const [map, key] = prefix ? [this.#prefixes, match.uri.slice(0, -1)] : [this.#exact, match.uri];
    map.set(key, [...(map.get(key) ?? []), match]);
  }

  /** Priority decides among routes of the same path only: the longer path goes first, as in the real router. */
  finish(): void {
    for (const matches of [...this.#exact.values(), ...this.#prefixes.values()]) {
      matches.sort((a, b) => b.route.priority - a.route.priority);
    }
    this.#sortedPrefixes = [...this.#prefixes].sort(([a], [b]) => b.length - a.length);
  }

  find(subject: Subject): Match<T> | undefined {
    const exact = this.#exact.get(subject.path)?.find((match) => accepts(match.route, subject));
    if (exact !== undefined) {
      return exact;
    }
    for (const [prefix, matches] of this.#sortedPrefixes) {
      if (subject.path.startsWith(prefix)) {
        const found = matches.find((match) => accepts(match.route, subject));
        if (found !== undefined) {
          return found;
        }
      }
    }
    return undefined;
  }
}

/** All routes of a configuration: exact hosts first, then the longest wildcard, then routes without a host. */
export class RouteTable<T extends Matchable> {
  readonly #exact = new Map<string, PathTable<T>>();
  readonly #wildcards: (readonly [string, PathTable<T>])[];
  readonly #anyHost = new PathTable<T>();

  constructor(
    routes: readonly { readonly route: T; readonly hosts: readonly string[]; readonly uris: readonly string[] }[],
  ) {
    const wildcards = new Map<string, PathTable<T>>();
    for (const { route, hosts, uris } of routes) {
      for (const host of hosts.length === 0 ? [""] : hosts) {
        const table = this.#tableOf(host.toLowerCase(), wildcards);
        uris.forEach((uri) => {
          table.add({ route, uri, host });
        });
      }
    }
    this.#wildcards = [...wildcards].sort(([a], [b]) => b.length - a.length);
    [...this.#exact.values(), ...wildcards.values(), this.#anyHost].forEach((table) => {
      table.finish();
    });
  }

  find(subject: Subject): Match<T> | undefined {
    const exact = this.#exact.get(subject.host)?.find(subject);
    if (exact !== undefined) {
      return exact;
    }
    for (const [suffix, table] of this.#wildcards) {
      const found = subject.host.endsWith(suffix) ? table.find(subject) : undefined;
      if (found !== undefined) {
        return found;
      }
    }
    return this.#anyHost.find(subject);
  }

  #tableOf(host: string, wildcards: Map<string, PathTable<T>>): PathTable<T> {
    if (host === "") {
      return this.#anyHost;
    }
    const [map, key] = host.startsWith("*") ? [wildcards, host.slice(1)] : [this.#exact, host];
    const known = map.get(key);
    if (known !== undefined) {
      return known;
    }
    const table = new PathTable<T>();
    map.set(key, table);
    return table;
  }
}

function accepts(route: Matchable, subject: Subject): boolean {
  return (
    (route.methods === undefined || route.methods.has(subject.method)) &&
    (route.remote === undefined ||
      route.remote.check(subject.remoteAddress, isIPv6(subject.remoteAddress) ? "ipv6" : "ipv4")) &&
    (route.condition === undefined || route.condition(subject.read))
  );
}
