import { expect } from "chai";
import { requestsBetween, sumOf } from "../../../bench/counters.js";
import { secondsToZero, weightOf } from "../../../bench/side-by-side/weights.js";
import type { WeightChange } from "../../../bench/side-by-side/weights.js";

const page = `# HELP requests_total of something
# TYPE requests_total counter
requests_total{verb="GET",handler="/api/v1/query"} 12
requests_total{verb="GET",handler="/metrics"} 5
requests_total_other 100
bare_total 7
`;

describe("bench: counters of a metrics page", () => {
  it("adds all series of a metric up, and of no other with a longer name", () => {
    expect(sumOf(page, "requests_total")).to.equal(17);
    expect(sumOf(page, "bare_total")).to.equal(7);
    expect(sumOf(page, "missing_total")).to.equal(0);
  });

  it("can be limited to some of the series", () => {
    expect(sumOf(page, "requests_total", 'handler="/api/v1/query"')).to.equal(12);
  });

  it("requests are what is above a cluster at rest, and never less than none", () => {
    const before = { atMs: 0, apiRequests: 100, prometheusQueries: 3 };
    const after = { atMs: 10_000, apiRequests: 190, prometheusQueries: 8 };
    expect(requestsBetween(before, after, 4)).to.deep.equal({ apiRequests: 50, prometheusQueries: 5 });
    expect(requestsBetween(before, after, 20)).to.deep.include({ apiRequests: 0 });
  });
});

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

  it("the weight is the highest of all rules that users or testers come by, copies of their requests included", () => {
    const both = (canary: number, plugins: readonly unknown[] = []) => ({
      backends: [
        { serviceName: "app-primary", weight: 100 - canary },
        { serviceName: "app-canary", weight: canary },
      ],
      plugins,
    });
    const copies = { backends: [{ serviceName: "app-canary", weight: 100 }] };
    const mirror = (enable: boolean, config = {}) => [{ name: "proxy-mirror", enable, config }];
    const weight = (...http: readonly unknown[]) => weightOf({ spec: { http } }, "app-canary");
    expect(weight(both(0), both(100))).to.equal(100);
    expect(weight(both(0, mirror(false)), copies)).to.equal(0);
    expect(weight(both(0, mirror(true)), copies)).to.equal(100);
    expect(weight(both(0, mirror(true, { sample_ratio: 0.25 })), copies)).to.equal(25);
  });
});
