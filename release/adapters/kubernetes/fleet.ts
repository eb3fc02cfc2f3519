import { apiGroup, apiVersion, releasePlural } from "../../model/index.js";
import type { FleetPort, ObservedRelease } from "../../ports/index.js";
import type { ApiServer } from "./api-server.js";
import { commandsIn, parseStatus } from "./release-object.js";
import { releaseObjects } from "./schemas.js";
import type { ReleaseItem } from "./schemas.js";

/** All releases of a cluster or of some of its namespaces. */
export class Fleet implements FleetPort {
  private readonly api: ApiServer;
  private readonly namespaces: readonly (string | undefined)[];
  private readonly complain: (sentence: string) => void;
  private readonly complained = new Map<string, string>();

  /** @param namespaces undefined: the whole cluster */
  constructor(api: ApiServer, namespaces: readonly string[] | undefined, complain: (sentence: string) => void) {
    this.api = api;
    this.namespaces = namespaces ?? [undefined];
    this.complain = complain;
  }

  async list(signal: AbortSignal): Promise<readonly ObservedRelease[]> {
    const lists = await Promise.all(this.namespaces.map((namespace) => this.listOf(namespace, signal)));
    return lists.flat().flatMap((item) => this.observed(item) ?? []);
  }

  private async listOf(namespace: string | undefined, signal: AbortSignal): Promise<readonly ReleaseItem[]> {
    const call = { verb: "list", group: apiGroup, version: apiVersion, plural: releasePlural, namespace } as const;
    // No such kind yet: the platform is being installed.
    return (await this.api.find(call, releaseObjects, signal))?.items ?? [];
  }

  /** One unreadable journal must not keep the others from being watched. */
  private observed({ metadata, spec, status: raw }: ReleaseItem): ObservedRelease | undefined {
    const { uid, name, namespace, resourceVersion: version, annotations } = metadata;
    try {
      const status = parseStatus(raw);
      const serviceName = spec.service.name ?? name;
      const routeName = (status?.routeName ?? "") === "" ? spec.routeRef.name : (status?.routeName ?? "");
      return { uid, name, namespace, version, status, commands: commandsIn(annotations), serviceName, routeName };
    } catch (error) {
      if (this.complained.get(uid) !== version)
        this.complain(`${name}.${namespace}: ${error instanceof Error ? error.message : String(error)}`);
      this.complained.set(uid, version);
      return undefined;
    }
  }
}
