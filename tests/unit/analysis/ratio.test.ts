import { expect } from "chai";
import type { CounterSeries } from "../../../release/analysis/index.js";
import { observe } from "../../../release/analysis/index.js";
import { sentenceOf, Stage, startMs, verdictOf } from "./stage.js";

const template = {
  provider: { type: "prometheus" as const },
  numerator: 'orders_failed_total{instance=~"({{ nodes }}):.+"}',
  denominator: 'orders_total{instance=~"({{ nodes }}):.+"}',
};

/** Orders of both versions, counted by the workload itself. */
class Shop extends Stage {
  private readonly orders = new Map<string, { series: Omit<CounterSeries, "points">; value: number }>();
  private readonly points = new Map<string, { timeMs: number; value: number }[]>();

  constructor(range: object = { max: 1 }) {
    super({ metrics: [{ name: "orders failed", thresholdRange: range, template }] });
    for (const version of ["subject", "baseline"] as const) this.order(version, 100, 0);
    this.scrapeShop(startMs - 1000);
  }

  order(version: "subject" | "baseline", placed: number, failed: number): this {
    for (const [role, count] of [
      ["denominator", placed],
      ["numerator", failed],
    ] as const) {
      const id = `${version} ${role}`;
      const series = {
        ...{ id, instance: `shop ${version}`, kind: "counted" as const, node: "", code: "" },
        ...{ upstreamStatus: undefined, upstreamAddress: undefined, upperBoundMs: undefined },
        counted: { metric: "orders failed", role, version },
      };
      const known = this.orders.get(id) ?? { series, value: 0 };
      known.value += count;
      this.orders.set(id, known);
    }
    return this;
  }

  private scrapeShop(timeMs: number): void {
    for (const [id, { value }] of this.orders) this.points.set(id, [...(this.points.get(id) ?? []), { timeMs, value }]);
  }

  judge(intervalEnds = true) {
    const plain = this.observation({ intervalEnds, custom: { "orders failed": { kind: "counters" } } });
    this.scrapeShop(this.nowMs - 400);
    if (plain.reading.kind === "error") throw new Error("no reading");
    const series = [...this.orders].map(([id, { series: each }]) => ({ ...each, points: this.points.get(id) ?? [] }));
    const reading = { ...plain.reading, series: [...plain.reading.series, ...series] };
    const { state, assessment } = observe(this.state, { ...plain, reading });
    this.state = state;
    return assessment;
  }
}

describe("a metric that is a ratio of two counters", () => {
  it("passes what keeps its limit, with its share in percent", () => {
    const shop = new Shop();
    for (let round = 0; round < 3; round += 1) shop.order("subject", 100, 0).order("baseline", 100, 0).judge(false);
    const assessment = shop.order("subject", 100, 2).order("baseline", 100, 0).judge();
    expect(verdictOf(assessment)).equal("pass");
    expect(assessment.checks[0]).deep.include({ metric: "orders failed", unit: "%", limit: 1, requests: 400 });
  });

  it("is judged by the evidence of its trials, as the built-in ones are", () => {
    const shop = new Shop();
    const verdicts = Array.from({ length: 8 }, () =>
      shop.order("subject", 40, 6).order("baseline", 200, 0).judge(false),
    );
    const end = verdicts.find(({ verdict }) => verdict.kind === "failNow");
    if (end === undefined) throw new Error("not rolled back");
    expect(sentenceOf(end)).match(
      /^orders failed 15\.00 > 1 \(canary: \d+ of \d+ counted, primary: 0 of \d+ counted, confidence (over )?99\.9/,
    );
    expect(end.checks[0]?.confidence).above(0.999);
  });

  it("is compared with the primary: what fails for both is a warning", () => {
    const shop = new Shop();
    for (let round = 0; round < 10; round += 1) {
      const assessment = shop.order("subject", 40, 6).order("baseline", 200, 30).judge();
      expect(verdictOf(assessment)).equal("pass");
      expect(assessment.verdict).property("warning");
    }
  });

  it("knows a lower limit, too", () => {
    const shop = new Shop({ min: 99 });
    const verdicts = Array.from({ length: 8 }, () =>
      verdictOf(shop.order("subject", 40, 30).order("baseline", 200, 200).judge(false)),
    );
    expect(verdicts).contain("failNow");
  });

  it("waits for trials, and says so", () => {
    const shop = new Shop();
    expect(sentenceOf(shop.judge())).equal("no values found for custom metric: orders failed");
    expect(sentenceOf(shop.order("subject", 4, 0).order("baseline", 4, 0).judge())).contain("only 4 of 10");
  });
});
