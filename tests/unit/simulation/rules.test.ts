import { expect } from "chai";
import { flagger } from "../../../bench/simulation/flagger.js";
import { Gateway, nodesOf } from "../../../bench/simulation/gateway.js";
import { ours } from "../../../bench/simulation/ours.js";
import { releaseOf, runsOf, scenarioNames } from "../../../bench/simulation/scenarios.js";
import type { Release } from "../../../bench/simulation/scenarios.js";
import { simulate } from "../../../bench/simulation/simulate.js";
import { healthyTraffic } from "../../../bench/simulation/traffic.js";

interface Wrong extends Partial<Release> {
  readonly canaryFailure?: number;
  readonly canarySlow?: number;
  readonly primaryFailure?: number;
}

/** The article's release at 20 requests a second, with nothing wrong but what is said. */
function release({ canaryFailure = 0, canarySlow = 0, primaryFailure = 0, ...change }: Wrong = {}): Release {
  const plain = {
    primary: { ...healthyTraffic, failure: primaryFailure },
    canary: { ...healthyTraffic, failure: canaryFailure, slow: canarySlow },
    resetAtSecond: undefined,
  };
  return { ...releaseOf("fail-100", 3, 11), ...plain, ...change };
}

const [canaryNode = ""] = nodesOf("canary", 1);
const [primaryNode = ""] = nodesOf("primary", 1);

/** By node and status, over all method classes. */
function statusCounts(gateway: Gateway): Readonly<Record<string, number>> {
  const status = gateway.series().filter(({ kind }) => kind === "status");
  const counts: Record<string, number> = {};
  for (const { node, code, points } of status)
    counts[`${node} ${code}`] = (counts[`${node} ${code}`] ?? 0) + (points.at(-1)?.value ?? 0);
  return counts;
}

describe("the simulated gateway", () => {
  it("splits as it is asked, and counts every request once", () => {
    const gateway = new Gateway(release({ canaryFailure: 1 }));
    gateway.setWeight(25);
    gateway.runUntil(200);
    const { requests, failed, canaryRequests } = gateway.served;
    expect(requests).closeTo(4000, 350);
    expect(canaryRequests / requests).closeTo(0.25, 0.001);
    expect(failed).equal(canaryRequests);
    const counts = statusCounts(gateway);
    expect(counts[`${canaryNode} 500`]).above(900);
    expect(counts[`${canaryNode} 200`]).equal(undefined);
    expect(counts[`${primaryNode} 500`]).equal(undefined);
  });

  it("shows the same requests to whoever sets the same weights", () => {
    const counts = [1, 2].map(() => {
      const gateway = new Gateway(release({ canaryFailure: 0.3, primaryFailure: 0.1, bursty: true }));
      for (const [second, weight] of [
        [0, 10],
        [30, 40],
      ] as const) {
        gateway.runUntil(second);
        gateway.setWeight(weight);
      }
      gateway.runUntil(60);
      return [gateway.served, gateway.series()];
    });
    expect(counts[0]).deep.equal(counts[1]);
  });

  it("is seen late, as by a Prometheus", () => {
    const gateway = new Gateway(release());
    gateway.setWeight(50);
    gateway.runUntil(20);
    const seen = Object.values(statusCounts(gateway)).reduce((sum, each) => sum + each, 0);
    expect(seen).below(gateway.served.requests);
    const times = gateway.series()[0]?.points.map(({ timeMs }) => timeMs) ?? [];
    times.slice(1).forEach((timeMs, index) => expect(timeMs - (times[index] ?? 0)).closeTo(2000, 251));
  });

  it("asks the pods of a version in turn, and one of them may fail alone", () => {
    const canary = { ...healthyTraffic, onePodFailure: 1 };
    const gateway = new Gateway(release({ pods: 3, canary }));
    gateway.setWeight(50);
    gateway.runUntil(100);
    const { failed, canaryRequests } = gateway.served;
    expect(failed).closeTo(canaryRequests / 3, 1);
    const [sick = "", sound = ""] = nodesOf("canary", 3);
    expect(statusCounts(gateway)[`${sick} 200`]).equal(undefined);
    expect(statusCounts(gateway)[`${sound} 500`]).equal(undefined);
  });

  it("has users who try again: failures come in rows, in the mean as many as without", () => {
    const failures = (retries: number): readonly number[] => {
      const gateway = new Gateway(release({ canary: { ...healthyTraffic, failure: 0.02, retries } }));
      gateway.setWeight(50);
      return Array.from({ length: 3000 }, (_, second) => {
        const before = gateway.served.failed;
        gateway.runUntil(second + 1);
        return gateway.served.failed - before;
      });
    };
    const [alone, inRows] = [failures(1), failures(5)];
    const sum = (each: readonly number[]): number => each.reduce((total, count) => total + count, 0);
    expect(sum(inRows) / sum(alone)).within(0.8, 1.25);
    const seconds = (each: readonly number[]): number => each.filter((count) => count > 0).length;
    expect(seconds(inRows)).below(0.4 * seconds(alone));
  });

  it("fails in whole seconds where failures are correlated", () => {
    const gateway = new Gateway(
      release({ requestsPerSecond: 200, canary: { ...healthyTraffic, failure: 0.02, correlation: 0.1 } }),
    );
    gateway.setWeight(50);
    gateway.runUntil(3000);
    expect(gateway.served.failed / gateway.served.canaryRequests).closeTo(0.02, 0.004);
  });

  it("goes wrong from some second on, or for some seconds in both versions", () => {
    const late = new Gateway(release({ fault: { fromSecond: 50, failure: 1 } }));
    late.setWeight(50);
    late.runUntil(50);
    expect(late.served.failed).equal(0);
    late.runUntil(60);
    expect(late.served.failed).equal(late.served.failedSinceFault).above(50);
    const blip = new Gateway(release({ blip: { fromSecond: 10, seconds: 3, failure: 1 } }));
    blip.setWeight(50);
    blip.runUntil(10);
    const before = blip.served.requests;
    blip.runUntil(30);
    expect(before).above(0);
    expect(blip.served.failed).closeTo(60, 40);
  });

  it("may be read while it counts: buckets are older than their total, and never fall", () => {
    const gateway = new Gateway(release({ torn: true }));
    gateway.setWeight(50);
    const seen: number[] = [];
    let torn = 0;
    for (let second = 2; second <= 100; second += 2) {
      gateway.runUntil(second);
      const of = (bound: number): number =>
        gateway
          .series()
          .find((each) => each.node === canaryNode && each.upperBoundMs === bound)
          ?.points.at(-1)?.value ?? 0;
      if (of(2000) < of(Infinity)) torn += 1;
      seen.push(of(2000));
    }
    expect(torn).above(10);
    expect(seen).deep.equal(seen.toSorted((a, b) => a - b));
  });

  it("starts its counters again after a reset", () => {
    const gateway = new Gateway(release({ resetAtSecond: 100 }));
    gateway.setWeight(50);
    gateway.runUntil(104);
    expect(statusCounts(gateway)[`${primaryNode} 200`]).below(100);
  });
});

describe("Flagger's rule, simulated", () => {
  it("promotes a clean release one interval after the last step", () => {
    expect(flagger(release())).deep.include({ ending: "promoted", seconds: 50 });
  });

  it("rolls back at the tick after the threshold is reached", () => {
    // Ten bad ticks of 10 s; the eleventh sees the threshold reached.
    expect(flagger(release({ canaryFailure: 1 }))).deep.include({ ending: "rolledBack", seconds: 110 });
  });

  it("sees the route as a whole: 5% of a canary at weight 10 are half a percent", () => {
    const steps = [10];
    expect(flagger(release({ canaryFailure: 0.05, steps })).ending).equal("promoted");
    expect(flagger(release({ primaryFailure: 0.05, steps })).ending).equal("rolledBack");
  });

  it("waits at a closed gate, and goes on checking", () => {
    expect(flagger(release({ gateClosed: true, fault: { fromSecond: 500, failure: 1 } }))).deep.include({
      ending: "rolledBack",
      secondsFromFault: 110,
    });
  });

  it("judges latency by the last half minute", () => {
    expect(flagger(release({ canarySlow: 1 })).ending).equal("rolledBack");
  });
});

describe("our rule, simulated", function () {
  this.timeout(60_000);

  it("promotes a clean release as soon as Flagger's", () => {
    expect(ours(release())).deep.include({ ending: "promoted", seconds: 50 });
  });

  it("doesn't blame the canary for the primary", () => {
    expect(ours(release({ primaryFailure: 0.05 })).ending).equal("promoted");
  });

  it("rolls a disaster back within seconds, on a handful of requests", () => {
    const outcome = ours(release({ canaryFailure: 1 }));
    expect(outcome.ending).equal("rolledBack");
    expect(outcome.seconds).at.most(8);
    expect(outcome.requestsToVerdict).at.most(10);
    expect(outcome.requestsServedToZero).at.least(outcome.requestsToVerdict ?? Infinity);
    expect(outcome.failedUserRequests).equal(outcome.requestsServedToZero);
  });

  it("counts the failures of a wrong promotion for five minutes", () => {
    const wrong = flagger(release({ canaryFailure: 0.009, steps: [10] }));
    expect(wrong.ending).equal("promoted");
    // 0.9% of 20 requests a second for 300 s are 54.
    expect(wrong.failedUserRequests).within(20, 100);
  });
});

describe("the scenarios", function () {
  this.timeout(60_000);

  it("are what their names say", () => {
    const of = (name: (typeof scenarioNames)[number]) =>
      Array.from({ length: 300 }, (_, index) => releaseOf(name, index, 5));
    for (const each of of("healthy")) {
      expect(each.canary.failure).equal(each.primary.failure).at.most(0.005);
      expect(each.requestsPerSecond).within(1, 500);
      expect(each.steps[0]).within(5, 50);
      expect(each.settings).deep.include({ interval: 60, confidence: 0.999, minRequests: 10 });
    }
    for (const each of of("at-limit")) expect(each.canary.failure).equal(0.01);
    for (const [name, share] of [
      ["fail-100", 1],
      ["fail-25", 0.25],
      ["fail-5", 0.05],
    ] as const)
      for (const each of of(name))
        expect({ ...each, ...each.canary }).deep.include({
          failure: share,
          requestsPerSecond: 20,
          steps: [10, 20, 30, 40, 50],
        });
    for (const each of of("fail-2")) {
      expect(each.canary.failure).equal(0.02);
      expect(each.requestsPerSecond).equal(200);
    }
    for (const each of of("latency-30")) expect(each.canary.slow).equal(0.3);
  });

  it("run as often as it takes", () => {
    expect(runsOf("healthy", 6000)).equal(6000);
    // What may be missed once in a thousand is seen in a thousand runs at least.
    for (const name of ["at-limit", "thin-1", "thin-0.7", "thin-0.1", "torn-scrapes"] as const)
      expect(runsOf(name, 6000)).at.least(1000);
    for (const name of scenarioNames) expect(runsOf(name, 6000)).at.least(100);
  });

  it("end the same in one piece and in two", () => {
    const all = simulate({ scenario: "fail-25", seed: 9, from: 0, to: 6 });
    const parts = [0, 3].map((from) => simulate({ scenario: "fail-25", seed: 9, from, to: from + 3 }));
    expect(parts.flatMap((part) => part.ours)).deep.equal(all.ours);
    expect(parts.flatMap((part) => part.flagger)).deep.equal(all.flagger);
  });
});
