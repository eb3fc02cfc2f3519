import { expect } from "chai";
import { Counting } from "../../../bench/scale/counting.js";
import { Lateness } from "../../../bench/scale/lateness.js";
import { percentile } from "../../../bench/scale/report.js";
import { parseAnswer, rawSeriesOf } from "../../../release/adapters/prometheus/answers.js";
import { gatewayCounters } from "../../../release/adapters/prometheus/counters.js";

describe("bench: lateness", () => {
  it("is by how much a check comes later than asked, never less than nothing", () => {
    const lateness = new Lateness(2000);
    for (const atMs of [0, 2000, 4030, 5000]) lateness.checked("a", atMs);
    expect(lateness.values).to.deep.equal([0, 30, 0]);
  });

  it("is told apart by release, and begins anew with each run", () => {
    const lateness = new Lateness(2000);
    lateness.checked("a", 0);
    lateness.checked("b", 1000);
    lateness.checked("a", 2010);
    lateness.end("a");
    lateness.checked("a", 60_000);
    expect(lateness.values).to.deep.equal([10]);
  });

  it("percentiles are values that were seen", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(values, 0.5)).to.equal(50);
    expect(percentile(values, 0.99)).to.equal(99);
    expect(percentile([7], 0.99)).to.equal(7);
  });
});

describe("bench: a gateway that follows the weights", () => {
  const split = { primary: "10.200.0.1", canary: "10.200.0.2", canaryWeight: 10 };

  /** Increase of the status counter of each node, as our own adapter reads it. */
  function increases(answer: object): Readonly<Record<string, number>> {
    const parsed = parseAnswer(JSON.stringify(answer));
    if (parsed.kind === "error") throw new Error(parsed.message);
    const counters = gatewayCounters(rawSeriesOf(parsed.data) ?? [], "apisix_", 2);
    if (counters.kind === "error") throw new Error(counters.message);
    const series = counters.series.filter(({ kind }) => kind === "status");
    return Object.fromEntries(
      series.map(({ node, points }) => [node, (points.at(-1)?.value ?? 0) - (points[0]?.value ?? 0)]),
    );
  }

  it("counts both versions by their weights", () => {
    const counting = new Counting();
    for (let scrape = 0; scrape <= 5; scrape++) counting.scrape("ns_route", split, scrape * 2);
    expect(increases(counting.answer("ns_route", 60, 10))).to.deep.equal({ "10.200.0.1": 180, "10.200.0.2": 20 });
  });

  it("answers with the samples of the window alone, and with nothing for another route", () => {
    const counting = new Counting();
    for (let scrape = 0; scrape <= 5; scrape++) counting.scrape("ns_route", split, scrape * 2);
    expect(increases(counting.answer("ns_route", 5, 10))).to.deep.equal({ "10.200.0.1": 72, "10.200.0.2": 8 });
    expect(increases(counting.answer("ns_other", 60, 10))).to.deep.equal({});
  });
});
