import { expect } from "chai";
import fc from "fast-check";
import { judge } from "../../../release/machine/index.js";
import { observationOf, parseChange, readReport, replay, settingsOf } from "../../../release/report/index.js";
import type { Report } from "../../../release/report/index.js";
import { reportText } from "../../../cli/report-text.js";
import { recordRun } from "./recorded-run.js";
import type { Conditions } from "./recorded-run.js";

const again = (report: Report, ...changes: readonly string[]) =>
  replay(report, settingsOf(report, changes.map(parseChange)), judge);
const differences = (report: Report) => again(report).flatMap((each) => each.differences);

const strict = [{ name: "request-success-rate" as const, thresholdRange: { min: 99.5 } }];

const runs: readonly (readonly [string, Conditions, Report["outcome"]])[] = [
  ["a good release", {}, "promoted"],
  ["a good release that is shifted back in steps", { analysis: { stepWeightPromotion: 20 } }, "promoted"],
  ["one that fails", { canary: { failingShare: 0.3, slowShare: 0 } }, "failed"],
  ["one that is slow", { canary: { failingShare: 0, slowShare: 0.3 } }, "failed"],
  ["one that fails a little", { canary: { failingShare: 0.03, slowShare: 0 } }, "failed"],
  [
    "one whose primary fails after the promotion",
    { analysis: { stepWeightPromotion: 20 }, promoted: { failingShare: 0.5, slowShare: 0 } },
    "promotionFailed",
  ],
  [
    "one with Prometheus away for a while",
    {
      meanwhile: (world) => {
        world.clock.at(15_000, () => (world.metricsAway = true));
        world.clock.at(35_000, () => (world.metricsAway = false));
      },
    },
    "promoted",
  ],
  [
    "one with analyses of its own beside the steps",
    {
      analysis: {
        prePromotion: { metrics: strict, iterations: 2 },
        postPromotion: { metrics: strict, iterations: 2 },
        background: [{ metrics: strict }],
      },
    },
    "promoted",
  ],
  [
    "one beside a baseline that behaves as it does",
    {
      analysis: { baseline: true },
      canary: { failingShare: 0.03, slowShare: 0 },
      meanwhile: (world) => {
        world.applyBaseline("r1");
        world.behaviour.baseline = world.behaviour.canary;
      },
    },
    "promoted",
  ],
  ["an A/B release", { analysis: { match: [{ headers: { "x-beta": { exact: "1" } } }], iterations: 2 } }, "promoted"],
  [
    "one that is aborted",
    { meanwhile: (world) => world.clock.at(20_000, () => (world.object!.commands["abort"] = "by hand")) },
    "failed",
  ],
];

describe("a stored report", () => {
  for (const [name, conditions, outcome] of runs)
    it(`of ${name} is decided again as it was`, async () => {
      const { report, seen } = await recordRun(conditions);
      expect(report.outcome).to.equal(outcome);
      expect(report.ticks.length).to.be.greaterThan(1);
      expect(report.ticks.map((tick) => observationOf(report, tick))).to.deep.equal(
        seen.map(({ observation }) => observation),
      );
      expect(report.ticks.map(({ decision }) => decision.verdict)).to.deep.equal(
        seen.map(({ assessment }) => assessment.verdict.kind),
      );
      expect(differences(report)).to.deep.equal([]);
    });

  it("names its analyses, and tells those that ran at the same time apart", async () => {
    const [, conditions] = runs.find(([name]) => name.includes("of its own")) ?? ["", {}];
    const { report } = await recordRun(conditions);
    expect(report.analyses.map(({ subject, name }) => `${subject}: ${name ?? "steps"}`)).to.deep.equal([
      "canary: steps",
      "canary: background analysis 1",
      "canary: pre-promotion analysis",
      "primary: steps",
      "primary: post-promotion analysis",
    ]);
    const text = reportText(report);
    expect(text).to.match(/pass +x\d+ +background analysis 1: success rate/);
    expect(text).to.match(/pass +x\d+ +post-promotion analysis: success rate/);
  });

  it("of any release is decided again as it was", async () => {
    const share = fc.constantFrom(0, 0.001, 0.01, 0.05, 0.5, 1);
    const behaviour = fc.record({ failingShare: share, slowShare: share });
    const analysis = fc.record({
      interval: fc.constantFrom("5s", "10s", "12s"),
      stepWeight: fc.constantFrom(5, 20, 50),
      stepWeightPromotion: fc.constantFrom(0, 25),
      confidence: fc.constantFrom(0.9, 0.999),
      threshold: fc.constantFrom(1, 3),
    });
    const away = fc.option(fc.record({ from: fc.nat(60_000), length: fc.nat(40_000) }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(behaviour, behaviour, analysis, away, async (canary, promoted, chosen, gap) => {
        const { report, seen } = await recordRun({
          canary,
          promoted,
          analysis: chosen,
          meanwhile: (world) => {
            if (gap === undefined) return;
            world.clock.at(gap.from, () => (world.metricsAway = true));
            world.clock.at(gap.from + gap.length, () => (world.metricsAway = false));
          },
        });
        expect(report.ticks).to.have.length(seen.length);
        expect(differences(report)).to.deep.equal([]);
      }),
      { numRuns: 12 },
    );
  }).timeout(60_000);

  it("tells the analysis and the promotion of one run", async () => {
    const { report } = await recordRun({ analysis: { stepWeightPromotion: 20 } });
    expect(report.analyses.map(({ subject }) => subject)).to.deep.equal(["canary", "primary"]);
    expect(new Set(report.ticks.map(({ analysis }) => analysis))).to.deep.equal(new Set([0, 1]));
    expect(report.ticks.at(-1)?.canaryWeight).to.equal(10);
    const said = report.announcements.map(({ message }) => message);
    expect(said[0]).to.equal("New revision detected! Scaling up podinfo.test");
    expect(said).to.include("Promotion completed! Scaling down podinfo.test");
  });

  it("shows where another setting decides differently", async () => {
    const { report } = await recordRun({ canary: { failingShare: 0.3, slowShare: 0 } });
    const changed = again(report, "analysis.metrics[0].thresholdRange.min=50");
    expect(changed.filter(({ differences: found }) => found.length > 0)).not.to.be.empty;
    expect(changed.map(({ decision }) => decision.verdict)).not.to.include("failNow");
    expect(report.ticks.map(({ decision }) => decision.verdict)).to.include("failNow");
  });

  it("notices a record that was changed", async () => {
    const { json } = await recordRun({ canary: { failingShare: 0.3, slowShare: 0 } });
    const forged = readReport(json.replaceAll('"verdict":"failNow"', '"verdict":"pass"'));
    expect(differences(forged)).not.to.be.empty;
  });

  const wrong: readonly (readonly [string, string])[] = [
    ["analysis.confidence=2", "analysis.confidence: Too big: expected number to be <1"],
    ["analysis.metrics[0].thresholdRange.min=lots", "analysis.metrics[0].thresholdRange.min: "],
    ["analysis.confidenze=0.9", "analysis.confidenze: is not a known setting"],
    ["analysis.interval=soon", 'analysis.interval: not a duration: "soon"; write it like "10s" or "1m30s"'],
    ["replicas=3", "replicas has no part in the decisions: analysis.… and scrapeInterval have"],
    ["analysis.confidence", '"analysis.confidence" is not a setting: write it like analysis.confidence=0.99'],
    ["analysis.__proto__.polluted=1", '"analysis.__proto__.polluted=1" is not a setting'],
  ];
  for (const [setting, message] of wrong)
    it(`answers --set ${setting} in one line`, async () => {
      const { report } = await recordRun({ canary: { failingShare: 1, slowShare: 0 } });
      expect(() => again(report, setting)).to.throw(Error, message);
      try {
        again(report, setting);
      } catch (error) {
        expect(String(error)).not.to.contain("\n");
      }
    });
});
