import { crc32 } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import { MetricsRegistry } from "../../../sandbox/gateway/apisix/metrics/registry.js";
import { naturalTearing, tearingShare } from "../../../sandbox/gateway/apisix/metrics/tearing.js";
import type { Tear } from "../../../sandbox/gateway/apisix/metrics/tearing.js";
import { NUMBERS, settingsOf } from "./bench.js";
import { finished } from "./finished.js";

interface Series {
  readonly buckets: ReadonlyMap<string, number>;
  readonly count: number;
}

function requestSeries(text: string, node: string): Series {
  const buckets = [
    ...text.matchAll(new RegExp(`bucket\\{type="request".*node="${node}".*le="([^"]+)"\\} (\\d+)`, "g")),
  ];
  const count = new RegExp(`latency_count\\{type="request".*node="${node}".*\\} (\\d+)`).exec(text)?.[1];
  return { buckets: new Map(buckets.map(([, le = "", n]) => [le, Number(n)])), count: Number(count ?? 0) };
}

/** Many nodes, ten requests each in the dictionary and `more` that only the workers know of. */
function busy(more: number): MetricsRegistry {
  const registry = new MetricsRegistry(
    settingsOf("nginx_config: {http: {lua_shared_dict: {prometheus-metrics: 64m}}}").prometheus,
  );
  for (const [times, until] of [
    [10, true],
    [more, false],
  ] as const) {
    for (let i = 0; i < times * 20; i += 1) {
      registry.record(finished({ node: `10.244.0.${String(100 + (i % 20))}`, requestMs: 5 + (i % 700) }));
    }
    if (until) registry.handOver();
  }
  return registry;
}

const nodes = Array.from({ length: 20 }, (_, i) => `10.244.0.${String(100 + i)}`);
const at = (start: number, pace = 0, order: Tear["order"] = () => 0): Tear => ({ start, pace, order });

describe("gateway stand-in: a page of metrics is not one moment", () => {
  it("reads buckets before counts: a hand-over between them leaves `+Inf` behind `_count`", () => {
    const text = busy(3).page(NUMBERS, at(0.85));
    const torn = nodes.filter((node) => {
      const { buckets, count } = requestSeries(text, node);
      return buckets.get("+Inf") !== count;
    });
    expect(torn).to.have.length.above(0);
    const { buckets, count } = requestSeries(text, torn[0] ?? "");
    expect([buckets.get("+Inf"), count]).to.deep.equal([10, 13]);
  });

  it("has the whole hand-over in it when that was before, and in the next page in any case", () => {
    const registry = busy(3);
    const first = registry.page(NUMBERS, at(0));
    expect(requestSeries(first, nodes[0] ?? "").buckets.get("+Inf")).to.equal(13);
    const other = busy(3);
    other.page(NUMBERS, at(0.5));
    const next = other.page(NUMBERS);
    nodes.forEach((node) => {
      const { buckets, count } = requestSeries(next, node);
      expect([buckets.get("+Inf"), count]).to.deep.equal([13, 13]);
    });
  });

  it("shows a count that is behind, too, and buckets that fall, when the hand-over takes its time", () => {
    const order: Tear["order"] = (key) => (key.includes("_count") ? 1 : key.includes('le="Inf"') ? 0 : 0.5);
    const text = busy(3).page(NUMBERS, at(0, 3, order));
    const differences = nodes.map((node) => {
      const { buckets, count } = requestSeries(text, node);
      return count - (buckets.get("+Inf") ?? 0);
    });
    expect(Math.min(...differences)).to.be.below(0);
  });

  it("never shows a value that was not counted: torn values lie between the old and the new", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, fc.nat(), (start, pace, seed) => {
        const order: Tear["order"] = (key) => ((key.length * 31 + seed + key.charCodeAt(key.length - 5)) % 97) / 97;
        const text = busy(2).page(NUMBERS, at(start, pace, order));
        nodes.forEach((node) => {
          const { buckets, count } = requestSeries(text, node);
          expect(count).to.be.within(10, 12);
          expect(buckets.get("+Inf")).to.be.within(10, 12);
        });
      }),
      { numRuns: 15 },
    );
  });

  it("keeps the robust rule true: what is slow is at least the total less the fast ones of the next page", () => {
    const registry = busy(0);
    let slow = 0;
    let before = registry.page(NUMBERS);
    for (let i = 0; i < 40; i += 1) {
      registry.record(finished({ node: nodes[0] ?? "", requestMs: 10 }));
      const page = registry.page(
        NUMBERS,
        at(((i * 37) % 100) / 100, 0.3, (key) => (key.length % 7) / 7),
      );
      const total = requestSeries(before, nodes[0] ?? "").buckets.get("+Inf") ?? 0;
      const fast = requestSeries(page, nodes[0] ?? "").buckets.get("500") ?? 0;
      slow = Math.max(slow, total - fast);
      before = page;
    }
    expect(slow).to.be.at.most(requestSeries(registry.text(NUMBERS), nodes[0] ?? "").count - 40);
  });

  it("tears about as many keys as were written in the meantime: a quiet gateway's pages hardly at all", () => {
    const tornAfter = (requests: number): number => {
      const registry = busy(0);
      const before = registry.page(NUMBERS);
      for (let i = 0; i < requests; i += 1) registry.record(finished({ node: nodes[i % 20] ?? "", requestMs: 1 }));
      const halves: Tear["order"] = (key) => crc32(key) % 2;
      const after = registry.page(NUMBERS, at(0.3, 0.3, halves));
      return nodes.filter((node) => {
        const old = requestSeries(before, node).buckets;
        const now = requestSeries(after, node).buckets;
        return new Set([...now].map(([le, value]) => value - (old.get(le) ?? 0))).size > 1;
      }).length;
    };
    expect(tornAfter(1)).to.be.at.most(1);
    expect(tornAfter(200)).to.be.above(1);
  });

  it("tears hardly any small page, and many large ones of some gateways only", () => {
    const shares = (keys: number): number[] =>
      Array.from({ length: 200 }, (_, gateway) => {
        let state = gateway + 1;
        const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
        for (let i = 0; i < 20; i += 1) random();
        const tearing = naturalTearing(random);
        return Array.from({ length: 57 }, () => tearing(keys)).filter((tear) => tear !== undefined).length / 57;
      });
    const average = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(average(shares(250))).to.be.within(0.003, 0.015);
    const large = shares(13_000);
    expect(Math.min(...large)).to.equal(0);
    expect(Math.max(...large)).to.be.above(0.85);
  });

  it("tears the share of pages that it is told to", () => {
    const count = (share: number): number => {
      let state = 7;
      const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
      const tearing = tearingShare(share, random);
      return Array.from({ length: 1000 }, () => tearing(100)).filter((tear) => tear !== undefined).length;
    };
    expect(count(0)).to.equal(0);
    expect(count(0.3)).to.be.within(250, 350);
    expect(count(1)).to.equal(1000);
  });
});
