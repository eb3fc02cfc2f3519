// Stand-in for Apache APISIX 3.17: the deterministic weighted round robin.

/** An item and its weight. */
export interface Weighted<T> {
  readonly value: T;
  readonly weight: number;
}

interface Cursor {
  index: number;
  threshold: number;
}

/**
 * Picks one of several items in proportion to their weights, in a cycle that each worker goes through on its own.
 * The light ones come late in it: of 90/10 the 8th or 9th request and then every 10th, of 999/1 about the 999th.
 * Where in the cycle a worker begins is random.
 */
export class WeightedRoundRobin<T> {
  /** The first item comes last, as the real one's table happens to have them. */
  readonly #items: readonly Weighted<T>[];
  readonly #step: number;
  readonly #highest: number;
  readonly #cursors: Cursor[] = [];
  readonly #random: () => number;

  constructor(items: readonly Weighted<T>[], random: () => number = Math.random) {
    this.#items = [...items.slice(1), ...items.slice(0, 1)];
    const weights = this.#items.map(({ weight }) => weight);
    this.#step = weights.reduce(greatestCommonDivisor, 0);
    this.#highest = Math.max(0, ...weights);
    this.#random = random;
  }

  /** How many items there are. */
  get size(): number {
    return this.#items.length;
  }

  /** The next item of a worker; undefined when there is none. Weight 0 is picked only where all have it. */
  next(worker = 0): T | undefined {
    if (this.#items.length <= 1) {
      return this.#items[0]?.value;
    }
    const cursor = this.#cursor(worker);
    for (;;) {
      cursor.index += 1;
      if (cursor.index >= this.#items.length) {
        cursor.index = 0;
        cursor.threshold -= this.#step;
        if (cursor.threshold <= 0) {
          cursor.threshold = this.#highest;
        }
      }
      const item = this.#items[cursor.index];
      if (item !== undefined && item.weight >= cursor.threshold) {
        return item.value;
      }
    }
  }

  #cursor(worker: number): Cursor {
    const known = this.#cursors[worker];
    if (known !== undefined) {
      return known;
    }
    const made = { index: Math.floor(this.#random() * this.#items.length), threshold: this.#highest };
    this.#cursors[worker] = made;
    return made;
  }
}

/**
 * Remembers round robins over reloads: a configuration that leaves the items and weights of one alone
 * does not restart it, one that changes them starts it anew.
 */
export class RoundRobinMemory<T> {
  readonly #random: () => number;
  #previous = new Map<string, Remembered<T>>();
  #current = new Map<string, Remembered<T>>();

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Starts a new configuration. */
  begin(): void {
    this.#previous = this.#current;
    this.#current = new Map();
  }

  /** The round robin of `key`, new if its items differ from last time. */
  robin(key: string, items: readonly Weighted<T>[]): WeightedRoundRobin<T> {
    const signature = JSON.stringify(items);
    const known = this.#current.get(key) ?? this.#previous.get(key);
    const robin = known?.signature === signature ? known.robin : new WeightedRoundRobin(items, this.#random);
    this.#current.set(key, { signature, robin });
    return robin;
  }
}

interface Remembered<T> {
  readonly signature: string;
  readonly robin: WeightedRoundRobin<T>;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
