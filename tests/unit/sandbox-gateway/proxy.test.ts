import { expect } from "chai";
import { text as readText } from "node:stream/consumers";
import { Bench, closedPort, node } from "./bench.js";

describe("gateway stand-in: proxy", () => {
  let bench: Bench;
  let good: number;
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
    good = await bench.serve((request, response) => {
      readText(request).then(
        (body) =>
          response.writeHead(request.url === "/500" ? 500 : 200).end(`good ${request.headers.host ?? ""} ${body}`),
        () => undefined,
      );
    });
  });
  afterEach(() => {
    bench.stop();
  });

  it("answers 404 before the first configuration and for unknown hosts", async () => {
    expect((await bench.get()).status).to.equal(404);
    bench.configure([good], { route: { hosts: ["other.example.com"] } });
    const answer = await bench.get();
    expect(answer.status).to.equal(404);
    expect(answer.body).to.contain("404 Route Not Found");
  });

  it("passes requests on with their body and Host, and answers with the upstream's status", async () => {
    bench.configure([good]);
    expect((await bench.get("/echo", "POST", "hello")).body).to.equal("good app.example.com hello");
    const failed = await bench.get("/500");
    expect(failed.status).to.equal(500);
    expect(failed.headers["x-apisix-upstream-status"]).to.equal("500");
    expect(await bench.metrics()).to.match(
      /code="500",route="ns_app_main".*service="ns_app_0".*node="127.0.0.1".*response_source="upstream"/,
    );
  });

  it("hides a refusing node behind a retry, which only upstream_status shows", async () => {
    bench.configure([await closedPort(), good]);
    expect((await bench.get()).status).to.equal(200);
    expect(await bench.metrics()).to.match(/code="200".*response_source="upstream",upstream_status="502, 200"/);
  });

  it("answers 502 when the only node refuses, or when there are no retries", async () => {
    bench.configure([await closedPort()]);
    expect((await bench.get()).status).to.equal(502);
    bench.configure([await closedPort(), good], { upstream: { retries: 0 } });
    expect((await bench.get()).status).to.equal(502);
    expect(await bench.metrics()).to.match(
      /code="502".*node="127.0.0.1".*response_source="nginx",upstream_status="502"/,
    );
  });

  it("answers 503 with an empty node when there is no endpoint", async () => {
    bench.configure([]);
    expect((await bench.get()).status).to.equal(503);
    expect(await bench.metrics()).to.match(/code="503".*node="",.*response_source="apisix"/);
  });

  it("answers 504 after the timeout", async () => {
    const silent = await bench.serve(() => undefined);
    bench.configure([silent], { upstream: { timeout: { connect: 1, send: 0.1, read: 0.1 } } });
    expect((await bench.get()).status).to.equal(504);
    expect(await bench.metrics()).to.match(/code="504".*response_source="nginx"/);
  });

  it("splits by weight", async () => {
    const canary = await bench.serve((_request, response) => response.end("canary"));
    const rules = [{ weighted_upstreams: [{ weight: 80 }, { upstream_id: "c", weight: 20 }] }];
    bench.configure([good], {
      service: { plugins: { "traffic-split": { rules } } },
      upstreams: [{ id: "c", nodes: [node(canary)] }],
    });
    const bodies: string[] = [];
    for (let i = 0; i < 20; i += 1) {
      bodies.push((await bench.get()).body);
    }
    expect(bodies.filter((body) => body === "canary")).to.have.length(4);
  });

  it("keeps the next request of a connection waiting for a slow mirror", async () => {
    const slow = await bench.serve((_request, response) => setTimeout(() => response.end(), 300));
    bench.configure([good], { route: { plugins: { "proxy-mirror": { host: `http://127.0.0.1:${String(slow)}` } } } });
    const started = performance.now();
    await bench.get();
    expect(performance.now() - started).to.be.below(200);
    await bench.get();
    expect(performance.now() - started).to.be.above(290);
    await new Promise((resolve) => setTimeout(resolve, 350));
    const text = await bench.metrics();
    expect(text).to.match(/bucket\{type="request".*le="500"\} 2/);
    expect(text).to.not.match(/bucket\{type="request".*le="200"\}/);
    expect(text).to.match(/bucket\{type="upstream".*le="200"\} 2/);
  });

  it("is not hurt by a mirror that refuses", async () => {
    const url = `http://127.0.0.1:${String(await closedPort())}`;
    bench.configure([good], { route: { plugins: { "proxy-mirror": { host: url } } } });
    expect((await bench.get()).status).to.equal(200);
    expect((await bench.get()).status).to.equal(200);
  });

  it("adds headers by response-rewrite", async () => {
    const headers = { set: { "Set-Cookie": "canary=always; Path=/" } };
    bench.configure([good], { route: { plugins: { "response-rewrite": { headers } } } });
    expect((await bench.get()).headers["set-cookie"]).to.deep.equal(["canary=always; Path=/"]);
  });
});
