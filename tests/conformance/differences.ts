import { readPage } from "./exposition.js";
import type { Page, Sample } from "./exposition.js";

/** A difference between the real gateway's page and the stand-in's; a value that is missing is undefined. */
export interface Difference {
  readonly what: string;
  readonly sample: Sample;
  readonly real: number | undefined;
  readonly standIn: number | undefined;
}

/** A difference that does not matter, and why. */
export interface Acceptance {
  readonly reason: string;
  readonly covers: (difference: Difference, pages: Pages) => boolean;
}

export interface Pages {
  readonly real: Page;
  readonly standIn: Page;
}

/** From here on a bucket's bound is far from every delay that was recorded, even on a busy machine. */
const SURE_BOUND_MS = 200;
const LATENCY = "apisix_http_latency";

export const ACCEPTED: readonly Acceptance[] = [
  {
    reason: "how fast this machine is: buckets below 200 ms, where 0 and a bucket that does not exist are one",
    covers: ({ sample, real = 0, standIn = 0 }, pages) => {
      const bound = sample.name === `${LATENCY}_bucket` ? Number(sample.labels["le"]) : Infinity;
      const total = countOf(sample, pages.real);
      return bound < SURE_BOUND_MS && real <= total && standIn <= total;
    },
  },
  {
    reason: "how fast this machine is: sums of latencies within 100 ms a request",
    covers: ({ sample, real, standIn }, pages) =>
      sample.name === `${LATENCY}_sum` &&
      real !== undefined &&
      standIn !== undefined &&
      Math.abs(real - standIn) <= 100 * countOf(sample, pages.real),
  },
  {
    reason: "the recorded gateway was asked by a controller and a Prometheus, too: its own requests and connections",
    covers: ({ sample, real, standIn }) =>
      (sample.name === "apisix_http_requests_total" || sample.name === "apisix_nginx_http_current_connections") &&
      real !== undefined &&
      standIn !== undefined,
  },
  {
    reason: "the machine's name",
    covers: ({ sample }) => sample.name === "apisix_node_info",
  },
  {
    reason: "memory of the counters' dictionary: nginx's allocator is followed to within a tenth of what is used",
    covers: ({ sample, real, standIn }, pages) => {
      const used = CAPACITY_BYTES - (real ?? 0);
      return (
        sample.name === "apisix_shared_dict_free_space_bytes" &&
        sample.labels["name"] === "prometheus-metrics" &&
        real !== undefined &&
        standIn !== undefined &&
        pages.real.samples.size === pages.standIn.samples.size + missingBuckets(pages) &&
        Math.abs(real - standIn) <= used / 10
      );
    },
  },
  {
    reason: "memory of the page's text, which is shorter where a bucket is missing: within one page of 4 KiB",
    covers: ({ sample, real, standIn }) =>
      sample.name === "apisix_shared_dict_free_space_bytes" &&
      sample.labels["name"] === "prometheus-cache" &&
      Math.abs((real ?? 0) - (standIn ?? 0)) <= 4096,
  },
  {
    reason: "the WebSocket client's own headers and frames were not recorded",
    covers: ({ sample, real, standIn }, pages) =>
      sample.name === "apisix_bandwidth" &&
      real !== undefined &&
      standIn !== undefined &&
      [...pages.real.samples.values()].some(({ labels }) => labels["code"] === "101"),
  },
];

const CAPACITY_BYTES = 10 * 1024 * 1024;

/** Everything in which the two pages differ: samples by name, labels and value, and headings. */
export function differences(
  realText: string,
  standInText: string,
): { readonly found: Difference[]; readonly pages: Pages } {
  const pages = { real: readPage(realText), standIn: readPage(standInText) };
  const { real, standIn } = pages;
  const keys = new Set([...real.samples.keys(), ...standIn.samples.keys()]);
  const found: Difference[] = [];
  for (const key of keys) {
    const [a, b] = [real.samples.get(key), standIn.samples.get(key)];
    const sample = a ?? b;
    if (sample !== undefined && a?.value !== b?.value) {
      found.push({ what: key, sample, real: a?.value, standIn: b?.value });
    }
  }
  for (const heading of new Set([...real.headings, ...standIn.headings])) {
    const [a, b] = [real.headings.has(heading), standIn.headings.has(heading)];
    if (a !== b) {
      found.push({ what: heading, sample: { name: "", labels: {}, value: 0 }, real: Number(a), standIn: Number(b) });
    }
  }
  return { found, pages };
}

function countOf({ labels }: Sample, { samples }: Page): number {
  const { le: _le, ...rest } = labels;
  const same = ({ name, labels: others }: Sample): boolean =>
    name === `${LATENCY}_count` && Object.entries(rest).every(([label, value]) => others[label] === value);
  return [...samples.values()].find(same)?.value ?? 0;
}

/** How many more buckets the real gateway has, for being faster or slower. */
function missingBuckets({ real, standIn }: Pages): number {
  const buckets = (page: Page): number =>
    [...page.samples.values()].filter(({ name }) => name === `${LATENCY}_bucket`).length;
  return buckets(real) - buckets(standIn);
}
