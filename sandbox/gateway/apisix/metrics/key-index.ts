// Stand-in for Apache APISIX 3.17: the list of metric names that its Prometheus library keeps in the dictionary.
import type { SharedDict } from "./shared-dict.js";

const SLOT = "__ngx_prom__key_";
const COUNT = "__ngx_prom__key_count";

/** Which keys of the dictionary are metrics. Each takes an entry of its own, beside the metric's. */
export class KeyIndex {
  readonly #dict: SharedDict;
  readonly #slots = new Map<string, number>();
  #sorted: readonly string[] | undefined;

  constructor(dict: SharedDict) {
    this.#dict = dict;
  }

  /**
   * Adds keys one after the other; the text says why it stopped. The first one that finds room only by throwing
   * others out is the last one added: a histogram may so lack its later buckets, `+Inf` among them, for good.
   */
  add(keys: readonly string[], ttlSeconds: number): string | undefined {
    for (const key of keys) {
      const slot = this.#slots.get(key);
      if (slot !== undefined && (ttlSeconds === 0 || this.#dict.expire(`${SLOT}${String(slot)}`, ttlSeconds))) {
        continue;
      }
      this.#slots.delete(key);
      const problem = this.#addNew(key, ttlSeconds);
      if (problem !== undefined) {
        return problem;
      }
    }
    return undefined;
  }

  /** All keys in the order of the page. */
  sorted(): readonly string[] {
    this.#sorted ??= [...this.#slots.keys()].sort();
    return this.#sorted;
  }

  #addNew(key: string, ttlSeconds: number): string | undefined {
    for (;;) {
      const slot = this.#dict.number(COUNT) + 1;
      const written = this.#dict.add(`${SLOT}${String(slot)}`, key, ttlSeconds);
      if (written === "no memory") {
        return "no memory";
      }
      const counted = this.#dict.increment(COUNT, 1);
      if (written === "exists") {
        // The count itself was thrown out and starts again below slots that are taken.
        continue;
      }
      this.#slots.set(key, slot);
      this.#sorted = undefined;
      return written === "stored" && counted === "stored" ? undefined : "older entries were thrown out";
    }
  }
}
