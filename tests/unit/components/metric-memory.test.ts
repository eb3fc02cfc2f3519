import { expect } from "chai";
import fc from "fast-check";
import { defaultLatencyBuckets, latencyBuckets } from "../../../components/apisix/buckets.js";
import { metricMemory, seriesPerPair, usualPairs } from "../../../components/apisix/metric-memory.js";
import type { MetricPairs } from "../../../components/apisix/metric-memory.js";

const mebibyte = 1024 * 1024;
/** Measured on APISIX 3.17: bytes of the dictionary for one route and address at 15 buckets, one answer, no class. */
const measuredBytesPerPair = 53_000;
const measuredShape = { buckets: 15, methodClasses: 1, answers: 1 };

const shapes: fc.Arbitrary<MetricPairs> = fc.record({
  pairs: fc.integer({ min: 1, max: 20_000 }),
  buckets: fc.integer({ min: 1, max: 60 }),
  methodClasses: fc.integer({ min: 1, max: 3 }),
  answers: fc.integer({ min: 1, max: 10 }),
  keyBytes: fc.integer({ min: 100, max: 900 }),
});
const grown: readonly (keyof MetricPairs)[] = ["pairs", "buckets", "methodClasses", "answers", "keyBytes"];

describe("memory for the gateway's metrics", () => {
  it("counts the series that the plugin makes of a pair: those of the recording", () => {
    expect(seriesPerPair(measuredShape)).to.equal(57);
  });

  it("is at least what was measured, and not much more", () => {
    const { dictionaryMiB } = metricMemory({ ...measuredShape, pairs: 1000, keyBytes: 400 });
    const measuredMiB = (1000 * measuredBytesPerPair) / mebibyte;
    expect(dictionaryMiB).to.be.within(measuredMiB, measuredMiB * 1.2);
    // 10 MB of it were full at some 190 pairs.
    expect(metricMemory({ ...measuredShape, pairs: 190, keyBytes: 400 }).dictionaryMiB).to.be.within(10, 12);
  });

  it("fits 1,000 pairs by default, each with reads, writes and other methods, at our own buckets", () => {
    const buckets = defaultLatencyBuckets.length;
    const bytes = measuredBytesPerPair * (seriesPerPair({ ...usualPairs, buckets }) / seriesPerPair(measuredShape));
    const { dictionaryMiB } = metricMemory({ ...usualPairs, buckets });
    expect(usualPairs).to.include({ pairs: 1000, methodClasses: 3 });
    expect(dictionaryMiB * mebibyte).to.be.at.least(1000 * bytes);
  });

  it("is never too small for its pairs, whatever their shape", () => {
    fc.assert(
      fc.property(shapes, (asked) => {
        const { dictionaryMiB, textMiB } = metricMemory(asked);
        const series = asked.pairs * seriesPerPair(asked);
        const measured = (series * measuredBytesPerPair) / seriesPerPair(measuredShape);
        // The measured names had some 210 bytes: from there on an entry only grows.
        if (asked.keyBytes >= 210) expect(dictionaryMiB * mebibyte).to.be.at.least(measured);
        expect(dictionaryMiB * mebibyte).to.be.at.least(series * 2 * asked.keyBytes);
        // One text, and another one beside it while it is stored, at the 190 bytes measured for a line.
        expect(textMiB * mebibyte).to.be.at.least(series * 190 * 2);
      }),
    );
  });

  it("grows with each of them", () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(...grown), (asked, name) => {
        const before = metricMemory(asked);
        const after = metricMemory({ ...asked, [name]: asked[name] + 1 });
        expect(after.dictionaryMiB).to.be.at.least(before.dictionaryMiB);
        expect(after.textMiB).to.be.at.least(before.textMiB);
      }),
    );
  });
});

describe("the bounds of the latency histogram", () => {
  it("have the common limits among them by default", () => {
    expect(defaultLatencyBuckets).to.include.members([
      50, 100, 150, 200, 250, 300, 400, 500, 750, 1000, 1500, 2000, 3000,
    ]);
    expect(latencyBuckets(defaultLatencyBuckets)).to.deep.equal(defaultLatencyBuckets);
  });

  it("are APISIX's own and more, so that dashboards keep working", () => {
    const own = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];
    expect(defaultLatencyBuckets).to.include.members(own);
  });

  it("ascend, each once, and are the ones that were given", () => {
    const bound = fc.integer({ min: 1, max: 3_600_000 });
    fc.assert(
      fc.property(fc.array(bound, { minLength: 1, maxLength: 60 }), (given) => {
        const bounds = latencyBuckets(given);
        expect(new Set(bounds)).to.deep.equal(new Set(given));
        expect(bounds.every((each, index) => index === 0 || each > (bounds[index - 1] ?? 0))).to.equal(true);
      }),
    );
  });

  it("are whole milliseconds, and not without end", () => {
    for (const wrong of [0, -5, 1.5, NaN, Infinity, 3_600_001])
      expect(() => latencyBuckets([100, wrong])).to.throw(Error, /^latencyBuckets: .* must be a whole number/);
    const many = Array.from({ length: 61 }, (_, index) => index + 1);
    expect(() => latencyBuckets(many)).to.throw(Error, "latencyBuckets: 61 bounds are too many");
  });
});
