// Stand-in for Apache APISIX 3.17: the deterministic weighted round robin.

/**
 * Picks one of several items in proportion to their weights, always in the same order and the heaviest first:
 * 90/10 gives nine times the first, then once the second. Weights of 0 are never picked, unless all are 0.
 */
export class WeightedRoundRobin<T> {
  readonly #items: readonly { readonly value: T; readonly weight: number }[];
  readonly #step: number;
  readonly #highest: number;
  #index = -1;
  #threshold: number;

  constructor(items: readonly { readonly value: T; readonly weight: number }[]) {
    const positive = items.filter((item) => item.weight > 0);
    this.#items = positive.length > 0 ? positive : items.map((item) => ({ value: item.value, weight: 1 }));
    const weights = this.#items.map((item) => item.weight);
    this.#step = weights.reduce(greatestCommonDivisor, 0);
    this.#highest = Math.max(0, ...weights);
    this.#threshold = this.#highest;
  }

  /** How many items can be picked. */
  get size(): number {
    return this.#items.length;
  }

  /** The next item; undefined when there is none. */
  next(): T | undefined {
    if (this.#items.length <= 1) {
      return this.#items[0]?.value;
    }
    for (;;) {
      this.#index += 1;
      if (this.#index >= this.#items.length) {
        this.#index = 0;
        this.#threshold -= this.#step;
        if (this.#threshold <= 0) {
          this.#threshold = this.#highest;
        }
      }
      const item = this.#items[this.#index];
      if (item !== undefined && item.weight >= this.#threshold) {
        return item.value;
      }
    }
  }
}

/**
 * Remembers round robins over reloads: a configuration that leaves the items and weights of one alone
 * does not restart it, one that changes them starts it anew.
 */
export class RoundRobinMemory<T> {
  #previous = new Map<string, Remembered<T>>();
  #current = new Map<string, Remembered<T>>();

  /** Starts a new configuration. */
  begin(): void {
    this.#previous = this.#current;
    this.#current = new Map();
  }

  /** The round robin of `key`, new if its items differ from last time. */
  robin(key: string, items: readonly { readonly value: T; readonly weight: number }[]): WeightedRoundRobin<T> {
    const signature = JSON.stringify(items);
    const known = this.#current.get(key) ?? this.#previous.get(key);
    const robin = known?.signature === signature ? known.robin : new WeightedRoundRobin(items);
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
