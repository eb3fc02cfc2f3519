import type { Adc, AdcAnswer } from "../../../sandbox/gateway/controller/adc-client.js";
import { KubeError } from "../../../sandbox/gateway/controller/kube.js";
import type { KubeApi } from "../../../sandbox/gateway/controller/kube.js";
import { inputSchema } from "../../../sandbox/gateway/adc/protocol.js";
import type { Input, Resources } from "../../../sandbox/gateway/adc/protocol.js";

interface Item {
  metadata: {
    name: string;
    namespace?: string;
    generation?: number;
    resourceVersion?: string;
    labels?: Record<string, string>;
  };
  spec?: unknown;
  status?: unknown;
  [key: string]: unknown;
}

/** An API server in memory: lists, watches, and status updates. */
export class FakeCluster implements KubeApi {
  readonly #lists = new Map<string, Map<string, Item>>();
  readonly #watchers = new Map<string, ((line: string) => void)[]>();
  readonly forbidden = new Set<string>();
  /** Every status that was written, in order. */
  readonly statuses: { readonly name: string; readonly status: unknown; readonly at: number }[] = [];
  #version = 1;

  /** `list` is the cluster-wide path, `/apis/apisix.apache.org/v2/apisixroutes`. */
  put(list: string, item: Item): void {
    const items = this.#lists.get(list) ?? new Map<string, Item>();
    const key = `${item.metadata.namespace ?? ""}/${item.metadata.name}`;
    const before = items.get(key);
    const changed = JSON.stringify(before?.spec) !== JSON.stringify(item.spec);
    const generation = (before?.metadata.generation ?? 0) + (changed ? 1 : 0);
    this.#version += 1;
    const metadata = { ...item.metadata, generation, resourceVersion: String(this.#version) };
    const stored = { ...item, metadata, status: item.status ?? before?.status };
    items.set(key, stored);
    this.#lists.set(list, items);
    this.#tell(list, before === undefined ? "ADDED" : "MODIFIED", stored);
  }

  remove(list: string, namespace: string, name: string): void {
    const item = this.#lists.get(list)?.get(`${namespace}/${name}`);
    this.#lists.get(list)?.delete(`${namespace}/${name}`);
    if (item !== undefined) {
      this.#tell(list, "DELETED", item);
    }
  }

  item(list: string, namespace: string, name: string): Item | undefined {
    return this.#lists.get(list)?.get(`${namespace}/${name}`);
  }

  json(method: string, path: string, body?: unknown): Promise<unknown> {
    const [bare = ""] = path.split("?");
    if (this.forbidden.has(bare)) {
      return Promise.reject(new KubeError(403, `${bare} is forbidden`));
    }
    const single = /^(.*)\/namespaces\/([^/]+)\/([^/]+)\/([^/]+)(\/status)?$/.exec(bare);
    if (single === null) {
      const items = [...(this.#lists.get(bare)?.values() ?? [])];
      return Promise.resolve({ metadata: { resourceVersion: String(this.#version) }, items });
    }
    const [, group = "", namespace = "", plural = "", name = ""] = single;
    const list = `${group}/${plural}`;
    const item = this.item(list, namespace, name);
    if (item === undefined) {
      return Promise.reject(new KubeError(404, "not found"));
    }
    if (method === "PUT" && typeof body === "object" && body !== null && "status" in body) {
      this.statuses.push({ name, status: body.status, at: performance.now() });
      this.put(list, { ...item, status: body.status });
    }
    return Promise.resolve(this.item(list, namespace, name));
  }

  stream(path: string): Promise<AsyncIterable<unknown>> {
    const [list = ""] = path.split("?");
    const queue: string[] = [];
    let wake: (() => void) | undefined;
    const watchers = this.#watchers.get(list) ?? [];
    watchers.push((line) => {
      queue.push(line);
      wake?.();
    });
    this.#watchers.set(list, watchers);
    async function* lines(): AsyncIterable<unknown> {
      for (;;) {
        const line = queue.shift();
        if (line === undefined) {
          await new Promise<void>((resolve) => (wake = resolve));
        } else {
          yield line;
        }
      }
    }
    return Promise.resolve(lines());
  }

  #tell(list: string, type: string, object: Item): void {
    this.#watchers.get(list)?.forEach((watcher) => {
      watcher(`${JSON.stringify({ type, object })}\n`);
    });
  }
}

/** What the gateways say to a push: taken, or why not. */
export type Outcome = { readonly kind: "accepted" } | { readonly kind: "failed"; readonly reason: string };

interface Pushed {
  readonly servers: readonly string[];
  readonly token: string;
  readonly bypassCache: boolean;
  readonly config: Resources;
}

/** Records what is pushed, and answers as told. */
export class FakeAdc implements Adc {
  readonly tasks: Pushed[] = [];
  readonly validations: Pushed[] = [];
  outcome: Outcome = { kind: "accepted" };
  /** The answer to validations, status and JSON. */
  validation: AdcAnswer = { status: 200, body: '{"success":true,"errors":[]}' };

  ask(action: "sync" | "validate", { task: { opts, config } }: Input): Promise<AdcAnswer> {
    const pushed = { servers: opts.server, token: opts.token, bypassCache: opts.bypassCache === true, config };
    if (action === "validate") {
      this.validations.push(pushed);
      return Promise.resolve(this.validation);
    }
    this.tasks.push(pushed);
    const { outcome } = this;
    const problem = inputSchema.safeParse({ task: { opts, config } }).error;
    if (problem !== undefined) {
      return Promise.resolve({ status: 400, body: JSON.stringify({ message: problem.message }) });
    }
    const endpoints = opts.server.map((server) =>
      outcome.kind === "accepted" ? { server, success: true } : { server, success: false, reason: outcome.reason },
    );
    const failed = endpoints.filter(({ success }) => !success).length;
    const body = {
      status: failed === 0 ? "success" : "all_failed",
      success_count: endpoints.length - failed,
      failed_count: failed,
      endpoint_status: endpoints,
    };
    return Promise.resolve({ status: 202, body: JSON.stringify(body) });
  }
}
