import { requestsPerSecond, scrapeSeconds } from "./world-facts.js";

/** What a gateway's counters say of one pod: good answers, all of them within 5 ms. */
interface Counter {
  total: number;
  readonly samples: (readonly [number, number])[];
}

/** Samples kept of each counter: more than any window asks for. */
const keptSamples = 16;
const boundsMs = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];

/** Where the users of a release go at the moment. */
export interface Split {
  readonly primary: string | undefined;
  readonly canary: string | undefined;
  /** Percent. */
  readonly canaryWeight: number;
}

/** Counts for each release as a gateway would that follows the weights exactly; one sample for each scrape. */
export class Counting {
  private readonly counters = new Map<string, Map<string, Counter>>();

  /** One scrape of one release. */
  scrape(route: string, split: Split, nowSeconds: number): void {
    const nodes = this.counters.get(route) ?? new Map<string, Counter>();
    this.counters.set(route, nodes);
    const requests = requestsPerSecond * scrapeSeconds;
    const canary = split.canary === undefined ? 0 : Math.round((requests * split.canaryWeight) / 100);
    add(nodes, split.canary, canary);
    add(nodes, split.primary, requests - canary);
    for (const counter of nodes.values()) {
      counter.samples.push([nowSeconds, counter.total]);
      if (counter.samples.length > keptSamples) counter.samples.shift();
    }
  }

  /** Prometheus' answer to a range selector over all series of a route. */
  answer(route: string, windowSeconds: number, nowSeconds: number): object {
    const result = [...(this.counters.get(route) ?? [])].flatMap(([node, { samples }]) => {
      const values = samples
        .filter(([at]) => at > nowSeconds - windowSeconds)
        .map(([at, value]) => [at, String(value)] as const);
      return values.length === 0 ? [] : seriesOf(route, node, values);
    });
    return { status: "success", data: { resultType: "matrix", result } };
  }
}

function add(nodes: Map<string, Counter>, node: string | undefined, requests: number): void {
  if (node === undefined || requests === 0) return;
  const counter = nodes.get(node) ?? { total: 0, samples: [] };
  counter.total += requests;
  nodes.set(node, counter);
}

function seriesOf(route: string, node: string, values: readonly (readonly [number, string])[]): readonly object[] {
  const common = {
    route: `${route}_app`,
    service: `${route}_0`,
    node,
    consumer: "",
    instance: "10.200.255.1:9091",
    job: "kubernetes-pods",
    request_type: "traditional_http",
  };
  const status = {
    ...common,
    __name__: "apisix_http_status",
    code: "200",
    matched_uri: "/*",
    matched_host: "app.example.com",
    response_source: "upstream",
    upstream_status: "200",
    upstream_addr: `${node}:9898`,
  };
  const latency = { ...common, type: "request" };
  const buckets = [...boundsMs.map(String), "+Inf"].map((le) => ({
    metric: { ...latency, __name__: "apisix_http_latency_bucket", le },
    values,
  }));
  return [
    { metric: status, values },
    ...buckets,
    { metric: { ...latency, __name__: "apisix_http_latency_count" }, values },
  ];
}
