import { expect } from "chai";
import { flagger } from "../../../bench/simulation/flagger.js";
import { canaryNode, Gateway, primaryNode } from "../../../bench/simulation/gateway.js";
import { ours } from "../../../bench/simulation/ours.js";
import { releaseOf, runsOf, scenarioNames } from "../../../bench/simulation/scenarios.js";
import type { Release } from "../../../bench/simulation/scenarios.js";
import { simulate } from "../../../bench/simulation/simulate.js";

/** The article's release at 20 requests a second, with nothing wrong but what is said. */
function release(change: Partial<Release> = {}): Release {
  const plain = { primaryFailure: 0, primarySlow: 0, canaryFailure: 0, canarySlow: 0, resetAtSecond: undefined };
  return { ...releaseOf("fail-100", 3, 11), ...plain, ...change };
}

function statusCounts(gateway: Gateway): Readonly<Record<string, number>> {
  const status = gateway.series().filter(({ kind }) => kind === "status");
  return Object.fromEntries(status.map(({ node, code, points }) => [`${node} ${code}`, points.at(-1)?.value ?? 0]));
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

  it("takes back at the tick after the threshold is reached", () => {
    // Ten bad ticks of 10 s; the eleventh sees the threshold reached.
    expect(flagger(release({ canaryFailure: 1 }))).deep.include({ ending: "rolledBack", seconds: 110 });
  });

  it("sees the route as a whole: 5% of a canary at weight 10 are half a percent", () => {
    const steps = [10];
    expect(flagger(release({ canaryFailure: 0.05, steps })).ending).equal("promoted");
    expect(flagger(release({ primaryFailure: 0.05, steps })).ending).equal("rolledBack");
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

  it("takes a disaster back within seconds, on a handful of requests", () => {
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
      expect(each.canaryFailure).equal(each.primaryFailure).at.most(0.005);
      expect(each.requestsPerSecond).within(1, 500);
      expect(each.steps[0]).within(5, 50);
      expect(each.settings).deep.include({ interval: 60, confidence: 0.999, minRequests: 10 });
    }
    for (const each of of("at-limit")) expect(each.canaryFailure).equal(0.01);
    for (const [name, share] of [
      ["fail-100", 1],
      ["fail-25", 0.25],
      ["fail-5", 0.05],
    ] as const)
      for (const each of of(name))
        expect(each).deep.include({ canaryFailure: share, requestsPerSecond: 20, steps: [10, 20, 30, 40, 50] });
    for (const each of of("fail-2")) expect(each).deep.include({ canaryFailure: 0.02, requestsPerSecond: 200 });
    for (const each of of("latency-30")) expect(each.canarySlow).equal(0.3);
  });

  it("run as often as it takes", () => {
    expect(scenarioNames.map((name) => runsOf(name, 20_000))).deep.equal([
      20_000,
      20_000,
      ...Array<number>(6).fill(2000),
    ]);
  });

  it("end the same in one piece and in two", () => {
    const all = simulate({ scenario: "fail-25", seed: 9, from: 0, to: 6 });
    const parts = [0, 3].map((from) => simulate({ scenario: "fail-25", seed: 9, from, to: from + 3 }));
    expect(parts.flatMap((part) => part.ours)).deep.equal(all.ours);
    expect(parts.flatMap((part) => part.flagger)).deep.equal(all.flagger);
  });
});
