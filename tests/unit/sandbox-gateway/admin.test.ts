import { expect } from "chai";
import type { Server } from "node:http";
import { request as httpRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import { syncAll, validate } from "../../../sandbox/gateway/adc/gateways.js";
import type { Task } from "../../../sandbox/gateway/adc/protocol.js";
import { adminServer } from "../../../sandbox/gateway/apisix/admin/admin.js";
import type { Routing } from "../../../sandbox/gateway/apisix/routing/compile.js";
import { ConfigStore } from "../../../sandbox/gateway/apisix/admin/config-store.js";

describe("gateway stand-in: admin API, asked by the ADC stand-in", () => {
  const servers: Server[] = [];
  let applied: Routing[];
  let store: ConfigStore;

  async function start(allow: string[] = []): Promise<string> {
    applied = [];
    store = new ConfigStore(new Set(["prometheus"]), (routing) => applied.push(routing));
    const listen = { ip: "127.0.0.1", port: 0 };
    const server = adminServer({ listen, allow, keyRequired: true, keys: [{ key: "right", role: "admin" }] }, store);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return `http://127.0.0.1:${String(typeof address === "object" ? address?.port : 0)}`;
  }

  function task(server: string, config: Task["config"], token = "right"): Task {
    return { servers: [server], token, timeoutMs: 500, config };
  }

  async function outcome(asked: Task) {
    return (await syncAll(asked, true)).results[0]?.outcome;
  }

  const silenced = { error: console.error };
  before(() => (console.error = () => undefined));
  after(() => {
    console.error = silenced.error;
    servers.forEach((server) => {
      server.closeAllConnections();
      server.close();
    });
  });

  it("takes a configuration, knows it again, and shows what it has", async () => {
    const server = await start();
    expect(store.received).to.equal(false);
    const config = { routes: [{ id: "r", uris: ["/*"] }] };
    expect(await outcome(task(server, config))).to.deep.equal({ kind: "accepted", changed: true });
    expect(await outcome(task(server, config))).to.deep.equal({ kind: "accepted", changed: false });
    expect(applied).to.have.length(1);
    const shown = await new Promise<string>((resolve, reject) => {
      httpRequest(`${server}/apisix/admin/configs`, { headers: { "X-API-KEY": "right" } }, (response) => {
        readText(response).then(resolve, reject);
      }).end();
    });
    expect(shown).to.contain('"routes":[{"id":"r","uris":["/*"]}]');
  });

  it("refuses all for one bad resource, and goes on with what it had", async () => {
    const server = await start();
    await outcome(task(server, { routes: [{ id: "r", uris: ["/*"] }] }));
    const bad = { routes: [{ id: "r", uris: ["/*"], plugins: { nope: {} } }] };
    expect(await outcome(task(server, bad))).to.include({ kind: "refused", status: 400 });
    expect(applied).to.have.length(1);
    expect((await validate(task(server, bad))).results[0]?.outcome.kind).to.equal("refused");
    expect((await validate(task(server, {}))).results[0]?.outcome.kind).to.equal("accepted");
    expect(applied).to.have.length(1);
  });

  it("wants the key and an allowed address", async () => {
    expect(await outcome(task(await start(), {}, "wrong"))).to.include({ kind: "refused", status: 401 });
    expect(await outcome(task(await start(["10.0.0.0/8"]), {}))).to.include({ kind: "refused", status: 403 });
    expect(await outcome(task(await start(["127.0.0.0/24"]), {}))).to.include({ kind: "accepted" });
  });

  it("tells a gateway that is away from one that refuses", async () => {
    expect(await outcome(task("http://127.0.0.1:1", {}))).to.include({ kind: "unreachable" });
  });
});
