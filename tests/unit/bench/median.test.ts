import { expect } from "chai";
import fc from "fast-check";
import { figureOf, median, outcomeOf, spread } from "../../../bench/side-by-side/median.js";
import { runOf } from "./runs.js";

describe("bench: medians", () => {
  it("of an odd number is the middle, of an even number the mean of the two in the middle", () => {
    expect(median([9, 1, 5])).to.equal(5);
    expect(median([9, 1, 5, 7])).to.equal(6);
  });

  it("lies between the smallest and the largest, with as many below as above", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), (values) => {
        const found = spread(values);
        if (found === undefined) throw new Error("no spread");
        const below = values.filter((value) => value < found.median).length;
        const above = values.filter((value) => value > found.median).length;
        return found.min <= found.median && found.median <= found.max && Math.max(below, above) * 2 <= values.length;
      }),
    );
  });

  it("of nothing is nothing", () => {
    expect(spread([])).to.equal(undefined);
    expect(figureOf([runOf({ secondsToZero: undefined })], "secondsToZero")).to.equal(undefined);
  });

  it("leaves out runs without the figure", () => {
    const runs = [runOf({ secondsToZero: undefined }), runOf({ secondsToZero: 4 }), runOf({ secondsToZero: 8 })];
    expect(figureOf(runs, "secondsToZero")).to.deep.equal({ median: 6, min: 4, max: 8 });
  });

  it("the outcome is that of most runs, and right only if all of them were", () => {
    const runs = [runOf(), runOf({ outcome: "promoted", right: false }), runOf()];
    expect(outcomeOf(runs)).to.deep.equal({ outcome: "rolledBack", right: false });
    expect(outcomeOf([])).to.deep.include({ outcome: "none" });
  });
});
