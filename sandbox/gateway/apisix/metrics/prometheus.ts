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
  readonly known: Map<string, Series>;
}

/** The keys of one combination of labels, and what a worker has counted for each since it last handed over. */
interface Series {
  readonly keys: readonly string[];
  readonly pending: number[];
  readonly expireSeconds: number;
}

/** Counts events by label values. */
export type Counter = (value: number, labels: readonly string[]) => void;

/** One key's increment on its way into the dictionary. */
interface Write {
  readonly key: string;
  readonly by: number;
  readonly expireSeconds: number;
  /** At which key the reader is then. */
  readonly at: number;
}

/** A key as the page shows it, and the metric that it belongs to. */
interface Line {
  readonly key: string;
  readonly start: string;
  readonly name: string;
}

/** Metrics of one gateway. What is counted shows after `sync` only. */
export class PrometheusLibrary {
  readonly #dict: SharedDict;
  readonly #prefix: string;
  readonly #index: KeyIndex;
  readonly #byName = new Map<string, Metric>();
  readonly #touched = new Set<Series>();
  #lines: { readonly keys: readonly string[]; readonly lines: readonly Line[] } = { keys: [], lines: [] };
  #errors = 0;

  constructor(dict: SharedDict, prefix: string) {
    this.#dict = dict;
    this.#prefix = prefix;
    this.#index = new KeyIndex(dict);
    const help = "Number of nginx-lua-prometheus errors";
    this.#series(this.#register("counter", { name: ERRORS, help, labels: [] }), []);
    dict.set(ERRORS, 0);
  }

  counter(description: MetricDescription): Counter {
    const metric = this.#register("counter", description);
    return (value, labels) => {
      const series = this.#series(metric, labels);
      if (series !== undefined) {
        this.#increment(series, 0, value);
      }
    };
  }

  gauge(description: MetricDescription): Counter {
    const metric = this.#register("gauge", description);
    return (value, labels) => {
      const [key] = this.#series(metric, labels)?.keys ?? [];
      if (key !== undefined && this.#dict.set(key, value) !== "stored") {
        this.#error(`${key}: the dictionary is full`);
      }
    };
  }

  histogram(description: MetricDescription, bounds: readonly number[]): Counter {
    const metric = this.#register("histogram", description);
    const format = bucketFormat(bounds);
    const make = (text: string) => histogramKeys(description.name, text, bounds, format);
    const [count, sum, firstBucket, infinite] = [0, 1, 2, 2 + bounds.length];
    return (value, labels) => {
      const series = this.#series(metric, labels, make);
      if (series === undefined) {
        return;
      }
      this.#increment(series, count, 1);
      this.#increment(series, sum, value);
      this.#increment(series, infinite, 1);
      // From above, as the real one: a bucket that no value ever fell into is never made.
      for (let i = bounds.length - 1; i >= 0 && value <= (bounds[i] ?? 0); i -= 1) {
        this.#increment(series, firstBucket + i, 1);
      }
    };
  }

  /** Keys on the page. */
  get size(): number {
    return this.#index.sorted().length;
  }

  /** Hands what was counted over to the dictionary; a worker does so once a second. */
  sync(): void {
    this.#apply(this.#takeWrites());
  }

  /**
   * The page. Keys are read one by one in their order, buckets before counts. With a `tear`, the workers hand over
   * while the page is being read: what was read before shows the old value, what is read afterwards the new one.
   */
  text(tear?: Tear): string {
    const lines = this.#sortedLines();
    const writes = tear === undefined ? [] : this.#planWrites(tear, lines.length);
    let written = 0;
    let name = "";
    const seen = new Set<string>();
    let text = "";
    lines.forEach((line, position) => {
      for (let write = writes[written]; write !== undefined && write.at <= position; write = writes[written]) {
        this.#apply([write]);
        written += 1;
      }
      const value = this.#dict.get(line.key);
      if (value !== undefined) {
        if (line.name !== name) {
          name = line.name;
          text += this.#heading(name, seen);
        }
        text += `${line.start}${numberText(Number(value))}\n`;
      }
    });
    this.#apply(writes.slice(written));
    return text;
  }

  /** Workers write their increments in no order, over the time that so many take them. */
  #planWrites({ start, pace, order }: Tear, keys: number): readonly Write[] {
    const writes = this.#takeWrites();
    const span = pace * writes.length;
    return writes
      .map((write) => ({ ...write, at: start * keys + order(write.key) * span }))
      .sort((a, b) => a.at - b.at);
  }

  #takeWrites(): Write[] {
    const writes: Write[] = [];
    for (const { keys, pending, expireSeconds } of this.#touched) {
      keys.forEach((key, index) => {
        const by = pending[index];
        if (by !== undefined) {
          writes.push({ key, by, expireSeconds, at: 0 });
        }
      });
      pending.length = 0;
    }
    this.#touched.clear();
    return writes;
  }

  #apply(writes: readonly Write[]): void {
    let lost = false;
    for (const { key, by, expireSeconds } of writes) {
      lost = this.#dict.increment(key, by) !== "stored" || lost;
      if (expireSeconds > 0) {
        this.#dict.expire(key, expireSeconds);
      }
    }
    if (lost) {
      this.#dict.increment(ERRORS, 1);
    }
  }

  #increment(series: Series, index: number, by: number): void {
    series.pending[index] = (series.pending[index] ?? 0) + by;
    this.#touched.add(series);
  }

  #register(kind: Kind, description: MetricDescription): Metric {
    const metric: Metric = { ...description, kind, known: new Map() };
    this.#byName.set(description.name, metric);
    return metric;
  }

  /** The dictionary's keys for these labels; undefined when they found no room, and then nothing is counted. */
  #series(
    metric: Metric,
    labels: readonly string[],
    make: (labelText: string) => readonly string[] = (text) => [`${metric.name}${text}`],
  ): Series | undefined {
    const id = labels.join("\u0000");
    const known = metric.known.get(id);
    const expireSeconds = metric.expireSeconds ?? 0;
    if (known !== undefined && expireSeconds === 0) {
      return known;
    }
    const series = known ?? { keys: make(fullName("", metric.labels, labels)), pending: [], expireSeconds };
    if (metric.known.size >= REMEMBERED) {
      metric.known.clear();
    }
    metric.known.set(id, series);
    const problem = this.#index.add(series.keys, expireSeconds);
    if (problem !== undefined) {
      this.#error(`${metric.name}: ${problem}`);
      return undefined;
    }
    return series;
  }

  #error(problem: string): void {
    if (this.#errors % ERRORS_PER_LINE === 0) {
      console.error(`prometheus-metrics is full, reported metrics may be incomplete: ${problem}`);
    }
    this.#errors += 1;
    this.#dict.increment(ERRORS, 1);
  }

  #sortedLines(): readonly Line[] {
    const keys = this.#index.sorted();
    if (this.#lines.keys !== keys) {
      const lines = keys.map((key) => {
        const brace = key.indexOf("{");
        const bare = brace < 0 ? key : key.slice(0, brace);
        const name = bare.endsWith("_bucket") ? bare.slice(0, -"_bucket".length) : bare;
        return { key, start: `${this.#prefix}${shownKey(key)} `, name };
      });
      this.#lines = { keys, lines };
    }
    return this.#lines.lines;
  }

  #heading(name: string, seen: Set<string>): string {
    const metric = this.#byName.get(name);
    if (metric === undefined || seen.has(name)) {
      return "";
    }
    seen.add(name);
    const full = `${this.#prefix}${name}`;
    return `# HELP ${full} ${metric.help}\n# TYPE ${full} ${metric.kind}\n`;
  }
}
