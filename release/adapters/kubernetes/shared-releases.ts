import type { ReleaseObject } from "../../ports/index.js";
import type { ApiServer } from "./api-server.js";
import { Fleet } from "./fleet.js";

/** What was listed this long ago still answers. */
const freshMs = 1_000;
/** So many releases of a namespace are asked for one by one: a list of a large namespace costs more than a few of them. */
const fewReleases = 5;

type Listed = ReadonlyMap<string, ReleaseObject>;

/**
 * Release objects for those who ask for many of them at about the same time, as an update of many releases does: one
 * list of the namespace answers all who ask within a second.
 */
export class SharedReleases {
  private readonly names = new Map<string, Set<string>>();
  private readonly lists = new Map<string, { readonly atMs: number; readonly listed: Promise<Listed> }>();

  constructor(
    private readonly api: ApiServer,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /**
   * Undefined where there is no such object.
   * @param alone reads this one object: where there are few of them, or where a list can't be had or does not have it
   */
  async read(
    { namespace, name }: { readonly namespace: string; readonly name: string },
    alone: (signal: AbortSignal) => Promise<ReleaseObject | undefined>,
    signal: AbortSignal,
  ): Promise<ReleaseObject | undefined> {
    const names = (this.names.get(namespace) ?? new Set()).add(name);
    this.names.set(namespace, names);
    if (names.size <= fewReleases) return alone(signal);
    const listed = await this.list(namespace, signal).catch(() => undefined);
    return listed?.get(name) ?? alone(signal);
  }

  /** From now on nothing answers that was listed before: what was listed has been changed by the one who asks. */
  forget(): void {
    this.lists.clear();
  }

  private list(namespace: string, signal: AbortSignal): Promise<Listed> {
    const last = this.lists.get(namespace);
    const atMs = this.nowMs();
    if (last !== undefined && atMs - last.atMs < freshMs) return last.listed;
    const fleet = new Fleet(this.api, [namespace], () => undefined);
    const listed = fleet.list(signal).then((found) => new Map(found.map((each) => [each.name, each])));
    this.lists.set(namespace, { atMs, listed });
    return listed;
  }
}
