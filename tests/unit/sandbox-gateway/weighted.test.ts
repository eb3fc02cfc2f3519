import { expect } from "chai";
import { RoundRobinMemory, WeightedRoundRobin } from "../../../sandbox/gateway/apisix/routing/weighted.js";

function picks(weights: Readonly<Record<string, number>>, count: number): string[] {
  const robin = new WeightedRoundRobin(Object.entries(weights).map(([value, weight]) => ({ value, weight })));
  return Array.from({ length: count }, () => robin.next() ?? "none");
}

function count(values: readonly string[], wanted: string): number {
  return values.filter((value) => value === wanted).length;
}

describe("gateway stand-in: weighted round robin", () => {
  it("gives the canary 1 or 2 of the first 20 requests at 90/10, and the heaviest the first one", () => {
    const first = picks({ primary: 90, canary: 10 }, 20);
    expect(count(first, "canary")).to.be.within(1, 2);
    expect(first[0]).to.equal("primary");
    expect(picks({ primary: 10, canary: 90 }, 1)).to.deep.equal(["canary"]);
  });

  for (const canary of [1, 5, 10, 50]) {
    it(`keeps ${String(canary)}% within 0.05 points over 4,000 requests`, () => {
      const all = picks({ primary: 100 - canary, canary }, 4000);
      expect((100 * count(all, "canary")) / 4000).to.be.closeTo(canary, 0.05);
    });
  }

  it("picks the light side late: the 8th or 9th of 90/10, nothing of 999/1 for about 1,000 requests", () => {
    const firstOf = (weights: Readonly<Record<string, number>>, random: number): number => {
      const items = Object.entries(weights).map(([value, weight]) => ({ value, weight }));
      const robin = new WeightedRoundRobin(items, () => random);
      let position = 1;
      while (robin.next() !== "canary") position += 1;
      return position;
    };
    expect([0, 0.99].map((random) => firstOf({ primary: 90, canary: 10 }, random))).to.deep.equal([9, 8]);
    expect([0, 0.99].map((random) => firstOf({ primary: 999, canary: 1 }, random))).to.deep.equal([999, 998]);
    expect(count(picks({ primary: 999, canary: 1 }, 6000), "canary")).to.be.within(5, 6);
    expect(count(picks({ primary: 9999, canary: 1 }, 20_000), "canary")).to.be.within(1, 2);
  });

  it("has a cycle for each worker", () => {
    const items = [
      { value: "primary", weight: 9 },
      { value: "canary", weight: 1 },
    ];
    const robin = new WeightedRoundRobin(items, () => 0);
    const of = (worker: number) => Array.from({ length: 10 }, () => robin.next(worker)).indexOf("canary");
    expect([of(0), of(1), of(0), of(1)]).to.deep.equal([8, 8, 8, 8]);
  });

  it("never picks weight 0 next to another weight, but picks a lone one", () => {
    expect(count(picks({ primary: 100, canary: 0 }, 50), "canary")).to.equal(0);
    expect(picks({ canary: 0 }, 2)).to.deep.equal(["canary", "canary"]);
    expect(picks({}, 1)).to.deep.equal(["none"]);
  });

  it("goes on over a reload that leaves the weights alone, and starts anew with others", () => {
    const memory = new RoundRobinMemory<string>();
    const items = (weight: number) => [
      { value: "primary", weight: 100 - weight },
      { value: "canary", weight },
    ];
    memory.begin();
    const before = memory.robin("split", items(10));
    memory.begin();
    expect(memory.robin("split", items(10))).to.equal(before);
    memory.begin();
    expect(memory.robin("split", items(20))).not.to.equal(before);
  });
});
