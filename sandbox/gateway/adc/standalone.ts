// Stand-in for ADC 0.27: brings gateways without etcd to a configuration, and remembers what it sent them.
import { createHash } from "node:crypto";
import { z } from "zod";
import { ask, errorMsg, GatewayError, parseObject } from "./gateways.js";
import type { Resources, SyncResult, Task, ValidateResult } from "./protocol.js";

const CONFIGS = "/apisix/admin/configs";

/** ADC knows these; what a gateway has of other kinds stays. */
const KINDS = ["routes", "services", "upstreams", "global_rules", "plugin_metadata", "ssls"] as const;

type Raw = Readonly<Record<string, unknown>>;

interface Remembered {
  readonly raw: Raw;
  readonly latestVersion: number;
}

/** ADC in the mode `apisix-standalone`. */
export class Standalone {
  readonly #remembered = new Map<string, Remembered>();
  readonly #askedVersion = new Set<string>();
  readonly #parallel: boolean;
  readonly #now: () => number;

  /** Without `parallel`, gateways are served one after the other. */
  constructor(parallel: boolean, now: () => number = Date.now) {
    this.#parallel = parallel;
    this.#now = now;
  }

  /**
   * Puts the configuration into every gateway. Only kinds of resources that differ from what was sent before get a
   * new version. Throws GatewayError when it must read from a gateway first, and one can't be read.
   */
  async sync({ opts, config }: Task): Promise<SyncResult> {
    const { server: servers, token, cacheKey } = opts;
    if (opts.bypassCache) {
      this.#remembered.delete(cacheKey);
    }
    await this.#checkVersion(servers[0] ?? "", cacheKey);
    const before = this.#remembered.get(cacheKey) ?? (await this.#read(servers, token));
    this.#remembered.set(cacheKey, before);
    const version = Math.max(this.#now(), before.latestVersion + 1);
    const raw = changed(before.raw, config, version);
    const body = JSON.stringify(raw);
    const headers = { "X-Digest": createHash("sha1").update(body).digest("hex") };
    const put = async (server: string): Promise<SyncResult["endpoint_status"][number]> => {
      try {
        await ask({ method: "PUT", server, path: CONFIGS, token, headers, body });
        this.#remembered.set(cacheKey, { raw, latestVersion: version });
        return { server, success: true };
      } catch (error) {
        return { server, success: false, reason: error instanceof Error ? error.message : String(error) };
      }
    };
    return summary(this.#parallel ? await Promise.all(servers.map(put)) : await oneByOne(servers, put));
  }

  /** Asks the first gateway. Throws GatewayError when it can't be asked. */
  async validate({ opts, config }: Task): Promise<ValidateResult> {
    const [server = ""] = opts.server;
    try {
      const body = JSON.stringify(config);
      await ask({ method: "POST", server, path: `${CONFIGS}/validate`, token: opts.token, body });
      return { success: true, errors: [] };
    } catch (error) {
      if (!(error instanceof GatewayError) || error.answer?.status !== 400) {
        throw error;
      }
      const found = parseObject(error.answer.body)?.["errors"];
      const errors = (Array.isArray(found) ? found : []).map((entry: unknown) => withName(entry, config));
      return { success: false, message: errorMsg(error.answer.body) ?? "", errors };
    }
  }

  async #checkVersion(server: string, cacheKey: string): Promise<void> {
    if (!this.#askedVersion.has(cacheKey)) {
      await ask({ method: "HEAD", server, path: "/apisix/admin" });
      this.#askedVersion.add(cacheKey);
    }
  }

  /** What the gateway has that was written to last; all of them are asked which one that is. */
  async #read(servers: readonly string[], token: string): Promise<Remembered> {
    const ages = await Promise.all(
      servers.map(async (server) => {
        const { headers } = await ask({ method: "HEAD", server, path: CONFIGS, token });
        return { server, at: Number(headers["x-last-modified"] ?? 0) };
      }),
    );
    const latest = ages.reduce((best, each) => (each.at > best.at ? each : best));
    const { body } = await ask({ method: "GET", server: latest.server, path: CONFIGS, token });
    const { "X-Last-Modified": _at, "X-Digest": _digest, ...raw } = parseObject(body) ?? {};
    const versions = Object.entries(raw).filter(([key]) => key.endsWith("_conf_version"));
    return { raw, latestVersion: Math.max(0, ...versions.map(([, value]) => Number(value))) };
  }
}

/** The configuration with a new version for the kinds that differ, and for the resources in them that do. */
function changed(before: Raw, config: Resources, version: number): Raw {
  const result: Record<string, unknown> = { ...before };
  for (const kind of KINDS) {
    const items = config[kind] ?? [];
    const old = new Map(list(before[kind]).map((item) => [item["id"], item]));
    const merged = items.map((item) => {
      const known = old.get(item["id"]);
      const same = known !== undefined && JSON.stringify({ ...known, modifiedIndex: 0 }) === plain(item);
      return same ? known : { ...item, modifiedIndex: version };
    });
    if (merged.length !== old.size || merged.some((item) => item["modifiedIndex"] === version)) {
      result[kind] = merged;
      result[`${kind}_conf_version`] = version;
    }
  }
  return result;
}

function plain(item: Raw): string {
  return JSON.stringify({ ...item, modifiedIndex: 0 });
}

const resources = z.array(z.looseObject({}));
const problem = z.looseObject({ resource_type: z.string().default(""), index: z.number().default(0) });

function list(value: unknown): readonly Raw[] {
  return resources.safeParse(value).data ?? [];
}

function withName(entry: unknown, config: Resources): z.infer<typeof problem> & { resource_name?: string } {
  const parsed = problem.parse(entry);
  const name = config[parsed.resource_type]?.[parsed.index]?.["name"];
  return { ...parsed, ...(typeof name === "string" ? { resource_name: name } : {}) };
}

function summary(endpoints: SyncResult["endpoint_status"]): SyncResult {
  const failed = endpoints.filter(({ success }) => !success).length;
  return {
    status: failed === 0 ? "success" : failed === endpoints.length ? "all_failed" : "partial_failure",
    success_count: endpoints.length - failed,
    failed_count: failed,
    endpoint_status: endpoints,
  };
}

async function oneByOne<A, B>(values: readonly A[], act: (value: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (const value of values) {
    results.push(await act(value));
  }
  return results;
}
