import { expect } from "chai";
import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Bench, closedPort, HOST } from "./bench.js";

/** config.yaml as the components ship it, as far as the traffic goes. */
const SHIPPED = `nginx_config: {http_configuration_snippet: "map $request_method $method_class { default other; GET read; HEAD read; POST write; }"},
plugin_attr: {prometheus: {default_buckets: [10, 50, 1000], metrics: {
  http_status: {extra_labels: [{upstream_status: $upstream_status}, {method_class: $method_class}]},
  http_latency: {extra_labels: [{method_class: $method_class}]}}}}`;
const IGNORE = 'nginx_config: {http_server_configuration_snippet: "proxy_ignore_client_abort on;"}';

/** Milliseconds of one observed latency of a type. */
function latency(text: string, type: string): number | undefined {
  const value = new RegExp(`latency_sum\\{type="${type}".*\\} (\\S+)`).exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

describe("gateway stand-in: what counts when", () => {
  let bench: Bench;
  async function start(extra?: string): Promise<void> {
    bench = new Bench(extra);
    await bench.start();
  }
  afterEach(() => {
    bench.stop();
  });

  function raw(text: string): Promise<Socket> {
    return new Promise((resolve) => {
      const socket = connect(bench.port, "127.0.0.1", () => {
        socket.write(text);
        resolve(socket);
      });
      socket.on("error", () => undefined);
    });
  }

  it("ends a kept connection with its thousandth answer, and fails nobody for it", async () => {
    await start();
    bench.configure([await bench.serve((_request, response) => response.end("ok"))]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const options = { host: "127.0.0.1", port: bench.port, agent, headers: { host: HOST } };
    const seen: (string | undefined)[] = [];
    for (let sent = 0; sent < 1002; sent += 1)
      await new Promise<void>((resolve, reject) => {
        const request = httpRequest(options, (response) => {
          seen.push(`${String(response.statusCode)} ${String(response.headers.connection)}`);
          response.resume().on("end", resolve);
        });
        request.on("error", reject).end();
      });
    agent.destroy();
    expect(seen.slice(998)).to.deep.equal(["200 keep-alive", "200 close", "200 keep-alive", "200 keep-alive"]);
  });

  it("a user who leaves before the headers: 499 of nginx, upstream_status -", async () => {
    await start();
    bench.configure([await bench.serve((_request, response) => setTimeout(() => response.end("late"), 500))]);
    const socket = await raw(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await sleep(80);
    socket.destroy();
    const text = await bench.metrics();
    expect(text).to.match(/code="499".*node="127.0.0.1".*response_source="nginx",upstream_status="-"\} 1/);
  });

  it("goes on without the user with proxy_ignore_client_abort, and counts what the upstream answered", async () => {
    await start(IGNORE);
    const slow = await bench.serve((_request, response) => setTimeout(() => response.end("late"), 150));
    bench.configure([slow], { upstream: { timeout: { connect: 1, send: 1, read: 1 } } });
    const socket = await raw(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await sleep(50);
    socket.destroy();
    await sleep(250);
    const text = await bench.metrics();
    expect(text).to.match(/code="200".*response_source="upstream"/);
    expect(text).to.not.contain('code="499"');
    expect(latency(text, "upstream")).to.be.above(140);
  });

  it("a user who leaves in the middle of the answer: 200", async () => {
    await start();
    bench.configure([
      await bench.serve((_request, response) => {
        response.write("first");
        setTimeout(() => response.end("last"), 400);
      }),
    ]);
    const socket = await raw(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    expect(await bench.metrics()).to.match(/code="200".*response_source="upstream"/);
  });

  it("an upload that breaks off: 400 of nginx, a node that was picked, no sample of type upstream", async () => {
    await start();
    bench.configure([await bench.serve((_request, response) => response.end("good"))]);
    const socket = await raw(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 1000\r\n\r\nabc`);
    await sleep(50);
    socket.destroy();
    const text = await bench.metrics();
    expect(text).to.match(/code="400".*node="127.0.0.1".*response_source="nginx",upstream_status=""\} 1/);
    expect(text).to.not.contain('type="upstream"');
  });

  it("a slow upload is the user's time, not the upstream's", async () => {
    await start();
    bench.configure([await bench.serve((_request, response) => response.end("good"))]);
    const socket = await raw(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 6\r\n\r\nabc`);
    await sleep(200);
    socket.write("def");
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    const text = await bench.metrics();
    expect(latency(text, "request")).to.be.above(190);
    expect(latency(text, "upstream")).to.be.below(100);
  });

  it("a WebSocket: 101 at its end, with its whole length under request and upstream", async () => {
    await start();
    const upstream = await bench.serve((_request, response) => response.end());
    bench.configure([upstream], { route: { enable_websocket: true } });
    bench.upgrades(upstream);
    const answer = await new Promise<string>((resolve) => {
      const headers = { Host: HOST, Connection: "Upgrade", Upgrade: "websocket" };
      const request = httpRequest({ port: bench.port, host: "127.0.0.1", headers });
      request.on("upgrade", (response, socket) => {
        socket.write("ping");
        socket.once("data", (echo) => {
          setTimeout(() => socket.destroy(), 150);
          resolve(`${String(response.statusCode)} ${echo.toString()}`);
        });
      });
      request.end();
    });
    expect(answer).to.equal("101 ping");
    expect(await bench.metrics()).to.not.contain('code="101"');
    await sleep(250);
    const text = await bench.metrics();
    expect(text).to.match(/code="101".*node="127.0.0.1".*response_source="upstream",upstream_status="101"\} 1/);
    expect(latency(text, "request")).to.be.within(140, 1000);
    expect(latency(text, "upstream")).to.be.within(140, 1000);
  });

  it("does not pass an upgrade on where the route has none", async () => {
    await start();
    bench.configure([await bench.serve((request, response) => response.end(request.headers.upgrade ?? "plain"))]);
    const more = { Connection: "Upgrade", Upgrade: "websocket" };
    expect(await bench.get("/", "GET", undefined, more)).to.include({ status: 200, body: "plain" });
  });

  it("answers a WebSocket like anybody when the upstream refuses or does not want it", async () => {
    await start();
    bench.configure([await closedPort()], { route: { enable_websocket: true } });
    const more = { Connection: "Upgrade", Upgrade: "websocket" };
    expect((await bench.get("/", "GET", undefined, more, new Agent())).status).to.equal(502);
    const refusing = await bench.serve((_request, response) => response.writeHead(403).end("no"));
    bench.configure([refusing], { route: { enable_websocket: true } });
    expect(await bench.get("/", "GET", undefined, more, new Agent())).to.include({ status: 403, body: "no" });
    expect(await bench.metrics()).to.match(/code="403".*response_source="upstream"/);
  });

  it("a redirect to https is the gateway's own: no node, source apisix, 0 ms, its port in the Location", async () => {
    await start();
    bench.configure([await closedPort()], { route: { plugins: { redirect: { http_to_https: true } } } });
    const got = await bench.get("/x?y=1");
    expect(got.status).to.equal(301);
    expect(got.headers["location"]).to.equal(`https://${HOST}:9443/x?y=1`);
    expect((await bench.get("/x", "POST", "body")).status).to.equal(308);
    const text = await bench.metrics();
    expect(text).to.match(/code="301".*node="".*response_source="apisix"/);
    expect(text).to.not.contain('type="upstream"');
  });

  it("leaves the port out of a redirect when it is told that it is 443", async () => {
    await start("plugin_attr: {redirect: {https_port: 443}}");
    bench.configure([await closedPort()], { route: { plugins: { redirect: { http_to_https: true } } } });
    expect((await bench.get("/x")).headers["location"]).to.equal(`https://${HOST}/x`);
  });

  it("shows a variable made by a map in both metrics, one value for invented methods, and the buckets it is given", async () => {
    await start(SHIPPED);
    bench.configure([await bench.serve((_request, response) => response.end())]);
    await bench.get("/", "GET");
    await bench.get("/", "POST", "x");
    await bench.get("/", "PROPFIND");
    const text = await bench.metrics();
    for (const kind of ["read", "write", "other"]) {
      expect(text).to.match(new RegExp(`http_status\\{.*upstream_status="200",method_class="${kind}"\\} 1`));
      expect(text).to.match(new RegExp(`latency_count\\{type="upstream".*method_class="${kind}"\\} 1`));
    }
    const bounds = [...text.matchAll(/bucket\{type="request".*method_class="read",le="([^"]+)"/g)].map(([, le]) => le);
    expect(bounds.slice(-2)).to.deep.equal(["1000", "+Inf"]);
    expect(["10", "50", "1000"]).to.include(bounds[0]);
  });

  it("refuses a request line of more than 8 KiB", async () => {
    await start();
    bench.configure([await closedPort()]);
    expect((await bench.get(`/${"x".repeat(8200)}`)).status).to.equal(414);
  });
});
