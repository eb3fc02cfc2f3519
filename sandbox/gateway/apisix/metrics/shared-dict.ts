// Stand-in for Apache APISIX 3.17: one of nginx's shared dictionaries, which throws old things out when it is full.
import { Slab } from "./slab.js";
import type { Chunk } from "./slab.js";

/** Bytes of an entry besides its key and value. */
const ENTRY_BYTES = 68;
const NUMBER_BYTES = 8;
/** So many old entries are thrown out for one new entry before it is given up. */
const EVICTIONS = 30;
/** So many expired entries at the old end are cleared by every write. */
const PASSIVE_EXPIRIES = 2;

type Value = string | number;

interface Entry {
  readonly key: string;
  value: Value;
  /** 0: never. */
  expiresAt: number;
  readonly chunk: Chunk;
  /** Neighbours in the order of use. */
  older: Entry | undefined;
  newer: Entry | undefined;
}

/** What became of a write: done, done at the cost of older entries, or not done. */
export type Written = "stored" | "stored by eviction" | "exists" | "no memory";

/** Keys and values in order of use; the least used go first when room is wanted. */
export class SharedDict {
  readonly #slab: Slab;
  readonly #entries = new Map<string, Entry>();
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  readonly #now: () => number;

  /** `now` in milliseconds. */
  constructor(name: string, capacityBytes: number, now: () => number) {
    this.#slab = new Slab(name, capacityBytes);
    this.#now = now;
  }

  get capacityBytes(): number {
    return this.#slab.capacityBytes;
  }

  get freeBytes(): number {
    return this.#slab.freeBytes;
  }

  /** Reading counts as use. An expired entry is as good as none, though it still takes its room. */
  get(key: string): Value | undefined {
    return this.#live(key)?.value;
  }

  number(key: string): number {
    const value = this.get(key);
    return typeof value === "number" ? value : 0;
  }

  /** Stores a new entry; an existing one stays as it is. `ttlSeconds` 0 keeps it for ever. */
  add(key: string, value: Value, ttlSeconds = 0): Written {
    this.#clearExpired();
    return this.#live(key) === undefined ? this.#store(key, value, ttlSeconds) : "exists";
  }

  set(key: string, value: Value, ttlSeconds = 0): Written {
    this.#clearExpired();
    const known = this.#live(key);
    if (known !== undefined && sizeOf(known.value) === sizeOf(value)) {
      known.value = value;
      known.expiresAt = this.#expiry(ttlSeconds);
      return "stored";
    }
    return this.#store(key, value, ttlSeconds);
  }

  /** Adds to a number; one that isn't there starts from 0. */
  increment(key: string, by: number): Written {
    this.#clearExpired();
    const known = this.#live(key);
    if (known === undefined) {
      return this.#store(key, by, 0);
    }
    known.value = (typeof known.value === "number" ? known.value : 0) + by;
    return "stored";
  }

  /** False when there is no such entry. */
  expire(key: string, ttlSeconds: number): boolean {
    const known = this.#live(key);
    if (known === undefined) {
      return false;
    }
    known.expiresAt = this.#expiry(ttlSeconds);
    return true;
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#expired(entry)) {
      return undefined;
    }
    if (entry !== this.#newest) {
      this.#unlink(entry);
      this.#append(entry);
    }
    return entry;
  }

  #store(key: string, value: Value, ttlSeconds: number): Written {
    this.#remove(key);
    const bytes = ENTRY_BYTES + Buffer.byteLength(key) + sizeOf(value);
    let chunk = this.#slab.allocate(bytes);
    let evicted = 0;
    while (chunk === undefined && evicted < EVICTIONS && this.#evictOldest()) {
      evicted += 1;
      chunk = this.#slab.allocate(bytes);
    }
    if (chunk === undefined) {
      return "no memory";
    }
    const expiresAt = this.#expiry(ttlSeconds);
    const entry: Entry = { key, value, expiresAt, chunk, older: undefined, newer: undefined };
    this.#entries.set(key, entry);
    this.#append(entry);
    return evicted > 0 ? "stored by eviction" : "stored";
  }

  #evictOldest(): boolean {
    const oldest = this.#oldest;
    if (oldest === undefined) {
      return false;
    }
    this.#remove(oldest.key);
    return true;
  }

  /** Stops at the first entry that is still good: what expires behind one that never does keeps its room. */
  #clearExpired(): void {
    for (let i = 0; i < PASSIVE_EXPIRIES; i += 1) {
      const oldest = this.#oldest;
      if (oldest === undefined || !this.#expired(oldest)) {
        return;
      }
      this.#remove(oldest.key);
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#entries.delete(key);
      this.#unlink(entry);
      this.#slab.release(entry.chunk);
    }
  }

  #append(entry: Entry): void {
    entry.older = this.#newest;
    if (this.#newest !== undefined) {
      this.#newest.newer = entry;
    }
    this.#newest = entry;
    this.#oldest ??= entry;
  }

  #unlink(entry: Entry): void {
    const { older, newer } = entry;
    if (older === undefined) {
      this.#oldest = newer;
    } else {
      older.newer = newer;
    }
    if (newer === undefined) {
      this.#newest = older;
    } else {
      newer.older = older;
    }
    entry.older = undefined;
    entry.newer = undefined;
  }

  #expired(entry: Entry): boolean {
    return entry.expiresAt !== 0 && entry.expiresAt <= this.#now();
  }

  #expiry(ttlSeconds: number): number {
    return ttlSeconds > 0 ? this.#now() + ttlSeconds * 1000 : 0;
  }
}

function sizeOf(value: Value): number {
  return typeof value === "number" ? NUMBER_BYTES : Buffer.byteLength(value);
}
