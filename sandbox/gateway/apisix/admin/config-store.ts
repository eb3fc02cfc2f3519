// Stand-in for Apache APISIX 3.17: holds the pushed configuration, in memory only.
import { CONFIG } from "../metrics/dictionaries.js";
import { SharedDict } from "../metrics/shared-dict.js";
import { Compiler } from "../routing/compile.js";
import type { Routing } from "../routing/compile.js";
import { checkConfig, problemsOf, RefusedConfig } from "./check.js";
import type { Problem } from "./check.js";
import { RESOURCE_KINDS } from "./model.js";
import type { ResourceKind } from "./model.js";

const DICTIONARY_BYTES = 10 * 1024 * 1024;

/** What became of a push: stored, or the same as before. */
export type PushOutcome = "stored" | "unchanged";

interface Stored {
  readonly shown: Readonly<Record<string, unknown>>;
  readonly digest: string;
  readonly modifiedAt: number;
}

/** The configuration of one gateway. A new gateway has none. */
export class ConfigStore {
  readonly #enabledPlugins: ReadonlySet<string>;
  readonly #compiler: Compiler;
  readonly #apply: (routing: Routing) => void;
  readonly #delayMs: () => number;
  /** Where the configuration is kept for the workers; only its size matters here. */
  readonly dictionary = new SharedDict(CONFIG, DICTIONARY_BYTES, Date.now);
  #current: Stored | undefined;
  #applied: string | undefined;

  /**
   * `apply` puts a configuration into force. It is called `delayMs` milliseconds after a push was answered: the
   * workers hear of it only then. 0 calls it before.
   */
  constructor(
    enabledPlugins: ReadonlySet<string>,
    apply: (routing: Routing) => void,
    {
      delayMs = () => 0,
      compiler = new Compiler(enabledPlugins),
    }: { delayMs?: () => number; compiler?: Compiler } = {},
  ) {
    this.#enabledPlugins = enabledPlugins;
    this.#compiler = compiler;
    this.#apply = apply;
    this.#delayMs = delayMs;
  }

  get received(): boolean {
    return this.#current !== undefined;
  }

  /** Whether the workers have got a configuration. */
  get applied(): boolean {
    return this.#applied !== undefined;
  }

  get digest(): string | undefined {
    return this.#current?.digest;
  }

  get modifiedAt(): string | undefined {
    return this.#current === undefined ? undefined : String(this.#current.modifiedAt);
  }

  /** What `GET /apisix/admin/configs` shows. */
  shown(): Readonly<Record<string, unknown>> {
    return this.#current?.shown ?? Object.fromEntries(RESOURCE_KINDS.map((kind) => [versionKey(kind), 0]));
  }

  /** Everything that is wrong with a configuration. Throws RefusedConfig for something that is none. */
  validate(body: unknown): readonly Problem[] {
    return problemsOf(body, this.#enabledPlugins);
  }

  /**
   * Puts a configuration into force. Kinds whose `…_conf_version` is the one that is in force already are not
   * taken from the body. Throws RefusedConfig; the old configuration goes on then.
   */
  push(body: unknown, digest: string): PushOutcome {
    if (this.#current?.digest === digest) {
      return "unchanged";
    }
    checkConfig(body, this.#enabledPlugins);
    const given = new Map<string, unknown>(typeof body === "object" && body !== null ? Object.entries(body) : []);
    const modifiedAt = Math.floor(Date.now() / 1000);
    const shown: Record<string, unknown> = {};
    for (const kind of RESOURCE_KINDS) {
      Object.assign(shown, this.#merged(kind, given));
    }
    Object.assign(shown, { "X-Last-Modified": modifiedAt, "X-Digest": digest });
    this.dictionary.set("config", JSON.stringify(shown));
    this.#current = { shown, digest, modifiedAt };
    this.#enforce();
    return "stored";
  }

  #merged(kind: ResourceKind, given: ReadonlyMap<string, unknown>): Record<string, unknown> {
    const key = versionKey(kind);
    const version = this.#version(kind);
    const asked = given.get(key) ?? version + 1;
    if (typeof asked !== "number") {
      throw new RefusedConfig(`${key} must be a number`);
    }
    if (asked < version) {
      throw new RefusedConfig(`${key} must be greater than or equal to (${String(version)})`);
    }
    const items = asked === version ? this.#current?.shown[kind] : given.get(kind);
    const some = Array.isArray(items) && items.length > 0;
    return { [key]: asked, ...(some ? { [kind]: items } : {}) };
  }

  #enforce(): void {
    const delay = this.#delayMs();
    const latest = (): void => {
      const current = this.#current;
      if (current !== undefined && this.#applied !== current.digest) {
        this.#applied = current.digest;
        this.#apply(this.#compiler.compile(checkConfig(current.shown, this.#enabledPlugins)));
      }
    };
    if (delay <= 0) {
      latest();
    } else {
      setTimeout(latest, delay);
    }
  }

  #version(kind: ResourceKind): number {
    const version = this.#current?.shown[versionKey(kind)];
    return typeof version === "number" ? version : 0;
  }
}

function versionKey(kind: ResourceKind): string {
  return `${kind}_conf_version`;
}
