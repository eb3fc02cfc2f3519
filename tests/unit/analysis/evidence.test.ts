import { expect } from "chai";
import fc from "fast-check";
import { upperTail } from "../../../release/analysis/evidence/binomial-tail.js";
import { budgetOf, expectedFailures } from "../../../release/analysis/evidence/budget.js";
import { confidenceOf, logEvidenceAbove, logEvidenceBelow } from "../../../release/analysis/evidence/e-process.js";
import { addBlock, comparisonEvidence, noBlocks } from "../../../release/analysis/evidence/two-sample.js";
import { analysis } from "../../../release/settings/index.js";
import { probabilities } from "./binomial.js";
import { above, below, blocks, expected, tails } from "./golden.js";

const limits = fc.double({ min: 0.001, max: 0.6, noNaN: true });
const nulls = fc.double({ min: 0, max: 1, noNaN: true });

function expectation(n: number, p: number, log: (events: number) => number): number {
  return probabilities(n, p).reduce((sum, weight, k) => sum + (weight === 0 ? 0 : weight * Math.exp(log(k))), 0);
}

describe("evidence, against SciPy", () => {
  for (const [limit, count, events, log] of above)
    it(`${events} of ${count} against at most ${limit}`, () => {
      expect(logEvidenceAbove(limit, { count, events })).closeTo(log, 1e-8 * Math.max(1, Math.abs(log)));
    });
  for (const [limit, count, events, log] of below)
    it(`${events} of ${count} against at least ${limit}`, () => {
      expect(logEvidenceBelow(limit, { count, events })).closeTo(log, 1e-8 * Math.max(1, Math.abs(log)));
    });
  for (const [limit, count, events, tail] of tails)
    it(`p-value of ${events} of ${count} at ${limit}`, () => {
      expect(upperTail(limit, { count, events })).closeTo(tail, 1e-10 * Math.max(tail, 1e-6));
    });
  for (const { subject, baseline, past, maxIncrease, logs } of blocks)
    it(`${subject[1]} of ${subject[0]} beside ${baseline[1]} of ${baseline[0]}, ${maxIncrease} more allowed`, () => {
      const trials = ([count, events]: readonly [number, number]) => ({ count, events });
      const block = { subject: trials(subject), baseline: trials(baseline) };
      const found = addBlock(noBlocks, block, trials(past), maxIncrease);
      expect(found.length).equal(logs.length);
      found.forEach((log, index) => expect(log).closeTo(logs[index] ?? NaN, 1e-6));
    });
  for (const [threshold, error, value] of expected)
    it(`${threshold} failed checks with probability ${error}`, () => {
      expect(expectedFailures(threshold, error)).closeTo(value, 1e-9 * value);
    });
});

describe("evidence under the null", function () {
  this.timeout(60_000);

  it("is expected to be exactly 1 at the limit, and at most 1 below it", () => {
    fc.assert(
      fc.property(limits, nulls, fc.integer({ min: 1, max: 60 }), (limit, part, n) => {
        const of = (k: number): number => logEvidenceAbove(limit, { count: n, events: k });
        expect(expectation(n, limit, of)).closeTo(1, 1e-7);
        expect(expectation(n, limit * part, of)).at.most(1 + 1e-7);
      }),
      { numRuns: 60 },
    );
  });

  it("is a supermartingale: one more trial doesn't raise what is expected", () => {
    fc.assert(
      fc.property(limits, nulls, fc.nat(300), fc.nat(300), (limit, part, failed, good) => {
        const p = limit * part;
        const value = (events: number, others: number): number =>
          Math.exp(logEvidenceAbove(limit, { count: events + others, events }));
        const now = value(failed, good);
        fc.pre(Number.isFinite(now) && now > 1e-200 && now < 1e200);
        expect(p * value(failed + 1, good) + (1 - p) * value(failed, good + 1)).at.most(now * (1 + 1e-7));
        const atLimit = limit * value(failed + 1, good) + (1 - limit) * value(failed, good + 1);
        expect(atLimit / now).closeTo(1, 1e-6);
      }),
    );
  });

  it("mirrored, for the proof that a probability is below its limit", () => {
    fc.assert(
      fc.property(limits, nulls, fc.integer({ min: 1, max: 60 }), (limit, part, n) => {
        const of = (k: number): number => logEvidenceBelow(limit, { count: n, events: k });
        expect(expectation(n, limit, of)).closeTo(1, 1e-7);
        expect(expectation(n, limit + (1 - limit) * part, of)).at.most(1 + 1e-7);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps Ville's bound however often it is looked at, exactly, over 400 trials", () => {
    for (const limit of [0.01, 0.1])
      for (const alpha of [0.05, 0.001])
        expect(crossing(limit, alpha, 400))
          .above(0)
          .at.most(alpha);
  });

  it("holds for the comparison with the primary, both rates unknown", () => {
    const sizes = fc.integer({ min: 1, max: 14 });
    fc.assert(
      fc.property(
        sizes,
        sizes,
        nulls,
        nulls,
        fc.constantFrom(0, 0.01, 0.1),
        fc.nat(5),
        (m, n, x, part, delta, before) => {
          const primary = probabilities(m, x);
          const canary = probabilities(n, Math.min(1, x + delta) * part);
          let sum = 0;
          primary.forEach((there, k) =>
            canary.forEach((here, l) => {
              const block = { subject: { count: n, events: l }, baseline: { count: m, events: k } };
              const comparison = addBlock(noBlocks, block, { count: 10, events: before }, delta);
              sum += there * here * Math.exp(comparisonEvidence(comparison));
            }),
          );
          expect(sum).at.most(1 + 1e-6);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Exact probability that the evidence ever reaches 1/alpha within n trials at the limit. */
function crossing(limit: number, alpha: number, n: number): number {
  let alive = new Map([[0, 1]]);
  let crossed = 0;
  for (let count = 1; count <= n; count += 1) {
    const next = new Map<number, number>();
    for (const [events, weight] of alive)
      for (const [more, p] of [
        [0, 1 - limit],
        [1, limit],
      ] as const) {
        const k = events + more;
        if (logEvidenceAbove(limit, { count, events: k }) >= -Math.log(alpha)) crossed += weight * p;
        else next.set(k, (next.get(k) ?? 0) + weight * p);
      }
    alive = next;
  }
  return crossed;
}

describe("evidence, monotone", () => {
  const trials = fc.tuple(limits, fc.integer({ min: 1, max: 5000 }), fc.nat(5000));

  it("more failures never lower it, more successes never raise it", () => {
    fc.assert(
      fc.property(trials, ([limit, count, some]) => {
        const events = some % count;
        const now = logEvidenceAbove(limit, { count, events });
        // Too far below any evidence it is -Infinity.
        const room = Number.isFinite(now) ? 1e-7 * Math.max(1, Math.abs(now)) : 0;
        expect(logEvidenceAbove(limit, { count, events: events + 1 })).at.least(now - room);
        expect(logEvidenceAbove(limit, { count: count + 1, events: events + 1 })).at.least(now - room);
        expect(logEvidenceAbove(limit, { count: count + 1, events })).at.most(now + room);
      }),
    );
  });

  it("holds where numbers end, too", () => {
    const limit = 0.16671805725302655;
    const now = logEvidenceAbove(limit, { count: 4038, events: 4 });
    expect(logEvidenceAbove(limit, { count: 4039, events: 4 })).at.most(now);
    expect(logEvidenceAbove(limit, { count: 4038, events: 5 })).at.least(now);
  });

  it("a stricter limit never lowers it where the share is beyond both", () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 2000 }), (count) => {
        const events = Math.ceil(count * 0.2);
        expect(logEvidenceAbove(0.01, { count, events })).at.least(logEvidenceAbove(0.05, { count, events }));
      }),
    );
  });

  it("more failures never raise a p-value", () => {
    fc.assert(
      fc.property(trials, ([limit, count, some]) => {
        const events = some % count;
        expect(upperTail(limit, { count, events: events + 1 })).at.most(upperTail(limit, { count, events }) + 1e-12);
      }),
    );
  });

  it("is nothing from nothing, and all from what can't be", () => {
    expect(logEvidenceAbove(0.01, { count: 0, events: 0 })).equal(0);
    expect(logEvidenceAbove(1, { count: 5, events: 5 })).equal(0);
    expect(logEvidenceAbove(0, { count: 5, events: 1 })).equal(Infinity);
    expect(logEvidenceAbove(0, { count: 5, events: 0 })).equal(0);
    expect(logEvidenceBelow(1, { count: 5, events: 4 })).equal(Infinity);
    expect(logEvidenceBelow(0.01, { count: 0, events: 0 })).equal(0);
    expect([upperTail(0.01, { count: 9, events: 0 }), upperTail(0, { count: 9, events: 1 })]).deep.equal([1, 0]);
    expect([confidenceOf(-3), confidenceOf(0), confidenceOf(Infinity)]).deep.equal([0, 0, 1]);
    expect(confidenceOf(Math.log(1000))).closeTo(0.999, 1e-12);
  });
});

describe("error budget", () => {
  const settings = (threshold: number) =>
    analysis.parse({ interval: "10s", stepWeight: 10, maxWeight: 50, threshold, confidence: 0.999 });
  const sharesOf = (hypotheses: number, critical: number) => ({ hypotheses, critical });

  it("is never spent twice: evidence of all checks and failed checks together stay within it", () => {
    for (const threshold of [1, 2, 10])
      for (const [hypotheses, critical] of [
        [1, 0],
        [2, 0],
        [3, 1],
      ] as const) {
        const { failLog, failedCheckLevel } = budgetOf(settings(threshold), {}, sharesOf(hypotheses, critical));
        const intervals = Array.from({ length: 20_000 }, (_, index) => index);
        const spent = (isCritical: boolean): number =>
          intervals.reduce((sum, index) => sum + failedCheckLevel(index, isCritical), 0);
        const ordinary = hypotheses - critical;
        const falseChecks = ordinary * spent(false);
        const counted = Math.min(falseChecks / threshold, chernoff(threshold, falseChecks));
        const all = hypotheses * Math.exp(-failLog) + critical * spent(true) + counted;
        expect(all, `threshold ${threshold}, ${hypotheses} checks`)
          .above(0.0008)
          .at.most(0.001 * (1 + 1e-9));
      }
  });

  it("takes only its part where several analyses share a release", () => {
    const whole = budgetOf(settings(1), {}, sharesOf(2, 0)).failLog;
    expect(budgetOf(settings(1), { budgetShare: 0.5 }, sharesOf(2, 0)).failLog).closeTo(whole + Math.log(2), 1e-12);
  });

  it("bounds the number of false failed checks: shown exactly on independent intervals", () => {
    for (const threshold of [2, 5, 10]) {
      const error = 1e-3;
      const count = 200;
      const each = expectedFailures(threshold, error) / count;
      expect(upperTail(each, { count, events: threshold })).at.most(error);
    }
  });
});

/** P(N ≥ T) ≤ e^-A (eA/T)^T for A < T. */
function chernoff(threshold: number, mean: number): number {
  return Math.exp(-mean + threshold * (1 + Math.log(mean / threshold)));
}
