import type { CounterPoint, CounterSeries } from "../../release/analysis/index.js";
import { binomial, poisson, uniformsOf } from "./random.js";
import type { Release } from "./scenarios.js";

export const canaryNode = "10.0.0.2";
export const primaryNode = "10.0.0.1";

/** Prometheus scrapes so often, give or take the jitter. */
export const scrapeSeconds = 2;
const jitterSeconds = 0.25;
const keptPoints = 4;

/** What happened to users: by both versions together, and what the canary was asked. */
export interface Served {
  requests: number;
  failed: number;
  canaryRequests: number;
}

interface Version {
  readonly node: string;
  ok: number;
  failed: number;
  quick: number;
  normal: number;
  slow: number;
}

interface Scrape {
  readonly timeMs: number;
  /** Values in the order of the series. */
  readonly values: readonly number[];
}

/**
 * A gateway in front of both versions, second by second, and a Prometheus that scrapes it. All draws of a second depend
 * on the release and the second only, so two rules that set the same weights see the same requests.
 */
export class Gateway {
  readonly served: Served = { requests: 0, failed: 0, canaryRequests: 0 };
  private readonly canary: Version = freshVersion(canaryNode);
  private readonly primary: Version = freshVersion(primaryNode);
  private scrapes: Scrape[] = [];
  private second = 0;
  private credit = 0;
  private nextScrape: number;
  weightPercent = 0;

  constructor(private readonly release: Release) {
    this.nextScrape = uniformsOf(release.seed, release.index, -1)() * scrapeSeconds;
  }

  /** Lets whole seconds pass; what is scraped within a second is what was counted before it. */
  runUntil(second: number): void {
    while (this.second < second) {
      while (this.nextScrape < this.second + 1) this.scrape();
      this.serve(this.second, 1);
      if (this.second === this.release.resetAtSecond) this.reset();
      this.second += 1;
    }
  }

  /** A part of the present second, until a change of weight has taken effect. */
  serveFraction(fraction: number): void {
    this.serve(this.second, fraction);
  }

  setWeight(weightPercent: number): void {
    this.weightPercent = weightPercent;
    this.credit = 0;
  }

  private serve(second: number, fraction: number): void {
    const { release, canary, primary } = this;
    const next = uniformsOf(release.seed, release.index, second + 1);
    const burst = release.bursty ? ([0.2, 0.5, 1, 3][Math.floor(next() * 4)] ?? 1) : 1;
    const total = poisson(next(), release.requestsPerSecond * burst * fraction);
    // A weighted round robin: deterministic, the remainder carried over.
    const share = (total * this.weightPercent) / 100 + this.credit;
    const asked = Math.min(total, Math.floor(share));
    this.credit = share - asked;
    const together = next() < release.failureBursts;
    const failure = together ? Math.min(1, release.canaryFailure * 10) : release.canaryFailure;
    const failedHere = binomial(next(), asked, failure);
    const failedThere = binomial(next(), total - asked, release.primaryFailure);
    count(canary, asked, failedHere, binomial(next(), asked, release.canarySlow));
    count(primary, total - asked, failedThere, binomial(next(), total - asked, release.primarySlow));
    this.served.requests += total;
    this.served.failed += failedHere + failedThere;
    this.served.canaryRequests += asked;
  }

  private scrape(): void {
    const jitter =
      (uniformsOf(this.release.seed, this.release.index, -2, Math.floor(this.nextScrape))() - 0.5) * jitterSeconds;
    const timeMs = Math.round((this.nextScrape + jitter) * 1000);
    this.scrapes.push({ timeMs, values: [...valuesOf(this.canary), ...valuesOf(this.primary)] });
    if (this.scrapes.length > 40) this.scrapes = this.scrapes.slice(-keptPoints);
    this.nextScrape += scrapeSeconds;
  }

  private reset(): void {
    for (const version of [this.canary, this.primary]) Object.assign(version, freshVersion(version.node));
  }

  /** The raw samples that a range query returns. A counter is there from its first request on. */
  series(): readonly CounterSeries[] {
    const scrapes = this.scrapes.slice(-keptPoints);
    return blueprints.flatMap((blueprint, index) => {
      const points: CounterPoint[] = [];
      for (const { timeMs, values } of scrapes) {
        const value = values[index] ?? 0;
        if (value > 0) points.push({ timeMs, value });
      }
      return points.length === 0 ? [] : [{ ...blueprint, points }];
    });
  }
}

type Blueprint = Omit<CounterSeries, "points">;

const blueprints: readonly Blueprint[] = [canaryNode, primaryNode].flatMap((node) => [
  status(node, "200"),
  status(node, "500"),
  ...[100, 500, 2000, Infinity].map((bound) => latency(node, bound)),
  latency(node, undefined),
]);

function status(node: string, code: string): Blueprint {
  const labels = { instance: "gateway", node, upstreamStatus: undefined, upstreamAddress: undefined };
  return { ...labels, id: `status ${node} ${code}`, kind: "status", code, upperBoundMs: undefined };
}

function latency(node: string, bound: number | undefined): Blueprint {
  const labels = { instance: "gateway", node, upstreamStatus: undefined, upstreamAddress: undefined, code: "" };
  return bound === undefined
    ? { ...labels, id: `count ${node}`, kind: "latencyCount", upperBoundMs: undefined }
    : { ...labels, id: `bucket ${node} ${bound}`, kind: "latencyBucket", upperBoundMs: bound };
}

/** In the order of the blueprints. */
function valuesOf({ ok, failed, quick, normal, slow }: Version): readonly number[] {
  const all = quick + normal + slow;
  return [ok, failed, quick, quick + normal, all, all, all];
}

function count(version: Version, requests: number, failed: number, slow: number): void {
  version.ok += requests - failed;
  version.failed += failed;
  const quick = Math.floor((requests - slow) * 0.9);
  version.quick += quick;
  version.normal += requests - slow - quick;
  version.slow += slow;
}

function freshVersion(node: string): Version {
  return { node, ok: 0, failed: 0, quick: 0, normal: 0, slow: 0 };
}
