import { expect } from "chai";
import fc from "fast-check";
import { binomial, poisson, uniformsOf } from "../../../bench/simulation/random.js";
import { upperTail } from "../../../release/analysis/evidence/binomial-tail.js";

const uniform = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });

describe("simulated chance", () => {
  it("depends on its seeds and on nothing else", () => {
    const draws = (...seeds: readonly number[]) => {
      const next = uniformsOf(...seeds);
      return [next(), next(), next()];
    };
    expect(draws(1, 2, 3)).deep.equal(draws(1, 2, 3));
    expect(draws(1, 2, 3)).not.deep.equal(draws(1, 2, 4));
    expect(draws(1, 2, 3)).not.deep.equal(draws(2, 1, 3));
  });

  it("is even, and no second knows of the one before", () => {
    const count = 20_000;
    const draws = Array.from({ length: count }, (_, second) => {
      const next = uniformsOf(7, 1, second);
      next();
      return next();
    });
    const mean = draws.reduce((sum, each) => sum + each, 0) / count;
    const together = draws.reduce((sum, each, index) => sum + (each - 0.5) * ((draws[index - 1] ?? 0.5) - 0.5), 0);
    const rare = draws.filter((each) => each > 0.99).length / count;
    // Five standard deviations each.
    expect(mean).closeTo(0.5, 0.0103);
    expect((12 * together) / count).closeTo(0, 0.036);
    expect(rare).closeTo(0.01, 0.0036);
  });

  it("turns one uniform number into the binomial quantile at it", () => {
    fc.assert(
      fc.property(
        uniform,
        fc.integer({ min: 1, max: 400 }),
        fc.double({ min: 0.001, max: 0.5, noNaN: true }),
        (u, n, p) => {
          const k = binomial(u, n, p);
          const atMost = (events: number): number => 1 - upperTail(p, { count: n, events: events + 1 });
          expect(atMost(k)).at.least(u - 1e-9);
          if (k > 0) expect(atMost(k - 1)).at.most(u + 1e-9);
        },
      ),
    );
  });

  it("gives more for more trials or a higher probability, never more than the trials", () => {
    const cases = fc.tuple(uniform, fc.nat(300), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(cases, ([u, n, p]) => {
        const k = binomial(u, n, p);
        expect(k).at.least(0).at.most(n);
        expect(binomial(u, n + 1, p)).at.least(k);
        expect(binomial(u, n, Math.min(1, p * 1.1))).at.least(k);
      }),
    );
  });

  it("turns one uniform number into the Poisson quantile at it", () => {
    fc.assert(
      fc.property(uniform, fc.double({ min: 0.1, max: 200, noNaN: true }), (u, mean) => {
        const k = poisson(u, mean);
        let term = Math.exp(-mean);
        let atMost = k > 0 ? term : 0;
        for (let events = 1; events < k; events += 1) atMost += term *= mean / events;
        expect(atMost).at.most(u + 1e-9);
      }),
    );
    expect(poisson(0.5, 1000)).closeTo(1000, 1);
    expect(poisson(0.5, 0)).equal(0);
  });
});
