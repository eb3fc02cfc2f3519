import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { Exporter } from "../../../release/watchdog/exporter.js";
import { serve } from "../../../release/watchdog/server.js";
import { exporterOf, observed } from "./releases.js";

/** What Prometheus gets, as a file: `GOLDEN=write npm run test:unit` writes it anew, to be read before it is kept. */
const golden = path.resolve(__dirname, "../../../../tests/unit/metrics/data/metrics.txt");

const series = (text: string): readonly string[] => text.split("\n").filter((line) => /^apisix/.test(line));

describe("the watchdog's metrics", () => {
  it("tell weight, phase, verdict, failed checks, and each check with limit, requests and evidence", async () => {
    const text = await (await exporterOf(() => [observed("podinfo")])).text();
    if (process.env["GOLDEN"] === "write") writeFileSync(golden, text);
    expect(text).to.equal(readFileSync(golden, "utf8"));
    for (const line of [
      'apisix_canary_weight{release="podinfo",release_namespace="test"} 20',
      'apisix_canary_phase{release="podinfo",release_namespace="test",phase="Progressing"} 1',
      'apisix_canary_phase{release="podinfo",release_namespace="test",phase="Failed"} 0',
      'apisix_canary_failed_checks{release="podinfo",release_namespace="test"} 1',
      'apisix_canary_check_value{release="podinfo",release_namespace="test",metric="request-success-rate",unit="percent"} 97.01',
      'apisix_canary_check_limit{release="podinfo",release_namespace="test",metric="request-duration",unit="milliseconds"} 500',
      'apisix_canary_check_requests{release="podinfo",release_namespace="test",metric="request-success-rate",unit="percent"} 836',
    ])
      expect(text.split("\n")).to.include(line);
    expect(text).to.match(/check_evidence\{[^}]*metric="request-success-rate"[^}]*\} 0\.912/);
    expect(text).not.to.match(/check_value\{[^}]*metric="queue-length"/);
  });

  it("forget a release that is gone, and what was seen too long ago", async () => {
    let now = 0;
    let releases = [observed("podinfo"), observed("shop")];
    const exporter = new Exporter(
      () => now,
      () => false,
    );
    const fleet = exporter.watching({ list: () => Promise.resolve(releases) });
    expect(series(await exporter.text())).to.deep.equal([
      "apisix_canary_watchdog_leader 0",
      "apisix_canary_watchdog_look_age_seconds -1",
    ]);
    await fleet.list(new AbortController().signal);
    expect(await exporter.text()).to.contain('release="shop"');
    releases = [observed("podinfo")];
    await fleet.list(new AbortController().signal);
    expect(await exporter.text())
      .to.contain('release="podinfo"')
      .and.not.to.contain('release="shop"');
    now = 61_000;
    const old = await exporter.text();
    expect(old).not.to.contain('release="podinfo"');
    expect(old).to.contain("apisix_canary_watchdog_look_age_seconds 61");
  });

  it("leave out a release that never ran, except that it is there", async () => {
    const text = await (await exporterOf(() => [{ ...observed("new"), status: undefined }])).text();
    expect(text).not.to.contain("apisix_canary_weight{");
    expect(text).to.contain(
      'apisix_canary_info{release="new",release_namespace="test",revision="",promoted_revision=""} 1',
    );
  });

  it("are bounded, whatever is in a journal", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string({ maxLength: 400 }), fc.nat(300), async (text, verdict, count) => {
        const check = { metric: text.repeat(9), verdict, value: text, limit: text, requests: 1, confidence: text };
        const checks = Array.from({ length: count }, (_, index) => ({ ...check, metric: `${index}${check.metric}` }));
        const told = await (await exporterOf(() => [observed("podinfo", { checks, message: "s3cr3t" })])).text();
        expect(series(told).length).to.be.lessThan(40 + 50 * 11);
        expect(told).not.to.contain("s3cr3t");
        for (const line of series(told))
          expect(line).to.match(/^\w+(\{(\w+="([^"\\\n]|\\["\\n])*",?)*\})? [\d.e+-]+$/u);
      }),
      { numRuns: 40 },
    );
  });

  it("are served beside the kubelet's question, and nothing else is", async () => {
    const exporter = await exporterOf(() => [observed("podinfo")]);
    let alive = true;
    const server = serve(0, { isAlive: () => alive, metrics: exporter });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const ask = (where: string) => fetch(`http://127.0.0.1:${port}${where}`);
    try {
      const metrics = await ask("/metrics");
      expect(metrics.headers.get("content-type")).to.match(/^text\/plain; version=0\.0\.4/);
      expect(await metrics.text()).to.equal(await exporter.text());
      expect((await ask("/healthz")).status).to.equal(200);
      alive = false;
      const sick = await ask("/healthz");
      expect([sick.status, await sick.text()]).to.deep.equal([503, ""]);
    } finally {
      server.close();
    }
  });
});
