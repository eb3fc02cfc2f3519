import { expect } from "chai";
import { pack, unpack } from "../../../release/adapters/report-store/pack.js";
import { judge } from "../../../release/machine/index.js";
import {
  observationOf,
  readReport,
  replay,
  settingsOf,
  withoutOldest,
  writtenReport,
} from "../../../release/report/index.js";
import type { WrittenReport } from "../../../release/report/index.js";
import { recordRun } from "./recorded-run.js";

const written = (json: string): WrittenReport => writtenReport.parse(JSON.parse(json));

describe("the size of a report", () => {
  it("is small for a whole release", async () => {
    const { json } = await recordRun({ analysis: { stepWeightPromotion: 10 } });
    const packed = await pack(written(json));
    expect(readReport(json).ticks.length).to.be.greaterThan(30);
    expect(packed.length).to.be.lessThan(20_000);
    expect(await unpack(packed)).to.equal(json);
  });

  it("loses the oldest checks alone, and nothing of the others", async () => {
    const { json, report } = await recordRun({ analysis: { stepWeightPromotion: 10 } });
    for (const count of [9, 20, report.ticks.length - 1]) {
      const shorter = readReport(JSON.stringify(withoutOldest(written(json), count)));
      expect(shorter.ticksLeftOut).to.equal(count);
      expect(shorter.ticks.map((tick) => observationOf(shorter, tick))).to.deep.equal(
        report.ticks.slice(count).map((tick) => observationOf(report, tick)),
      );
      expect(JSON.stringify(shorter.series).length).to.be.lessThan(JSON.stringify(report.series).length);
    }
  });

  it("is kept below the limit, with a note; such a report can't be decided again", async () => {
    const { json, report } = await recordRun({ analysis: { stepWeightPromotion: 10 } });
    const limit = Math.round((await pack(written(json))).length * 0.7);
    const packed = await pack(written(json), limit);
    expect(packed.length).to.be.at.most(limit);
    const kept = readReport(await unpack(packed));
    expect(kept.ticksLeftOut).to.be.greaterThan(0);
    expect(kept.ticks.length).to.be.greaterThan(0);
    expect(kept.ticksLeftOut + kept.ticks.length).to.equal(report.ticks.length);
    expect(kept.ticks.at(-1)?.decision).to.deep.equal(report.ticks.at(-1)?.decision);
    expect(() => replay(kept, settingsOf(kept), judge)).to.throw(
      `the ${kept.ticksLeftOut} oldest checks were left out of this report, so that it can't be decided again`,
    );
  });

  it("says in one line what can't be unpacked", async () => {
    const error = await unpack("bm9uc2Vuc2U=").catch((reason: unknown) => reason);
    expect(error)
      .to.be.instanceOf(Error)
      .with.property("message")
      .that.matches(/^the stored report can't be unpacked/);
  });
});

describe("reading a report", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["nonsense", /^is not a report: not JSON$/],
    ["[]", /^is not a report: Invalid input: expected object, received array$/],
    ['{"version":2}', /^is not a report: version: is of a version that this program can't read \(it reads 1\)$/],
    ['{"version":1}', /^is not a report: release: /],
  ];
  for (const [text, message] of wrong)
    it(`answers ${text} in one line`, () => {
      expect(() => readReport(text)).to.throw(message);
    });
});
