import { expect } from "chai";
import { secondsToZero, weightOf } from "../../../bench/side-by-side/weights.js";
import type { WeightChange } from "../../../bench/side-by-side/weights.js";

const changes = (...pairs: readonly (readonly [number, number])[]): readonly WeightChange[] =>
  pairs.map(([atMs, weight]) => ({ atMs, weight }));

describe("bench: seconds to weight 0", () => {
  it("run from the first canary traffic to the last time it ended", () => {
    expect(secondsToZero(changes([0, 0], [1000, 10], [4500, 0]))).to.equal(3.5);
    expect(secondsToZero(changes([1000, 10], [2000, 0], [3000, 10], [9000, 0]))).to.equal(8);
  });

  it("are unknown without canary traffic, and while it has not ended", () => {
    expect(secondsToZero(changes([0, 0]))).to.equal(undefined);
    expect(secondsToZero(changes([0, 0], [1000, 10]))).to.equal(undefined);
    expect(secondsToZero([])).to.equal(undefined);
  });

  it("the weight is that of the named Service; a route that does not name it has none", () => {
    const backends = [
      { serviceName: "app-primary", weight: 90 },
      { serviceName: "app-canary", weight: 10 },
    ];
    const route = { spec: { http: [{ backends }] } };
    expect(weightOf(route, "app-canary")).to.equal(10);
    expect(weightOf(route, "other")).to.equal(undefined);
    expect(weightOf({}, "app-canary")).to.equal(undefined);
  });
});
