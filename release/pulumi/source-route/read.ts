import { z } from "zod";
import { ForbiddenError, unlessForbidden } from "../../adapters/kubernetes/index.js";
import type { ApiServer } from "../../adapters/kubernetes/index.js";
import { annotations, releaseMark, serviceName } from "../../model/index.js";
import {
  carriedUpstream,
  cloneRules,
  pluginConfig,
  pluginConfigKey,
  sourceRoute,
  sourceUpstream,
} from "../../source-route/index.js";
import type { HttpRule, SourcePlugin, SourceRoute } from "../../source-route/index.js";
import type { SourceInputs } from "./inputs.js";

export type Reading =
  | {
      readonly kind: "read";
      readonly http: readonly HttpRule[];
      readonly upstream: Readonly<Record<string, unknown>>;
      readonly notes: readonly string[];
    }
  /** It is not there, and may be a moment later. */
  | { readonly kind: "missing"; readonly message: string }
  /** What is there can't be taken: one line each. */
  | { readonly kind: "refused"; readonly problems: readonly string[] }
  /** Nobody can tell now. */
  | { readonly kind: "unreachable"; readonly message: string };

const group = { group: "apisix.apache.org", version: "v2" } as const;

/** Reads the source route and the ApisixUpstream of the release's Service, and makes the release's own of them. */
export async function readSource(api: ApiServer, inputs: SourceInputs, signal: AbortSignal): Promise<Reading> {
  try {
    return await new SourceReader(api, inputs, signal).read();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof ForbiddenError || error instanceof UnexpectedError)
      return { kind: "refused", problems: [message] };
    return { kind: "unreachable", message };
  }
}

/** The object is there and is not what the API says. */
class UnexpectedError extends Error {}

const listed = z.object({ items: z.array(z.unknown()) });
const owned = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({ http: z.array(z.object({ name: z.string().default("") })).nullish() }).prefault({}),
});
type Owned = z.output<typeof owned>;

class SourceReader {
  constructor(
    private readonly api: ApiServer,
    private readonly inputs: SourceInputs,
    private readonly signal: AbortSignal,
  ) {}

  async read(): Promise<Reading> {
    const { service, namespace, source } = this.inputs;
    const [route, upstream, routes, upstreams] = await Promise.all([
      source === undefined ? undefined : this.find("apisixroutes", source, sourceRoute),
      this.find("apisixupstreams", service.name, sourceUpstream),
      this.routes(),
      this.ownUpstreams(),
    ]);
    const taken = [
      ...routes.flatMap((each) => this.nameTaken(each)),
      ...upstreams.flatMap((each) => this.nameTaken(each)),
    ];
    const collisions = this.inputs.takesOver ? [] : taken;
    const carried = carriedUpstream(service.name, upstream);
    if (source === undefined)
      return refusedOr(collisions, { kind: "read", http: [], upstream: carried.spec, notes: carried.notes });
    if (route === undefined)
      return {
        kind: "missing",
        message: `there is no ApisixRoute ${source} in namespace ${namespace}: create it first, or give the release a route of its own`,
      };
    const clone = cloneRules(route, this.inputs, await this.pluginConfigs(route));
    if (clone.kind === "refused")
      return { kind: "refused", problems: [...whoseOwn(route), ...clone.problems, ...collisions] };
    const { http } = clone;
    const shared = routes.flatMap((each) => this.splitTwice(each, http));
    const notes = [...clone.notes, ...carried.notes];
    return refusedOr([...whoseOwn(route), ...collisions, ...shared], {
      kind: "read",
      http,
      upstream: carried.spec,
      notes,
    });
  }

  private async find<T>(plural: string, name: string, schema: z.ZodType<T>, where?: string): Promise<T | undefined> {
    const { namespace } = this.inputs;
    const call = { verb: "get", ...group, plural, namespace: where ?? namespace, name } as const;
    const found = await this.api.find(call, z.unknown(), this.signal);
    if (found === undefined) return undefined;
    const parsed = schema.safeParse(found);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const at = issue === undefined || issue.path.length === 0 ? "" : `: ${z.core.toDotPath(issue.path)}`;
    throw new UnexpectedError(`${plural}.${group.group} ${name} in namespace ${where ?? namespace} can't be read${at}`);
  }

  /** Of those that this user may read: of another namespace they may be anybody's. */
  private async pluginConfigs(route: SourceRoute): Promise<ReadonlyMap<string, readonly SourcePlugin[]>> {
    const { namespace } = this.inputs;
    const keys = new Set((route.spec.http ?? []).flatMap((rule) => pluginConfigKey(namespace, rule) ?? []));
    const found = await Promise.all(
      [...keys].map(async (key) => {
        const [where = "", name = ""] = key.split("/");
        const config = await this.find("apisixpluginconfigs", name, pluginConfig, where).catch(unlessForbidden);
        return [key, config?.spec.plugins ?? []] as const;
      }),
    );
    return new Map(found);
  }

  private async ownUpstreams(): Promise<readonly Owned[]> {
    const names = (["primary", "canary"] as const).map((role) => serviceName(this.inputs.service.name, role));
    const found = await Promise.all(names.map((name) => this.find("apisixupstreams", name, owned)));
    return found.filter((each) => each !== undefined);
  }

  private async routes(): Promise<readonly Owned[]> {
    const { namespace } = this.inputs;
    const call = { verb: "list", ...group, plural: "apisixroutes", namespace } as const;
    const found = await this.api.find(call, listed, this.signal).catch(unlessForbidden);
    return (found?.items ?? []).flatMap((each) => owned.safeParse(each).data ?? []);
  }

  /** Somebody else's object under a name that the release gives. */
  private nameTaken({ metadata }: Owned): readonly string[] {
    const { routeName, service } = this.inputs;
    const { name, annotations: texts } = metadata;
    const mark = texts[annotations.release];
    // An earlier version of this package wrote no mark.
    if (mark === this.mark || (mark === undefined && texts[annotations.fence] !== undefined)) return [];
    if (name === routeName)
      return [
        `ApisixRoute ${name} exists and is not this release's, which has its weighted route under that name: delete or rename it`,
      ];
    if (name === serviceName(service.name, "primary") || name === serviceName(service.name, "canary"))
      return [
        `ApisixUpstream ${name} exists and is not this release's, which makes it of ApisixUpstream ${service.name}: delete or rename it`,
      ];
    return [];
  }

  /** Of two copies of one rule only one would serve. */
  private splitTwice({ metadata, spec }: Owned, http: readonly HttpRule[]): readonly string[] {
    const { source } = this.inputs;
    const mark = metadata.annotations[annotations.release];
    if (mark === undefined || mark === this.mark || metadata.annotations[annotations.source] !== source) return [];
    const both = http.flatMap(({ name }) =>
      spec.http?.some((each) => each.name === name) === true ? [String(name)] : [],
    );
    return both.map(
      (rule) =>
        `rule ${rule} of ApisixRoute ${source} is split by release ${mark} already: give each of them a rule of its own`,
    );
  }

  private get mark(): string {
    return releaseMark(this.inputs.namespace, this.inputs.name);
  }
}

/** A release's own route is no source: its weights move. */
function whoseOwn({ metadata }: SourceRoute): readonly string[] {
  const mark = metadata.annotations[annotations.release];
  return mark === undefined ? [] : [`ApisixRoute ${metadata.name} is the weighted route of release ${mark} itself`];
}

function refusedOr(problems: readonly string[], reading: Reading): Reading {
  return problems.length > 0 ? { kind: "refused", problems } : reading;
}
