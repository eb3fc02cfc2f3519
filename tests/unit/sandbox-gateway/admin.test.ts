import { expect } from "chai";
import type { Server } from "node:http";
import { ask, parseObject } from "../../../sandbox/gateway/adc/gateways.js";
import { lint } from "../../../sandbox/gateway/adc/lint.js";
import { inputSchema } from "../../../sandbox/gateway/adc/protocol.js";
import type { Resources, Task } from "../../../sandbox/gateway/adc/protocol.js";
import { Standalone } from "../../../sandbox/gateway/adc/standalone.js";
import { adminServer } from "../../../sandbox/gateway/apisix/admin/admin.js";
import { ConfigStore } from "../../../sandbox/gateway/apisix/admin/config-store.js";
import type { Routing } from "../../../sandbox/gateway/apisix/routing/compile.js";
import { portOf } from "./bench.js";

const CONFIGS = "/apisix/admin/configs";
const GOOD = { routes: [{ id: "r", uris: ["/*"] }] };
const BAD = { routes: [{ id: "r", name: "ns_app_main", uris: ["/*"], plugins: { nope: {} } }] };

describe("gateway stand-in: admin API, asked by the ADC stand-in", () => {
  const servers: Server[] = [];
  let applied: Routing[];
  let store: ConfigStore;
  let adc: Standalone;
  beforeEach(() => (adc = new Standalone(true)));

  async function start(allow: string[] = []): Promise<string> {
    applied = [];
    store = new ConfigStore(new Set(["prometheus"]), (routing) => applied.push(routing));
    const listen = { ip: "127.0.0.1", port: 0 };
    const server = adminServer({ listen, allow, keyRequired: true, keys: [{ key: "right", role: "admin" }] }, store);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${String(portOf(server))}`;
  }

  function task(server: readonly string[], config: Resources, token = "right"): Task {
    const opts = { backend: "apisix-standalone", server: [...server], token, cacheKey: "gw", bypassCache: false };
    return { opts, config };
  }

  async function shown(server: string): Promise<Readonly<Record<string, unknown>>> {
    const { body } = await ask({ method: "GET", server, path: CONFIGS, token: "right" });
    return parseObject(body) ?? {};
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
    expect(await adc.sync(task([server], GOOD))).to.include({ status: "success", failed_count: 0 });
    const first = await shown(server);
    expect(await adc.sync(task([server], GOOD))).to.include({ status: "success" });
    expect(applied).to.have.length(1);
    expect(await shown(server)).to.deep.equal(first);
    expect(first["routes"]).to.deep.equal([{ id: "r", uris: ["/*"], modifiedIndex: first["routes_conf_version"] }]);
  });

  it("gives a new version to the kinds that changed only, and lets none go back", async () => {
    const server = await start();
    await adc.sync(task([server], { ...GOOD, upstreams: [{ id: "u", nodes: [] }] }));
    const before = await shown(server);
    await adc.sync(task([server], { routes: [{ id: "r", uris: ["/a"] }], upstreams: [{ id: "u", nodes: [] }] }));
    const after = await shown(server);
    expect(after["upstreams_conf_version"]).to.equal(before["upstreams_conf_version"]);
    expect(Number(after["routes_conf_version"])).to.be.above(Number(before["routes_conf_version"]));
    const old = JSON.stringify({ routes: [], routes_conf_version: 1 });
    const put = {
      method: "PUT",
      server,
      path: CONFIGS,
      token: "right",
      headers: { "X-Digest": "old" },
      body: old,
    } as const;
    const refused = await ask(put).catch((error: unknown) => String(error));
    expect(refused).to.match(/status 400 Bad Request, error_msg: routes_conf_version must be greater than or equal to/);
  });

  it("refuses all for one bad resource, and goes on with what it had", async () => {
    const server = await start();
    await adc.sync(task([server], GOOD));
    const { endpoint_status: endpoints } = await adc.sync(task([server], BAD));
    expect(endpoints[0]?.success).to.equal(false);
    expect(endpoints[0]?.reason).to.equal(
      `PUT ${server}${CONFIGS}, responded with status 400 Bad Request, error_msg: ` +
        "invalid routes at index 0, err: unknown plugin [nope]",
    );
    expect(applied).to.have.length(1);
    const verdict = await adc.validate(task([server], BAD));
    expect(verdict).to.deep.include({ success: false, message: "Configuration validation failed" });
    expect(verdict.errors?.[0]).to.deep.include({ resource_type: "routes", resource_name: "ns_app_main", index: 0 });
    expect((await adc.validate(task([server], {}))).success).to.equal(true);
    expect(applied).to.have.length(1);
  });

  it("wants the key and an allowed address", async () => {
    const reason = async (server: string, token?: string) =>
      adc.sync(task([server], {}, token)).catch((error: unknown) => String(error));
    expect(await reason(await start(), "wrong")).to.contain("status 401");
    expect(await reason(await start(["10.0.0.0/8"]))).to.contain("status 403");
    expect(await reason(await start(["127.0.0.0/24"]))).to.deep.include({ status: "success" });
  });

  it("serves the others although one gateway is away, and says which", async () => {
    const server = await start();
    await adc.sync(task([server], GOOD));
    const { status, endpoint_status: endpoints } = await adc.sync(task([server, "http://127.0.0.1:1"], {}));
    expect(status).to.equal("partial_failure");
    expect(endpoints.map(({ server: address, reason }) => [address, reason])).to.deep.equal([
      [server, undefined],
      ["http://127.0.0.1:1", "connect ECONNREFUSED 127.0.0.1:1"],
    ]);
    expect(applied).to.have.length(2);
  });

  it("brings a gateway that has started anew to what the others have", async () => {
    const [old, fresh] = [await start(), await start()];
    await adc.sync(task([old], GOOD));
    await adc.sync(task([old, fresh], GOOD));
    expect((await shown(fresh))["X-Digest"]).to.equal((await shown(old))["X-Digest"]);
  });

  it("can't begin while one gateway is away: ADC must read from all of them first", async () => {
    const failed = await adc.sync(task([await start(), "http://127.0.0.1:1"], {})).catch((error: unknown) => error);
    expect(String(failed)).to.equal("AxiosError: connect ECONNREFUSED 127.0.0.1:1");
  });

  it("takes no empty address, and looks at some values itself", () => {
    const problem = inputSchema.safeParse({ task: task([""], {}) }).error;
    expect(problem?.message).to.contain("Invalid URL");
    const wrong = (route: object) => lint({ routes: [{ uris: ["/*"], ...route }] })?.issues[0]?.path.join(".");
    expect(wrong({})).to.equal(undefined);
    expect(wrong({ methods: ["FETCH"] })).to.equal("routes.0.methods.0");
    expect(wrong({ remote_addrs: ["localhost"] })).to.equal("routes.0.remote_addrs.0");
    expect(wrong({ timeout: { connect: 0, send: 1, read: 1 } })).to.equal("routes.0.timeout.connect");
  });
});
