import { expect } from "chai";
import { serviceOf } from "../../../release/adapters/service-access/in-cluster.js";
import { createServiceAccess } from "../../../release/adapters/service-access/index.js";
import { answer, apiAt, closeServers, errorOf, noSignal, startServer } from "./fixture.js";
import { createServiceProxy } from "../../../release/adapters/kubernetes/service-proxy.js";

const limits = { method: "GET", timeoutMs: 1000, maxBytes: 1000 } as const;

describe("a URL that may mean a Service", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["http://flagger-loadtester.test/", "http flagger-loadtester test 80"],
    ["http://prom.apisix:9090/x", "http prom apisix 9090"],
    ["https://a.b.svc/", "https a b 443"],
    ["http://a.b.svc.cluster.local:81", "http a b 81"],
    ["http://gate/", "http gate own 80"],
    ["http://localhost:1/", undefined],
    ["http://127.0.0.1:1/", undefined],
    ["http://[::1]:1/", undefined],
    ["http://hooks.slack.com/", undefined],
  ];
  for (const [url, expected] of cases)
    it(`${url} ${expected === undefined ? "does not" : `is ${expected}`}`, () => {
      const found = serviceOf(new URL(url), "own");
      const text = found && `${found.scheme} ${found.service} ${found.namespace} ${found.port}`;
      expect(text).to.equal(expected);
    });
});

describe("reaching a Service from outside of the cluster", () => {
  afterEach(closeServers);

  it("goes through the API server's proxy, and asks for the name once", async () => {
    const server = await startServer((_seen, response) => answer(response, 200, "hello"));
    let lookups = 0;
    const serviceAccess = createServiceAccess({
      namespace: "own",
      serviceProxyFetch: createServiceProxy(apiAt(server.url)),
      resolves: () => Promise.resolve((lookups += 1) < 0),
    });
    const url = new URL("http://prom.apisix:9090/api/v1/query?query=a%2Bb");
    for (let each = 0; each < 2; each += 1)
      expect(await serviceAccess({ ...limits, url }, noSignal)).to.deep.equal({ status: 200, body: "hello" });
    expect(lookups).to.equal(1);
    expect(server.seen[0]?.url).to.equal(
      "/api/v1/namespaces/apisix/services/http%3Aprom%3A9090/proxy/api/v1/query?query=a%2Bb",
    );
    expect(server.seen[0]?.headers.authorization).to.equal("Bearer secret-token");
  });

  it("takes the proxy when the name has an address that takes no connection", async () => {
    const server = await startServer((_seen, response) => answer(response, 200, "hello"));
    const serviceAccess = createServiceAccess({
      namespace: "own",
      serviceProxyFetch: createServiceProxy(apiAt(server.url)),
      resolves: () => Promise.resolve(true),
    });
    const url = new URL("http://prom.nowhere-at-all:9090/");
    expect((await serviceAccess({ ...limits, url }, noSignal)).body).to.equal("hello");
  });

  it("says what the proxy refuses, and sends no foreign credentials", async () => {
    const status = { kind: "Status", apiVersion: "v1", message: 'services "prom" not found' };
    const server = await startServer((_seen, response) => answer(response, 404, status));
    const serviceProxyFetch = createServiceProxy(apiAt(server.url));
    const serviceAccess = createServiceAccess({
      namespace: "own",
      serviceProxyFetch,
      resolves: () => Promise.resolve(false),
    });
    const url = new URL("http://prom.apisix/");
    expect((await errorOf(serviceAccess({ ...limits, url }, noSignal))).message).to.equal(
      'the API server\'s proxy to service prom.apisix answers 404: services "prom" not found',
    );
    const headers = { Authorization: "Bearer mine" };
    expect((await errorOf(serviceAccess({ ...limits, url, headers }, noSignal))).message).to.contain("can't pass");
    expect(server.seen).to.have.length(1);
  });
});
