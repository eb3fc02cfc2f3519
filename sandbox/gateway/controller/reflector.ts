// Stand-in for the APISIX ingress controller 2.2: keeps a copy of all objects of one kind.
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { KubeError } from "./kube.js";
import type { KubeApi } from "./kube.js";

const listSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  items: z.array(z.unknown()),
});
const eventSchema = z.looseObject({ type: z.string(), object: z.unknown() });
const metaSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string().default(""),
    namespace: z.string().default(""),
    resourceVersion: z.string(),
  }),
});

const RETRY_MS = 1000;
const WATCH_SECONDS = 300;

/** `namespace/name`. */
export function objectKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** Lists and watches one kind of object. */
export class Reflector<T> {
  readonly #client: KubeApi;
  readonly #path: string;
  readonly #schema: z.ZodType<T>;
  readonly #changed: (key: string, before: T | undefined, after: T | undefined) => void;
  readonly #objects = new Map<string, T>();
  #version = "";
  #synced = false;
  #problem: string | undefined;

  /** `path` is the list path; `changed` hears of every change, also of the first list. */
  constructor(
    client: KubeApi,
    path: string,
    schema: z.ZodType<T>,
    changed: (key: string, before: T | undefined, after: T | undefined) => void,
  ) {
    this.#client = client;
    this.#path = path;
    this.#schema = schema;
    this.#changed = changed;
  }

  /** True once the first list is in. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Why the copy is not up to date at the moment, if it isn't. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(objectKey(namespace, name));
  }

  all(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** Runs until the process ends; problems are logged and tried again. */
  async run(): Promise<never> {
    for (;;) {
      try {
        await this.#list();
        this.#synced = true;
        this.#problem = undefined;
        await this.#watchOn();
      } catch (error) {
        if (!(error instanceof KubeError && error.status === 410)) {
          this.#problem = error instanceof Error ? error.message : String(error);
          console.error(`failed to watch ${this.#path}: ${this.#problem}`);
          await sleep(RETRY_MS, undefined, { ref: false });
        }
      }
    }
  }

  async #list(): Promise<void> {
    const list = listSchema.parse(await this.#client.json("GET", this.#path));
    list.items.forEach((item) => {
      this.#decode(item);
    });
    const present = new Set<string>();
    for (const item of list.items) {
      present.add(this.#store(item));
    }
    for (const [key, before] of [...this.#objects]) {
      if (!present.has(key)) {
        this.#objects.delete(key);
        this.#changed(key, before, undefined);
      }
    }
    this.#version = list.metadata.resourceVersion;
  }

  async #watchOn(): Promise<void> {
    for (;;) {
      const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${String(WATCH_SECONDS)}&resourceVersion=${this.#version}`;
      const stream = await this.#client.stream(`${this.#path}?${query}`);
      let rest = "";
      for await (const chunk of stream) {
        const lines = `${rest}${String(chunk)}`.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          this.#event(JSON.parse(line));
        }
      }
    }
  }

  #event(line: unknown): void {
    const { type, object } = eventSchema.parse(line);
    if (type === "ERROR") {
      const status = z.looseObject({ code: z.number().default(500), message: z.string().default("") }).parse(object);
      throw new KubeError(status.code, status.message);
    }
    const { metadata } = metaSchema.parse(object);
    if (type === "DELETED") {
      const key = objectKey(metadata.namespace, metadata.name);
      const before = this.#objects.get(key);
      this.#objects.delete(key);
      this.#changed(key, before, undefined);
    } else if (type !== "BOOKMARK") {
      this.#store(object);
    }
    this.#version = metadata.resourceVersion;
  }

  #store(object: unknown): string {
    const { metadata } = metaSchema.parse(object);
    const key = objectKey(metadata.namespace, metadata.name);
    const decoded = this.#decode(object);
    if (decoded === undefined) {
      return key;
    }
    const before = this.#objects.get(key);
    this.#objects.set(key, decoded);
    this.#changed(key, before, decoded);
    return key;
  }

  /**
   * The object as its kind; undefined, and a line in the log, for one that is none. Throws for a time that can't be
   * read: the real one then reads no object of that kind any more, until the bad one is gone.
   */
  #decode(object: unknown): T | undefined {
    const parsed = this.#schema.safeParse(object);
    if (parsed.success) {
      return parsed.data;
    }
    const problem = parsed.error.issues[0]?.message ?? "invalid";
    if (problem.startsWith("time: ")) {
      throw new Error(problem);
    }
    const { name, namespace } = metaSchema.parse(object).metadata;
    console.error(`can't read ${this.#path} ${objectKey(namespace, name)}: ${problem}`);
    return undefined;
  }
}
