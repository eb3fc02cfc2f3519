import type { Answer, Api, Method } from "../../../release/watchdog/api.js";

type Json = Record<string, unknown>;

/** An API server in memory: objects by path, resource versions, merge and JSON patches with tests. */
export class FakeApi {
  readonly objects = new Map<string, Json>();
  readonly writes: string[] = [];
  /** Called before each request; may throw (no answer) or change objects (somebody else at work). */
  before: (method: Method, path: string) => void = () => undefined;
  #version = 100;

  put(path: string, object: Json): void {
    this.objects.set(path, { ...object, metadata: { ...(object["metadata"] as Json), ...this.#next() } });
  }

  get(path: string): Json {
    const found = this.objects.get(path);
    if (found === undefined) throw new Error(`no ${path}`);
    return found;
  }

  readonly api: Api = (method, path, body) => {
    try {
      this.before(method, path);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error("no answer"));
    }
    if (method !== "GET") this.writes.push(`${method} ${path}`);
    return Promise.resolve(structuredClone(this.#answer(method, path.split("?")[0] ?? "", body)));
  };

  #answer(method: Method, path: string, body: unknown): Answer {
    if (method === "GET") return this.#read(path);
    if (method === "POST") return this.#create(path, body as Json);
    const target = path.replace(/\/status$/, "");
    const object = this.objects.get(target);
    if (object === undefined) return { status: 404, body: {} };
    if (method === "JSON") return this.#jsonPatch(target, object, body as readonly Json[]);
    const given = ((body as Json)["metadata"] as Json | undefined)?.["resourceVersion"];
    if (given !== undefined && given !== (object["metadata"] as Json)["resourceVersion"])
      return { status: 409, body: {} };
    const next = method === "PUT" ? (body as Json) : (merge(object, body) as Json);
    this.put(target, next);
    return { status: 200, body: next };
  }

  #read(path: string): Answer {
    const found = this.objects.get(path);
    if (found !== undefined) return { status: 200, body: found };
    const last = path.split("/").at(-1) ?? "";
    if (!["canaryreleases", "endpointslices"].includes(last)) return { status: 404, body: {} };
    const items = [...this.objects].filter(([key]) => key.includes(`/${last}/`)).map(([, object]) => object);
    return { status: 200, body: { items } };
  }

  #create(path: string, body: Json): Answer {
    const key = `${path}/${String((body["metadata"] as Json)["name"])}`;
    if (this.objects.has(key)) return { status: 409, body: {} };
    this.put(key, body);
    return { status: 201, body };
  }

  #jsonPatch(path: string, object: Json, operations: readonly Json[]): Answer {
    const next = structuredClone(object);
    for (const { op, path: pointer, value } of operations) {
      const parts = String(pointer)
        .slice(1)
        .split("/")
        .map((part) => part.replace(/~1/g, "/"));
      const last = parts.pop() ?? "";
      const parent = parts.reduce<unknown>((inner, part) => Reflect.get(Object(inner) as object, part), next) as Json;
      if (parent === undefined) return { status: 422, body: {} };
      if (op === "test" && parent[last] !== value) return { status: 422, body: {} };
      if (op === "add") parent[last] = value;
      if (op === "remove") delete parent[last];
    }
    this.put(path, next);
    return { status: 200, body: next };
  }

  #next(): Json {
    return { resourceVersion: String((this.#version += 1)) };
  }
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Json = typeof target === "object" && target !== null ? { ...(target as Json) } : {};
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  return result;
}
