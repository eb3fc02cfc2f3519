import { expect } from "chai";
import fc from "fast-check";
import type { CounterSeries, Reading } from "../../../release/analysis/contract.js";
import { SampleLog, readingOf } from "../../../release/report/samples.js";
import { report as schema } from "../../../release/report/document.js";
import type { WrittenTick } from "../../../release/report/document.js";
import { numbers, writeNumbers } from "../../../release/report/numbers.js";

const series = (id: string, points: CounterSeries["points"], more: Partial<CounterSeries> = {}): CounterSeries => ({
  id,
  instance: "i",
  kind: "status",
  node: "10.0.0.1",
  code: "200",
  upstreamStatus: undefined,
  upstreamAddress: undefined,
  upperBoundMs: undefined,
  points,
  ...more,
});

/** Readings as the schema reads them back from JSON. */
function throughJson(readings: readonly Reading[]): readonly Reading[] {
  const log = new SampleLog();
  const written: readonly WrittenTick["reading"][] = readings.map((reading) => log.add(reading));
  const shape = schema.pick({ series: true, lists: true });
  const pools = shape.parse(JSON.parse(JSON.stringify(log.written())));
  const tick = schema.shape.ticks.element.pick({ reading: true });
  return written.map((reading) => readingOf(pools, tick.parse(JSON.parse(JSON.stringify({ reading })))));
}

describe("the samples of a report", () => {
  it("come back exactly as they were, whatever they are", () => {
    const value = fc.oneof(fc.nat(), fc.double({ min: 0 }), fc.constantFrom(Infinity, 1e300, 0.1, -0));
    const point = fc.record({ timeMs: fc.nat(20).map((step) => 1_767_225_600_000 + step * 2000), value });
    const bound = fc.constantFrom(undefined, 1, 500, Infinity);
    const one = fc
      .tuple(fc.constantFrom("a", "b", "c"), fc.array(point, { maxLength: 6 }), bound)
      .map(([id, points, upperBoundMs]) => series(id, points, { upperBoundMs }));
    const outcome = fc.oneof(
      fc.constant({ kind: "noData" } as const),
      fc.record({ kind: fc.constant("value" as const), value: fc.double() }),
      fc.record({ kind: fc.constant("error" as const), message: fc.string() }),
    );
    const reading: fc.Arbitrary<Reading> = fc.oneof(
      fc.record({
        kind: fc.constant("reading" as const),
        series: fc.array(one, { maxLength: 4 }),
        custom: fc.array(fc.record({ metric: fc.string(), outcome }), { maxLength: 2 }),
      }),
      fc.record({ kind: fc.constant("error" as const), message: fc.string() }),
    );
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 8 }), (readings) => {
        expect(throughJson(readings)).to.deep.equal(readings);
      }),
    );
  });

  it("are kept once where readings overlap", () => {
    const log = new SampleLog();
    const point = (step: number) => ({ timeMs: 1000 * step, value: 10 * step });
    for (let step = 0; step < 100; step += 1)
      log.add({ kind: "reading", custom: [], series: [series("a", [step, step + 1, step + 2, step + 3].map(point))] });
    const [only, ...others] = log.written().series;
    expect(others).to.be.empty;
    expect(numbers.parse(only?.timesMs)).to.have.length(103);
    expect(log.written().lists).to.deep.equal([[0]]);
  });

  it("that were corrected afterwards are both kept", () => {
    const before: Reading = { kind: "reading", custom: [], series: [series("a", [{ timeMs: 1, value: 1 }])] };
    const after: Reading = { kind: "reading", custom: [], series: [series("a", [{ timeMs: 1, value: 2 }])] };
    expect(throughJson([before, after, before])).to.deep.equal([before, after, before]);
  });

  it("write whole numbers as steps and all others as they are", () => {
    expect(writeNumbers([1000, 1010, 1005])).to.deep.equal({ steps: [1000, 10, -5] });
    expect(writeNumbers([0.1, Infinity])).to.deep.equal({ raw: [0.1, "Infinity"] });
  });
});
