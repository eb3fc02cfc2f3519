import { expect } from "chai";
import fc from "fast-check";
import {
  lateEvidence,
  logEvidenceAbove,
  noLateStarts,
  startLate,
} from "../../../release/analysis/evidence/e-process.js";
import { addShare, freshShares, shareEvidence, startShares } from "../../../release/analysis/evidence/share-process.js";
import { changeWeight, checkWeight, wholeRunWeight } from "../../../release/analysis/evidence/starts.js";
import { addBlock, freshVersus, startVersus } from "../../../release/analysis/evidence/two-sample.js";
import { probabilities } from "./binomial.js";

/** Counts that are known exactly. */
const exactly = (count: number, events: number) => ({ count, atLeast: events, atMost: events });

describe("evidence that starts late", function () {
  this.timeout(60_000);

  it("stays expected at 1 as a mixture over late starts, and at most 1 below the limit", () => {
    const n = 12;
    for (const p of [0.1, 0.04]) {
      const row = probabilities(n, p);
      let sum = 0;
      row.forEach((first, k) =>
        row.forEach((second, l) => {
          const late = startLate(startLate(noLateStarts, 0.1, exactly(0, 0), 0.2), 0.1, exactly(n, k), 0.3);
          const started = Math.exp(lateEvidence(late, 0.1, exactly(2 * n, k + l)));
          const whole = Math.exp(logEvidenceAbove(0.1, { count: 2 * n, events: k + l }));
          sum += first * second * (0.5 * whole + started);
        }),
      );
      if (p === 0.1) expect(sum).closeTo(1, 1e-9);
      else expect(sum).at.most(1);
    }
  });

  it("starts late as if nothing had been before", () => {
    const before = { count: 5000, events: 12 };
    const start = startLate(noLateStarts, 0.01, exactly(before.count, before.events), 1);
    const fresh = startLate(noLateStarts, 0.01, exactly(0, 0), 1);
    fc.assert(
      fc.property(fc.nat(400), fc.nat(60), (good, failed) => {
        const later = exactly(before.count + good + failed, before.events + failed);
        const alone = lateEvidence(fresh, 0.01, exactly(good + failed, failed));
        expect(lateEvidence(start, 0.01, later)).closeTo(alone, 1e-6);
      }),
    );
  });

  it("counts for a late start no event that may have been before it", () => {
    const doubtful = startLate(noLateStarts, 0.01, { count: 100, atLeast: 0, atMost: 6 }, 1);
    const clear = startLate(noLateStarts, 0.01, exactly(100, 6), 1);
    const now = { count: 140, atLeast: 8, atMost: 20 };
    expect(lateEvidence(doubtful, 0.01, now)).closeTo(lateEvidence(clear, 0.01, exactly(140, 8)), 1e-9);
  });

  it("gives all starts together no more than what is left", () => {
    const sum = (weight: (index: number) => number): number =>
      Array.from({ length: 200_000 }, (_, index) => weight(index + 1)).reduce((total, each) => total + each, 0);
    const all = wholeRunWeight + sum(changeWeight) + sum(checkWeight);
    expect(all).above(0.9).at.most(1);
    for (const index of [1, 64, 65, 300]) expect(checkWeight(index)).at.least(checkWeight(index + 1));
    // After ten minutes of checks a start is worth one in ten thousand still.
    expect(checkWeight(300)).above(1e-4);
  });
});

describe("shares of failures per check", () => {
  const limit = 0.01;
  /** Expected value after so many checks of n requests that all share one fate: the worst correlation there is. */
  const togetherValue = (checks: number, n: number, p: number): number => {
    let sum = 0;
    for (let outcome = 0; outcome < 2 ** checks; outcome += 1) {
      let shares = freshShares;
      let weight = 1;
      for (let check = 0; check < checks; check += 1) {
        const failed = ((outcome >> check) & 1) === 1;
        weight *= failed ? p : 1 - p;
        shares = addShare(shares, limit, { count: n, events: failed ? n : 0 });
      }
      sum += weight * Math.exp(shareEvidence(shares));
    }
    return sum;
  };

  it("grow in expectation by their starts alone, though all failures of a check come together", () => {
    const start = Math.exp(shareEvidence(freshShares));
    for (const checks of [1, 2, 5, 8])
      for (const p of [limit, 0.004]) expect(togetherValue(checks, 40, p)).at.most(start + checks / 150 + 1e-9);
  });

  it("are no proof by one burst, whatever its size, and are one by a few checks in a row", () => {
    const healthy = Array<number>(20).fill(0);
    const after = (events: readonly number[]): number =>
      Math.exp(
        shareEvidence(
          [...healthy, ...events].reduce(
            (shares, each) => addShare(shares, limit, { count: 100, events: each }),
            freshShares,
          ),
        ),
      );
    expect(after([100])).below(6);
    expect(after([60, 0, 0])).below(6);
    expect(after([100, 100])).above(6);
    expect(after([25, 25, 25])).above(6);
    expect(after([5, 5, 5, 5, 5])).above(6);
  });

  it("let a canary whose first requests all fail go at once, also after a change of weight", () => {
    const all = { count: 3, events: 3 };
    expect(Math.exp(shareEvidence(addShare(freshShares, limit, all)))).above(6);
    const calm = [1, 2, 3].reduce((shares) => addShare(shares, limit, { count: 50, events: 0 }), freshShares);
    expect(Math.exp(shareEvidence(addShare(calm, limit, all)))).below(6);
    expect(Math.exp(shareEvidence(addShare(startShares(calm, 1), limit, all)))).above(6);
  });

  it("stay finite: a state is JSON", () => {
    let shares = freshShares;
    for (let check = 0; check < 2000; check += 1) shares = addShare(shares, limit, { count: 10, events: 0 });
    for (const each of [...shares, ...noLateStarts]) expect(Number.isFinite(each)).equal(true);
  });
});

describe("the comparison, with starts at every check", () => {
  it("is a supermartingale over blocks in which both versions drift together", () => {
    const [n, m] = [3, 5];
    let sum = 0;
    for (const [x, weight] of [
      [0.05, 0.5],
      [0.7, 0.5],
    ] as const) {
      const canary = probabilities(n, x);
      const primary = probabilities(m, x);
      canary.forEach((here, k) =>
        primary.forEach((there, l) => {
          const block = { subject: { count: n, events: k }, baseline: { count: m, events: l } };
          const first = startVersus(addBlock(freshVersus, block, { count: 99, events: 0 }, 0), checkWeight(1));
          canary.forEach((here2, k2) =>
            primary.forEach((there2, l2) => {
              const next = { subject: { count: n, events: k2 }, baseline: { count: m, events: l2 } };
              const logs = addBlock(first, next, { count: 99 + m, events: l }, 0);
              const total = logs.reduce((all, log) => all + Math.exp(log), 0);
              sum += weight * here * there * here2 * there2 * total;
            }),
          );
        }),
      );
    }
    expect(sum).at.most(wholeRunWeight + checkWeight(1) + 1e-9);
  });
});
