import { expect } from "chai";
import fc from "fast-check";
import { MetricsPage } from "../../../sandbox/gateway/apisix/metrics/page.js";
import { MetricsRegistry } from "../../../sandbox/gateway/apisix/metrics/registry.js";
import { SharedDict } from "../../../sandbox/gateway/apisix/metrics/shared-dict.js";
import { Slab } from "../../../sandbox/gateway/apisix/metrics/slab.js";
import { finished } from "./finished.js";
import { NUMBERS, settingsOf } from "./bench.js";

const MIB = 1024 * 1024;

function registryOf(size: string, extra = "", now: () => number = () => 0): MetricsRegistry {
  const dictionary = `nginx_config: {http: {lua_shared_dict: {prometheus-metrics: ${size}}}}`;
  const metrics = `plugin_attr: {prometheus: {metrics: {http_status: {${extra}}, http_latency: {${extra}}, bandwidth: {${extra}}}}}`;
  return new MetricsRegistry(settingsOf(`${dictionary}, ${metrics}`).prometheus, now);
}

/** Requests to this many addresses, and again as often as told. */
function fill(registry: MetricsRegistry, addresses: number, times = 1): void {
  for (let time = 0; time < times; time += 1) {
    for (let i = 0; i < addresses; i += 1) {
      registry.record(finished({ node: `10.244.${String(Math.floor(i / 250))}.${String(i % 250)}` }));
    }
  }
  registry.handOver();
}

function total(text: string, name: string): number {
  return [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, "gm"))].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

describe("gateway stand-in: the dictionary of the metrics", () => {
  const silenced = console.error;
  before(() => (console.error = () => undefined));
  after(() => (console.error = silenced));

  it("has as much room as nginx's, bookkeeping taken off", () => {
    const free = (name: string, mib: number) => new Slab(name, mib * MIB).freeBytes;
    expect(free("internal-status", 10)).to.equal(10_412_032);
    expect(free("memory_cache", 50)).to.equal(52_113_408);
    expect(free("discovery", 1)).to.equal(1_032_192);
    expect(free("plugin-limit-conn-redis-cluster-slot-lock", 1)).to.equal(1_036_288);
  });

  it("gives back every page when everything is released, whatever the order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (sizes, picks) => {
          const slab = new Slab("d", MIB);
          const before = slab.freeBytes;
          const chunks = sizes.flatMap((size) => slab.allocate(size) ?? []);
          while (chunks.length > 0) {
            const [chunk] = chunks.splice((picks.next().value ?? 0) % chunks.length, 1);
            if (chunk !== undefined) slab.release(chunk);
          }
          expect(slab.freeBytes).to.equal(before);
        },
      ),
    );
  });

  it("takes some 53 KB for a route and an address, so that 10 MB are full at about 190", () => {
    const registry = registryOf("10m");
    fill(registry, 150);
    expect(total(registry.page(NUMBERS), "apisix_nginx_metric_errors_total")).to.equal(0);
    const used =
      10 * MIB - Number(/free_space_bytes\{name="prometheus-metrics"\} (\d+)/.exec(registry.page(NUMBERS))?.[1]);
    expect(used / 150).to.be.within(48_000, 62_000);
    fill(registry, 260);
    expect(total(registry.page(NUMBERS), "apisix_nginx_metric_errors_total")).to.be.above(0);
  });

  it("loses counts when it is full, counts its errors, and leaves histograms without +Inf", () => {
    const registry = registryOf("1m");
    let first = "";
    for (let second = 0; second < 33; second += 1) {
      fill(registry, 60);
      first = registry.page(NUMBERS);
    }
    expect(total(first, "apisix_http_status")).to.be.below(60 * 33);
    const errors = total(first, "apisix_nginx_metric_errors_total");
    expect(errors).to.be.above(0);
    const counts = (first.match(/http_latency_count\{type="request"/g) ?? []).length;
    const infinite = (first.match(/http_latency_bucket\{type="request".*le="\+Inf"/g) ?? []).length;
    expect(infinite).to.be.below(counts);
    fill(registry, 70);
    expect(total(registry.page(NUMBERS), "apisix_nginx_metric_errors_total")).to.be.above(errors);
  });

  it("has no error with a larger one", () => {
    const registry = registryOf("64m");
    fill(registry, 241);
    expect(total(registry.page(NUMBERS), "apisix_nginx_metric_errors_total")).to.equal(0);
    expect(total(registry.page(NUMBERS), "apisix_http_status")).to.equal(241);
  });

  it("drops idle series with `expire`, but the room of what expired is not used again", () => {
    let now = 0;
    const registry = registryOf("10m", "expire: 60", () => now);
    fill(registry, 100);
    const free = () => Number(/free_space_bytes\{name="prometheus-metrics"\} (\d+)/.exec(registry.page(NUMBERS))?.[1]);
    expect(registry.page(NUMBERS)).to.contain("apisix_http_status{");
    const before = free();
    now = 61_000;
    expect(registry.page(NUMBERS)).to.not.contain("apisix_http_status{");
    expect(free()).to.equal(before);
  });

  it("starts a series that expired from nothing", () => {
    let now = 0;
    const registry = registryOf("10m", "expire: 60", () => now);
    fill(registry, 1, 5);
    now = 61_000;
    fill(registry, 1, 2);
    expect(total(registry.page(NUMBERS), "apisix_http_status")).to.equal(2);
    now = 100_000;
    fill(registry, 1, 1);
    now = 140_000;
    expect(total(registry.page(NUMBERS), "apisix_http_status")).to.equal(3);
  });

  it("throws out what was used least recently, 30 entries for one at the most", () => {
    const dict = new SharedDict("d", 64 * 1024, () => 0);
    let stored = 0;
    while (dict.add(`key-${String(stored)}`, "x".repeat(1000)) === "stored") stored += 1;
    expect(dict.get("key-0")).to.equal(undefined);
    dict.get("key-1");
    expect(dict.add("new", "x".repeat(1000))).to.equal("stored by eviction");
    expect(dict.get("key-1")).to.equal("x".repeat(1000));
    expect(dict.set("huge", "x".repeat(200_000))).to.equal("no memory");
  });

  it("has no page to show when the text is too large for its own dictionary", () => {
    const cache = "nginx_config: {meta: {lua_shared_dict: {prometheus-cache: 64k}}}";
    const { prometheus } = settingsOf(cache);
    const registry = new MetricsRegistry(prometheus);
    const page = new MetricsPage(prometheus, {
      cache: registry.cache,
      handOver: () => registry.handOver(),
      size: () => registry.size(),
      page: () => registry.page(NUMBERS),
    });
    expect(page.text).to.contain("apisix_node_info");
    fill(registry, 20);
    page.refresh();
    expect(page.text).to.equal(undefined);
  });
});
