// Stand-in for Apache APISIX 3.17: the Prometheus library of its workers, which counts in a shared dictionary.
import { KeyIndex } from "./key-index.js";
import { bucketFormat, fullName, histogramKeys, numberText, shownKey } from "./names.js";
import type { SharedDict } from "./shared-dict.js";
import type { Tear } from "./tearing.js";

const ERRORS = "nginx_metric_errors_total";
/** A worker remembers so many label combinations of a metric, then starts over. */
const REMEMBERED = 1000;
/** One line in the log for so many errors; the real one writes them all. */
const ERRORS_PER_LINE = 1000;

/** What a metric is called, and what it says about itself. */
export interface MetricDescription {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** 0: idle series stay. */
  readonly expireSeconds?: number;
}

type Kind = "counter" | "gauge" | "histogram";

interface Metric extends MetricDescription {
  readonly kind: Kind;
  readonly known: Map<string, readonly string[]>;
}

/** Counts events by label values. */
export type Counter = (value: number, labels: readonly string[]) => void;

interface Increment {
  by: number;
  readonly expireSeconds: number;
}

/** Metrics of one gateway. What is counted shows after `sync` only. */
export class PrometheusLibrary {
  readonly #dict: SharedDict;
  readonly #prefix: string;
  readonly #index: KeyIndex;
  readonly #byName = new Map<string, Metric>();
  readonly #shown = new Map<string, string>();
  #increments = new Map<string, Increment>();
  #errors = 0;

  constructor(dict: SharedDict, prefix: string) {
    this.#dict = dict;
    this.#prefix = prefix;
    this.#index = new KeyIndex(dict);
    const errors = this.#register("counter", {
      name: ERRORS,
      help: "Number of nginx-lua-prometheus errors",
      labels: [],
    });
    this.#keys(errors, []);
    dict.set(ERRORS, 0);
  }

  counter(description: MetricDescription): Counter {
    const metric = this.#register("counter", description);
    return (value, labels) => {
      for (const key of this.#keys(metric, labels) ?? []) {
        this.#increment(key, value, metric);
      }
    };
  }

  gauge(description: MetricDescription): Counter {
    const metric = this.#register("gauge", description);
    return (value, labels) => {
      for (const key of this.#keys(metric, labels) ?? []) {
        if (this.#dict.set(key, value) !== "stored") {
          this.#error(`${key}: the dictionary is full`);
        }
      }
    };
  }

  histogram(description: MetricDescription, bounds: readonly number[]): Counter {
    const metric = this.#register("histogram", description);
    const format = bucketFormat(bounds);
    return (value, labels) => {
      const keys = this.#keys(metric, labels, (text) => histogramKeys(description.name, text, bounds, format));
      const [count, sum, ...buckets] = keys ?? [];
      const infinite = buckets.pop();
      if (count === undefined || sum === undefined || infinite === undefined) {
        return;
      }
      this.#increment(count, 1, metric);
      this.#increment(sum, value, metric);
      this.#increment(infinite, 1, metric);
      // From above, as the real one: a bucket that no value ever fell into is never made.
      for (let i = bounds.length - 1; i >= 0 && value <= (bounds[i] ?? 0); i -= 1) {
        this.#increment(buckets[i] ?? "", 1, metric);
      }
    };
  }

  /** Keys on the page. */
  get size(): number {
    return this.#index.sorted().length;
  }

  /** Hands what was counted over to the dictionary; a worker does so once a second. */
  sync(): void {
    const increments = this.#increments;
    this.#increments = new Map();
    this.#apply([...increments]);
  }

  /**
   * The page. Keys are read one by one in their order, buckets before counts. With a `tear`, the workers hand over
   * while the page is being read: what was read before shows the old value, what is read afterwards the new one.
   */
  text(tear?: Tear): string {
    const keys = this.#index.sorted();
    const writes = tear === undefined ? [] : this.#planWrites(tear, keys.length);
    const seen = new Set<string>();
    let written = 0;
    let text = "";
    keys.forEach((key, position) => {
      for (let write = writes[written]; write !== undefined && write.at <= position; write = writes[written]) {
        this.#apply([write.entry]);
        written += 1;
      }
      const value = this.#dict.get(key);
      if (value !== undefined) {
        text += `${this.#heading(key, seen)}${this.#prefix}${this.#show(key)} ${numberText(Number(value))}\n`;
      }
    });
    this.#apply(writes.slice(written).map(({ entry }) => entry));
    return text;
  }

  /** Workers write their increments in no order, over the time that the tear gives. */
  #planWrites(tear: Tear, keys: number): readonly { readonly at: number; readonly entry: [string, Increment] }[] {
    const increments = this.#increments;
    this.#increments = new Map();
    return [...increments]
      .map((entry) => ({ at: (tear.start + tear.order(entry[0]) * tear.span) * keys, entry }))
      .sort((a, b) => a.at - b.at);
  }

  #apply(increments: readonly (readonly [string, Increment])[]): void {
    let lost = false;
    for (const [key, { by, expireSeconds }] of increments) {
      lost = this.#dict.increment(key, by) !== "stored" || lost;
      if (expireSeconds > 0) {
        this.#dict.expire(key, expireSeconds);
      }
    }
    if (lost) {
      this.#dict.increment(ERRORS, 1);
    }
  }

  #increment(key: string, by: number, { expireSeconds = 0 }: Metric): void {
    const known = this.#increments.get(key);
    if (known === undefined) {
      this.#increments.set(key, { by, expireSeconds });
    } else {
      known.by += by;
    }
  }

  #register(kind: Kind, description: MetricDescription): Metric {
    const metric: Metric = { ...description, kind, known: new Map() };
    this.#byName.set(description.name, metric);
    return metric;
  }

  /** The dictionary's keys for these labels; undefined when they found no room, and then nothing is counted. */
  #keys(
    metric: Metric,
    labels: readonly string[],
    make: (labelText: string) => readonly string[] = (text) => [`${metric.name}${text}`],
  ): readonly string[] | undefined {
    const id = labels.join("\u0000");
    const known = metric.known.get(id);
    const expireSeconds = metric.expireSeconds ?? 0;
    if (known !== undefined && expireSeconds === 0) {
      return known;
    }
    const keys = known ?? make(fullName("", metric.labels, labels));
    if (metric.known.size >= REMEMBERED) {
      metric.known.clear();
    }
    metric.known.set(id, keys);
    const problem = this.#index.add(keys, expireSeconds);
    if (problem !== undefined) {
      this.#error(`${metric.name}: ${problem}`);
      return undefined;
    }
    return keys;
  }

  #error(problem: string): void {
    if (this.#errors % ERRORS_PER_LINE === 0) {
      console.error(`prometheus-metrics is full, reported metrics may be incomplete: ${problem}`);
    }
    this.#errors += 1;
    this.#dict.increment(ERRORS, 1);
  }

  #heading(key: string, seen: Set<string>): string {
    const brace = key.indexOf("{");
    const bare = brace < 0 ? key : key.slice(0, brace);
    const name = bare.endsWith("_bucket") ? bare.slice(0, -"_bucket".length) : bare;
    const metric = this.#byName.get(name);
    if (metric === undefined || seen.has(name)) {
      return "";
    }
    seen.add(name);
    const full = `${this.#prefix}${name}`;
    return `# HELP ${full} ${metric.help}\n# TYPE ${full} ${metric.kind}\n`;
  }

  #show(key: string): string {
    const known = this.#shown.get(key) ?? shownKey(key);
    this.#shown.set(key, known);
    return known;
  }
}
