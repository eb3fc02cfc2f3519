/**
 * Memory for the gateway's metrics. The prometheus plugin counts in a dictionary of fixed size; when it is full, counts
 * are lost and only an error counter tells. A pair is one route and one pod address that answered for it.
 */
export interface MetricPairs {
  /** Pairs that are counted at the same time: those with a request within `expire`. */
  readonly pairs: number;
  /** Bounds of the latency histogram, without `+Inf`. */
  readonly buckets: number;
  /** Values that the label `method_class` takes; 1 without it. */
  readonly methodClasses: number;
  /** Kinds of answers of one pair and method class: status codes, and attempts that a retry hid. */
  readonly answers: number;
  /** Length of the longest series' name with its labels, as the plugin stores it: names of route and Service count twice. */
  readonly keyBytes: number;
}

/** Sizes in MiB, as the gateway's configuration takes them. */
export interface MetricMemory {
  /** Of the dictionary that counts. */
  readonly dictionaryMiB: number;
  /** Of the dictionary that holds the text which is scraped: one value, in one piece. */
  readonly textMiB: number;
}

/** Read from the plugin: request, upstream, apisix. */
const latencyTypes = 3;
/** Of each histogram: `+Inf`, `_sum` and `_count`. */
const beyondBuckets = 3;
/** ingress and egress. */
const bandwidths = 2;
/** The counter, and the list of all names. Each entry takes a power of two. */
const entriesPerSeries = 2;
/** What the dictionary itself keeps with an entry. */
const entryOverheadBytes = 96;
/** Of nginx's own tables. */
const tables = 1.02;
/** Measured: 190 bytes for a line of the text (2.6 MB for 720 histograms), with names of usual length. */
const bytesPerLine = 256;
/** Connections, dictionaries, health checks. */
const otherSeries = 500;
/** While a new text is stored, room for it must be in one piece. */
const textSlack = 2;
const mebibyte = 1024 * 1024;

/** The default: 1,000 pairs with reads, writes and other methods, an answer or two beyond 200 and 500, names that fit. */
export const usualPairs: MetricPairs = { pairs: 1000, buckets: 15, methodClasses: 3, answers: 4, keyBytes: 400 };

type Shape = Pick<MetricPairs, "buckets" | "methodClasses" | "answers">;

/** Series that one pair makes. */
export function seriesPerPair({ buckets, methodClasses, answers }: Shape): number {
  return methodClasses * (latencyTypes * (buckets + beyondBuckets) + answers) + bandwidths;
}

/**
 * What so many pairs need at most. Measured on APISIX 3.17: 53 KB for a pair of 57 series (15 buckets, one answer, no
 * method class), of which this makes 58 KB.
 */
export function metricMemory({ pairs, keyBytes, ...shape }: MetricPairs): MetricMemory {
  const series = pairs * seriesPerPair(shape) + otherSeries;
  const seriesBytes = entriesPerSeries * powerOfTwo(keyBytes + entryOverheadBytes);
  return {
    dictionaryMiB: Math.ceil((series * seriesBytes * tables) / mebibyte),
    textMiB: Math.ceil((series * bytesPerLine * textSlack) / mebibyte),
  };
}

/** The smallest one that holds `bytes`. */
function powerOfTwo(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
