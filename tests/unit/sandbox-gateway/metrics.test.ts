import { expect } from "chai";
import { MetricsRegistry } from "../../../sandbox/gateway/apisix/metrics/registry.js";
import { NUMBERS, settingsOf } from "./bench.js";
import { finished } from "./finished.js";

function settings(extra = "") {
  return settingsOf(`plugin_attr: {prometheus: {metrics: {http_status: {${extra}}}}}`).prometheus;
}

const LABELS = 'request_type="traditional_http",request_llm_model="",llm_model=""';

describe("gateway stand-in: metrics", () => {
  it("has the real names and labels", () => {
    const registry = new MetricsRegistry(settings("extra_labels: [{upstream_status: $upstream_status}]"));
    registry.record(finished());
    const text = registry.text(NUMBERS);
    expect(text).to.contain(
      `apisix_http_status{code="200",route="app_podinfo_app",matched_uri="/*",matched_host="app.example.com",service="app_podinfo_0",consumer="",node="10.244.1.2",${LABELS},response_source="upstream",upstream_status="502, 200"} 1\n`,
    );
    expect(text).to.contain(
      `apisix_bandwidth{type="egress",route="app_podinfo_app",service="app_podinfo_0",consumer="",node="10.244.1.2",${LABELS}} 200\n`,
    );
    expect(text).to.contain('apisix_node_info{hostname="gateway"} 1\n');
  });

  it("has no bucket below the smallest observed value", () => {
    const registry = new MetricsRegistry(settings());
    registry.record(finished({ requestMs: 12 }));
    registry.record(finished({ requestMs: 300 }));
    const buckets = [...registry.text(NUMBERS).matchAll(/bucket\{type="request".*le="([^"]+)"\} (\d+)/g)];
    expect(buckets[0]?.slice(1)).to.deep.equal(["20", "1"]);
    expect(buckets.at(-1)?.slice(1)).to.deep.equal(["+Inf", "2"]);
    expect(buckets.find(([, bound]) => bound === "500")?.[2]).to.equal("2");
  });

  it("counts a 503 without a node, and not under type upstream", () => {
    const registry = new MetricsRegistry(settings());
    registry.record(finished({ code: 503, node: "", source: "apisix", upstreamMs: undefined }));
    const text = registry.text(NUMBERS);
    expect(text).to.match(/apisix_http_status\{code="503".*node="".*response_source="apisix"\} 1/);
    expect(text).to.not.contain('type="upstream"');
  });

  it("drops idle series when told to", () => {
    let now = 0;
    const registry = new MetricsRegistry(settings("expire: 10"), () => now);
    registry.record(finished());
    registry.handOver();
    now = 11_000;
    expect(registry.text(NUMBERS)).to.not.contain("apisix_http_status{");
  });
});
