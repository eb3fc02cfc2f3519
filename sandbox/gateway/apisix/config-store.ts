// Stand-in for Apache APISIX 3.17: holds the pushed configuration, in memory only.
import { checkConfig } from "./check.js";
import { Compiler } from "./compile.js";
import type { Routing } from "./compile.js";
import { RESOURCE_KINDS } from "./model.js";

/** What became of a push: stored, or the same as before. */
export type PushOutcome = "stored" | "unchanged";

/** The configuration of one gateway. A new gateway has none. */
export class ConfigStore {
  readonly #enabledPlugins: ReadonlySet<string>;
  readonly #compiler: Compiler;
  readonly #apply: (routing: Routing) => void;
  #current: { readonly shown: Readonly<Record<string, unknown>>; readonly digest: string } | undefined;

  constructor(enabledPlugins: ReadonlySet<string>, apply: (routing: Routing) => void) {
    this.#enabledPlugins = enabledPlugins;
    this.#compiler = new Compiler(enabledPlugins);
    this.#apply = apply;
  }

  get received(): boolean {
    return this.#current !== undefined;
  }

  get digest(): string | undefined {
    return this.#current?.digest;
  }

  get modifiedAt(): string | undefined {
    const value = this.#current?.shown["X-Last-Modified"];
    return typeof value === "number" ? String(value) : undefined;
  }

  /** What `GET /apisix/admin/configs` shows. */
  shown(): Readonly<Record<string, unknown>> {
    return this.#current?.shown ?? Object.fromEntries(RESOURCE_KINDS.map((kind) => [`${kind}_conf_version`, 0]));
  }

  /** Throws RefusedConfig; the old configuration goes on then. */
  validate(body: unknown): void {
    checkConfig(body, this.#enabledPlugins);
  }

  /** Puts a configuration into force. Throws RefusedConfig; the old one goes on then. */
  push(body: unknown, digest: string): PushOutcome {
    if (this.#current?.digest === digest) {
      return "unchanged";
    }
    const checked = checkConfig(body, this.#enabledPlugins);
    this.#apply(this.#compiler.compile(checked));
    const given = new Map<string, unknown>(typeof body === "object" && body !== null ? Object.entries(body) : []);
    const kept = RESOURCE_KINDS.filter((kind) => given.has(kind)).map((kind) => [kind, given.get(kind)] as const);
    const versions = RESOURCE_KINDS.map((kind) => [`${kind}_conf_version`, this.#version(kind) + 1] as const);
    const metadata: (readonly [string, unknown])[] = [
      ["X-Last-Modified", Math.floor(Date.now() / 1000)],
      ["X-Digest", digest],
    ];
    const shown: Record<string, unknown> = Object.fromEntries<unknown>([...kept, ...versions, ...metadata]);
    this.#current = { shown, digest };
    return "stored";
  }

  #version(kind: string): number {
    const version = this.#current?.shown[`${kind}_conf_version`];
    return typeof version === "number" ? version : 0;
  }
}
