import https from "node:https";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { createPrometheus } from "../../../release/adapters/prometheus/index.js";
import { createServiceAccess } from "../../../release/adapters/service-access/index.js";
import { generatedCertificate } from "../../../release/index.js";
import { redactedSettings, scrubber } from "../../../release/report/redact.js";
import { prometheusAccess, release } from "../../../release/settings/index.js";
import type { ReleaseInput, ReleaseSettings } from "../../../release/settings/index.js";
import { answer, closeServers, noSignal, settingsFor, startServer } from "./fixture.js";

const window = { windowSeconds: 60, canaryNodes: ["10.0.0.1"], primaryNodes: ["10.0.0.2"] };
const empty = { status: "success", data: { resultType: "matrix", result: [] } };
const vector = { status: "success", data: { resultType: "vector", result: [{ metric: {}, value: [1, "7"] }] } };
const queue = (provider: object): object => ({
  name: "queue",
  thresholdRange: { max: 9 },
  template: { provider: { type: "prometheus", ...provider }, query: "queue_length" },
});

const serviceAccess = createServiceAccess({
  namespace: "test",
  serviceProxyFetch: () => Promise.reject(new Error("no proxy in this test")),
});
const readWith = (settings: ReleaseSettings) => createPrometheus({ settings, serviceAccess }).read(window, noSignal);

describe("a Prometheus that does not answer everybody", () => {
  afterEach(closeServers);

  it("is shown token, tenant and headers with every query of ours", async () => {
    const server = await startServer(({ url }, response) =>
      answer(response, 200, url.includes("queue_length") ? vector : empty),
    );
    const settings = settingsFor({
      prometheusUrl: server.url,
      prometheus: { bearerToken: "t0ken-123", tenant: "shop", headers: { "X-Team": "a" } },
      analysis: { stepWeight: 10, metrics: [queue({})] } as ReleaseInput["analysis"],
    });
    const reading = await readWith(settings);
    expect(reading).to.deep.include({ custom: [{ metric: "queue", outcome: { kind: "value", value: 7 } }] });
    expect(server.seen).to.have.length(2);
    for (const { headers } of server.seen)
      expect(headers).to.include({ authorization: "Bearer t0ken-123", "x-scope-orgid": "shop", "x-team": "a" });
  });

  it("is shown user and password, whatever letters they have", async () => {
    const server = await startServer((_seen, response) => answer(response, 200, empty));
    const basicAuth = { username: "canary", password: "pä:ss" };
    await readWith(settingsFor({ prometheusUrl: server.url, prometheus: { basicAuth } }));
    const [, encoded = ""] = (server.seen[0]?.headers.authorization ?? "").split(" ");
    expect(Buffer.from(encoded, "base64").toString()).to.equal("canary:pä:ss");
  });

  it("is the only one that is shown them: a metric's own address gets none", async () => {
    const own = await startServer((_seen, response) => answer(response, 200, empty));
    const other = await startServer((_seen, response) => answer(response, 200, vector));
    const settings = settingsFor({
      prometheusUrl: own.url,
      prometheus: { bearerToken: "t0ken-123" },
      analysis: { stepWeight: 10, metrics: [queue({ address: other.url })] } as ReleaseInput["analysis"],
    });
    await readWith(settings);
    expect(own.seen[0]?.headers.authorization).to.equal("Bearer t0ken-123");
    expect(other.seen[0]?.headers).not.to.have.property("authorization");
  });

  it("is trusted by its authority, and by no other", async () => {
    const { outs } = await generatedCertificate.create({ names: ["localhost"] });
    const secured = https.createServer({ cert: outs.certificate, key: outs.privateKey }, (_request, response) =>
      answer(response, 200, empty),
    );
    await new Promise<void>((resolve) => secured.listen(0, "127.0.0.1", resolve));
    const prometheusUrl = `https://localhost:${(secured.address() as AddressInfo).port}`;
    try {
      const trusted = await readWith(settingsFor({ prometheusUrl, prometheus: { ca: outs.certificate } }));
      expect(trusted.kind).to.equal("reading");
      const strange = await readWith(settingsFor({ prometheusUrl }));
      expect(strange).to.have.property("kind", "error");
      expect(strange.kind === "error" && strange.message).to.contain("certificate is not trusted");
    } finally {
      secured.closeAllConnections();
      secured.close();
    }
  });

  it("says so when it refuses, without the credential", async () => {
    const server = await startServer((_seen, response) => answer(response, 401, { error: "bad t0ken-123" }));
    const reading = await readWith(
      settingsFor({ prometheusUrl: server.url, prometheus: { bearerToken: "t0ken-123" } }),
    );
    expect(reading).to.have.property("kind", "error");
    expect(reading.kind === "error" && reading.message).to.match(/^Prometheus: it answers 401/);
  });
});

describe("the gateway's metrics", () => {
  afterEach(closeServers);

  it("are asked for by the prefix that the gateway gives them", async () => {
    const server = await startServer((_seen, response) => answer(response, 200, empty));
    await readWith(settingsFor({ prometheusUrl: server.url, metricPrefix: "edge_" }));
    const query = new URL(server.seen[0]?.url ?? "", "http://x").searchParams.get("query") ?? "";
    expect(query).to.contain("edge_http_status|edge_http_latency_bucket");
  });

  it("begin with apisix_ unless told otherwise, and with nothing that ends a query", () => {
    expect(settingsFor({}).metricPrefix).to.equal("apisix_");
    for (const wrong of ["9_", 'a"', "a-b", ""])
      expect(release.shape.metricPrefix.safeParse(wrong).success, wrong).to.equal(false);
  });
});

describe("the credentials of a Prometheus", () => {
  const settings = settingsFor({
    prometheus: { basicAuth: { username: "canary-user", password: "hunter2-hunter2" }, tenant: "tenant-of-shop" },
  });

  it("are in no report and no message", () => {
    expect(JSON.stringify(redactedSettings(settings))).not.to.match(/hunter2|canary-user|tenant-of-shop/);
    expect(scrubber(settings)("401: user canary-user, hunter2-hunter2, org tenant-of-shop")).to.equal(
      "401: user redacted, redacted, org redacted",
    );
  });

  it("can be no more than what one header holds", () => {
    const wrong: readonly object[] = [
      { bearerToken: "" },
      { bearerToken: "a\r\nX-Evil: 1" },
      { tenant: "a b" },
      { headers: { "X:": "1" } },
      { basicAuth: { username: "a:b", password: "c" } },
      { bearerToken: "a", basicAuth: { username: "a", password: "b" } },
      { token: "a" },
    ];
    for (const each of wrong) expect(prometheusAccess.safeParse(each).success, JSON.stringify(each)).to.equal(false);
  });
});
