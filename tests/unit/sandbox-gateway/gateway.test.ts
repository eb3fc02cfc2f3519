import { expect } from "chai";
import { Agent, createServer, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { text as readText } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Standalone } from "../../../sandbox/gateway/adc/standalone.js";
import { readSettings } from "../../../sandbox/gateway/apisix/config/settings.js";
import { Gateway } from "../../../sandbox/gateway/apisix/gateway.js";
import { HOST, node, portOf } from "./bench.js";

const ANY = { ip: "127.0.0.1", port: 0 };

function settings() {
  const text = `
deployment:
  role_traditional: {config_provider: yaml}
  admin: {admin_key: [{key: right}]}
plugin_attr: {prometheus: {refresh_interval: 0.2}}
`;
  const read = readSettings(text, {});
  return {
    ...read,
    proxyListen: [ANY],
    tlsListen: [ANY],
    status: ANY,
    admin: { ...read.admin, listen: ANY },
    prometheus: { ...read.prometheus, listen: ANY },
  };
}

describe("gateway stand-in: a whole gateway", () => {
  const upstream = createServer((request, response) => {
    setTimeout(() => response.end("answer"), Number(request.headers["x-delay"] ?? 0));
  });
  before(() => new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve)));
  after(() => {
    upstream.closeAllConnections();
    upstream.close();
  });

  async function started(delayMs = 0): Promise<Gateway> {
    const gateway = new Gateway(settings(), { applyDelayMs: () => delayMs });
    await gateway.start();
    return gateway;
  }

  async function configure(gateway: Gateway): Promise<void> {
    const opts = {
      backend: "apisix-standalone",
      server: [`http://127.0.0.1:${String(gateway.ports.admin)}`],
      token: "right",
      cacheKey: "gw",
      bypassCache: true,
    };
    const services = [{ id: "s", name: "ns_app_0", upstream: { nodes: [node(portOf(upstream))] } }];
    const plugins = { prometheus: { prefer_name: true } };
    const routes = [{ id: "r", name: "ns_app_main", service_id: "s", uris: ["/*"], hosts: [HOST], plugins }];
    expect(await new Standalone(true).sync({ opts, config: { services, routes } })).to.include({ failed_count: 0 });
  }

  const page = async (port: number | undefined, path: string) =>
    fetch(`http://127.0.0.1:${String(port)}${path}`).then(
      async (answer) => ({ status: answer.status, text: await answer.text() }),
      () => ({ status: 0, text: "" }),
    );

  function ask(gateway: Gateway, agent: Agent, delayMs = 0): Promise<{ body: string; connection: string | undefined }> {
    return new Promise((resolve, reject) => {
      const headers = { Host: HOST, "X-Delay": String(delayMs) };
      const request = httpRequest({ host: "127.0.0.1", port: gateway.proxyPorts()[0], agent, headers }, (response) => {
        readText(response).then((body) => resolve({ body, connection: response.headers.connection }), reject);
      });
      request.on("error", reject).end();
    });
  }

  it("is ready when its workers act on a configuration, which is a moment after the push was answered", async () => {
    const gateway = await started(150);
    expect(await page(gateway.ports.status, "/status")).to.include({ status: 200 });
    expect(await page(gateway.ports.status, "/status/ready")).to.include({ status: 503 });
    await configure(gateway);
    expect(await page(gateway.ports.status, "/status/ready")).to.include({ status: 503 });
    await sleep(250);
    expect(await page(gateway.ports.status, "/status/ready")).to.include({ status: 200 });
    await gateway.drain();
  });

  it("shows what it counted a little later, with its connections and requests", async () => {
    const gateway = await started();
    await configure(gateway);
    const agent = new Agent({ keepAlive: true });
    await ask(gateway, agent);
    await ask(gateway, agent);
    await sleep(700);
    const { text } = await page(gateway.ports.metrics, "/apisix/prometheus/metrics");
    expect(text).to.match(/apisix_http_status\{code="200",route="ns_app_main".*\} 2\n/);
    expect(text).to.match(/apisix_nginx_http_current_connections\{state="waiting"\} [1-9]/);
    expect(Number(/apisix_http_requests_total (\d+)/.exec(text)?.[1])).to.be.at.least(4);
    agent.destroy();
    await gateway.drain();
  });

  it("drains: no new connection anywhere, requests under way to their end, idle connections closed", async () => {
    const gateway = await started();
    await configure(gateway);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await ask(gateway, agent);
    const idle = connect(gateway.proxyPorts()[0] ?? 0, "127.0.0.1");
    const idleClosed = new Promise((resolve) => idle.on("close", resolve).on("error", () => undefined));
    await new Promise((resolve) => idle.once("connect", resolve));
    const { status, admin, metrics } = gateway.ports;
    const underWay = ask(gateway, agent, 300);
    await sleep(50);
    const begun = performance.now();
    const drained = gateway.drain();
    await sleep(20);
    const answers = await Promise.all([
      page(status, "/status"),
      page(admin, "/apisix/admin/configs"),
      page(metrics, "/apisix/prometheus/metrics"),
    ]);
    expect(answers.map((answer) => answer.status)).to.deep.equal([0, 0, 0]);
    expect(await underWay).to.deep.equal({ body: "answer", connection: "close" });
    await idleClosed;
    await drained;
    expect(performance.now() - begun).to.be.within(200, 1500);
    agent.destroy();
  });
});
