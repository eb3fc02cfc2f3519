import { expect } from "chai";
import { jsonOf } from "../../../bench/publish.js";
import { requirementLines } from "../../../bench/requirement.js";
import type { Scale } from "../../../bench/scale/index.js";
import { scaleMarkdownOf, scaleRequirementsOf } from "../../../bench/scale/index.js";
import { chartOf, jsonRowOf, markdownOf, requirementsOf } from "../../../bench/side-by-side/index.js";
import type { Comparison } from "../../../bench/side-by-side/index.js";
import { runOf, scenarioOf } from "./runs.js";

const failing: Comparison = {
  scenario: scenarioOf("fail-100"),
  ours: [runOf({ secondsToZero: 4 }), runOf({ secondsToZero: 6 }), runOf({ secondsToZero: 8 })],
  flagger: [runOf({ secondsToZero: 110, failedUserRequests: 300 })],
};

const neverReady: Comparison = {
  scenario: scenarioOf("never-ready"),
  ours: [runOf({ secondsToZero: undefined })],
  flagger: [runOf({ secondsToZero: undefined, outcome: "held", right: false })],
};

const scaleRow = {
  releases: 10,
  p50LatenessMs: 20,
  p99LatenessMs: 90,
  checks: 250,
  peakMemoryMiB: 250,
  cpuCores: 0.1,
  apiRequestsPerReleaseSecond: 4,
  prometheusRequestsPerReleaseSecond: 0.5,
  upSeconds: 80,
  notPromoted: 0,
};

function scaleOf(fifty: Partial<typeof scaleRow>, ratio = 1.1, emptyRatio = ratio): Scale {
  const seconds = { withSeconds: 5 * ratio, withoutSeconds: 5, emptySeconds: 5 * emptyRatio };
  const noop = { ...seconds, ratio, emptyRatio, ownRatio: ratio / emptyRatio };
  return {
    broken: [],
    rows: [scaleRow, { ...scaleRow, releases: 50, cpuCores: 0.5, ...fifty }],
    noop: { releases: 50, up: noop, preview: noop },
    look: { medianMs: 0.5, p99Ms: 2, stateKilobytes: 90 },
  };
}

function missed(scale: Scale): readonly string[] {
  return scaleRequirementsOf(scale)
    .filter(({ met }) => !met)
    .map(({ text }) => text);
}

const abTesting: Comparison = { scenario: scenarioOf("ab-fail-100"), ours: [runOf({})], flagger: [] };

describe("bench: results", () => {
  it("the table, the JSON and the chart say why Flagger has no figures, and make none up", () => {
    const rows = markdownOf([failing, abTesting]).split("\n");
    expect(rows[5]).to.match(/\| Flagger \| no A\/B on APISIX: every user is sent to the canary \| - \| - \|/);
    expect(new Set(rows.map((row) => row.split("|").length)).size).to.equal(1);
    const { flagger } = jsonRowOf(abTesting);
    expect(flagger).to.include({ right: false, failedUserRequests: null });
    expect(flagger["lacks"]).to.match(/every user/);
    const bars = (comparison: Comparison): number => chartOf([comparison]).split("#c0562f").length;
    expect(bars(abTesting)).to.be.lessThan(bars(failing));
  });

  it("the table shows medians, and the spread where runs differ", () => {
    const rows = markdownOf([failing, neverReady]).split("\n");
    expect(rows).to.have.length(6);
    expect(rows[2]).to.match(/canary answers 500 to 100% \| ours \| rolledBack \| yes \| 6\.0 \(4\.0-8\.0\)/);
    expect(rows[3]).to.match(/\| Flagger \| rolledBack \| yes \| 110\.0 \|/);
    expect(rows[5]).to.match(/\| Flagger \| held \| \*\*no\*\* \| - \|/);
    expect(new Set(rows.map((row) => row.split("|").length)).size).to.equal(1);
  });

  it("a row of the JSON file holds exactly the agreed keys, with null where there is no figure", () => {
    const figures = {
      secondsToZero: null,
      wallSeconds: 20,
      failedUserRequests: 3,
      slowUserRequests: 0,
      requestsLostAtScaleDown: 0,
    };
    expect(jsonRowOf(neverReady)).to.deep.equal({
      scenario: "never-ready",
      ours: { outcome: "rolledBack", right: true, ...figures },
      flagger: { outcome: "held", right: false, ...figures },
    });
  });

  it("the JSON file holds rows, scale and the no-op ratio", () => {
    expect(jsonOf([failing], scaleOf({}))).to.deep.include({
      scale: [
        { releases: 10, p50LatenessMs: 20, p99LatenessMs: 90, peakMemoryMiB: 250, cpuCores: 0.1 },
        { releases: 50, p50LatenessMs: 20, p99LatenessMs: 90, peakMemoryMiB: 250, cpuCores: 0.5 },
      ],
      noop: { ratio: 1.1 },
    });
    expect(jsonOf([], undefined)).to.deep.equal({ rows: [], scale: [], noop: { ratio: null } });
  });

  it("a look of the analysis may take a millisecond, and what is kept between two is small", () => {
    expect(missed(scaleOf({}))).to.deep.equal([]);
    const costly = { ...scaleOf({}), look: { medianMs: 1.1, p99Ms: 2, stateKilobytes: 201 } };
    expect(missed(costly)).to.have.length(2);
  });

  it("a tenth of Flagger's seconds and failures is enough at 100%, a little more is not", () => {
    expect(requirementsOf([failing]).map(({ met }) => met)).to.deep.equal([true, true, true]);
    const slower = { ...failing, ours: [runOf({ secondsToZero: 12, failedUserRequests: 31 })] };
    expect(requirementsOf([slower]).map(({ met }) => met)).to.deep.equal([false, false, true]);
  });

  it("a healthy release must keep every interval, lose nobody and take at most 0.8 of Flagger's time", () => {
    const healthy = (rest: Parameters<typeof runOf>[0]): Comparison => ({
      scenario: scenarioOf("healthy"),
      ours: [runOf({ outcome: "promoted", secondsToZero: 52, wallSeconds: 70, failedUserRequests: 0, ...rest })],
      flagger: [runOf({ outcome: "promoted", wallSeconds: 100 })],
    });
    const met = (rest: Parameters<typeof runOf>[0]): readonly boolean[] =>
      requirementsOf([healthy(rest)]).map((each) => each.met);
    expect(met({})).to.deep.equal([true, true, true, true]);
    expect(met({ wallSeconds: 81 })).to.deep.equal([false, true, true, true]);
    expect(met({ failedUserRequests: 1 })).to.deep.equal([true, false, true, true]);
    expect(met({ secondsToZero: 49 })).to.deep.equal([true, true, false, true]);
    expect(met({ right: false })).to.deep.equal([true, true, true, false]);
  });

  it("a figure that could not be measured is not met", () => {
    const lines = requirementLines(requirementsOf([{ ...failing, flagger: [] }]));
    expect(lines).to.contain("**missed**: fail-100, seconds to weight 0, share of Flagger's: not measured");
  });

  it("at scale: lateness, memory, CPU, linear costs and the no-op ratio are judged", () => {
    expect(missed(scaleOf({}))).to.deep.equal([]);
    expect(missed(scaleOf({ p99LatenessMs: 1001 }))).to.have.length(1);
    expect(missed(scaleOf({ peakMemoryMiB: 601 }))).to.have.length(1);
    expect(missed(scaleOf({ cpuCores: 1.1 }))).to.have.length(2);
    expect(missed(scaleOf({ apiRequestsPerReleaseSecond: 6 }))).to.have.length(1);
    expect(missed(scaleOf({}, 1.18))).to.have.length(1);
    expect(missed(scaleOf({}, 1.21))).to.have.length(2);
    expect(missed(scaleOf({}, 1.1, 1.01))).to.deep.equal([]);
    expect(missed(scaleOf({}, 1.1, 0.99))).to.have.length(2);
  });

  it("a number of releases that could not be measured is named, and a miss", () => {
    const broken = { ...scaleOf({}), broken: ["200 releases: the update ended"] };
    expect(missed(broken)).to.have.length(1);
    expect(scaleMarkdownOf(broken)).to.contain("Not measured: 200 releases: the update ended");
  });

  it("the page of the scale part has a row for each number of releases", () => {
    const rows = scaleMarkdownOf(scaleOf({}))
      .split("\n")
      .filter((line) => line.startsWith("|"));
    expect(rows).to.have.length(4);
    expect(new Set(rows.map((row) => row.split("|").length)).size).to.equal(1);
  });

  it("the chart draws a scenario without any weight too", () => {
    const svg = chartOf([failing, neverReady]);
    expect(svg).to.match(/^<svg/);
    expect(svg).to.contain("never-ready").and.not.to.contain("NaN");
  });
});
