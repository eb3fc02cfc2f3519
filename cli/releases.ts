import { z } from "zod";
import { annotations, apiGroup, apiVersion, releasePlural } from "../release/model/index.js";
import type { Command, ReleaseStatus } from "../release/model/index.js";
import {
  ApiServer,
  commandsIn,
  createAccess,
  defaultNamespace,
  parseStatus,
} from "../release/adapters/kubernetes/index.js";
import type { KubeconfigSource } from "../release/adapters/kubernetes/index.js";

const object = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string().default(""),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  status: z.unknown().optional(),
});

const event = z.object({
  type: z.string().default(""),
  reason: z.string().default(""),
  message: z.string().default(""),
  count: z.int().nullish(),
  firstTimestamp: z.string().nullish(),
  lastTimestamp: z.string().nullish(),
  source: z.object({ component: z.string().default("") }).default({ component: "" }),
});

export type EventView = z.output<typeof event>;

/** One release as people look at it. */
export interface ReleaseView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly status: ReleaseStatus | undefined;
  readonly commands: Readonly<Partial<Record<Command, string>>>;
}

/** Releases of a cluster, for people: read them, and write requests on them. */
export class Releases {
  readonly api: ApiServer;
  private readonly source: KubeconfigSource;

  constructor(source: KubeconfigSource) {
    this.source = source;
    this.api = new ApiServer(createAccess(source));
  }

  /** Namespace of the kubeconfig's context. */
  defaultNamespace(): Promise<string> {
    return defaultNamespace(this.source);
  }

  /** All releases of a namespace; undefined: of the cluster. */
  async list(namespace: string | undefined, signal: AbortSignal): Promise<readonly ReleaseView[]> {
    const call = { verb: "list", group: apiGroup, version: apiVersion, plural: releasePlural, namespace } as const;
    const found = await this.api.find(call, z.object({ items: z.array(object) }), signal);
    if (found === undefined)
      throw new Error(`this cluster has no ${releasePlural}.${apiGroup}: CanaryPlatform installs them`);
    return found.items.map(viewOf);
  }

  /** @throws Error where there is no such release. */
  async get(namespace: string, name: string, signal: AbortSignal): Promise<ReleaseView> {
    const found = await this.api.find({ verb: "get", ...placeOf(namespace, name) }, object, signal);
    if (found === undefined) throw new Error(`there is no release ${name} in namespace ${namespace}`);
    return viewOf(found);
  }

  /** Writes a request, or removes it (null). */
  async annotate(
    namespace: string,
    name: string,
    verb: Command,
    text: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    const body = { metadata: { annotations: { [annotations[verb]]: text } } };
    await this.api.do({ verb: "patch", ...placeOf(namespace, name), patch: "merge", body }, object, signal);
  }

  /** Events about a release, oldest first. */
  async events({ namespace, name, uid }: ReleaseView, signal: AbortSignal): Promise<readonly EventView[]> {
    const fieldSelector = `involvedObject.name=${name},involvedObject.uid=${uid}`;
    const call = {
      verb: "list",
      group: "",
      version: "v1",
      plural: "events",
      namespace,
      query: { fieldSelector },
    } as const;
    const { items } = await this.api.do(call, z.object({ items: z.array(event) }), signal);
    return items.toSorted((a, b) => timeOf(a) - timeOf(b));
  }
}

function placeOf(namespace: string, name: string) {
  return { group: apiGroup, version: apiVersion, plural: releasePlural, namespace, name } as const;
}

function viewOf({ metadata, status }: z.output<typeof object>): ReleaseView {
  const { namespace, name, uid } = metadata;
  return { namespace, name, uid, status: parseStatus(status), commands: commandsIn(metadata.annotations) };
}

function timeOf({ lastTimestamp }: EventView): number {
  return lastTimestamp == null ? 0 : Date.parse(lastTimestamp);
}
