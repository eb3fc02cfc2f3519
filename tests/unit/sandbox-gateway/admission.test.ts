import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { generate } from "selfsigned";
import { adcServer } from "../../../sandbox/gateway/adc/server.js";
import { Standalone } from "../../../sandbox/gateway/adc/standalone.js";
import { adminServer } from "../../../sandbox/gateway/apisix/admin/admin.js";
import { ConfigStore } from "../../../sandbox/gateway/apisix/admin/config-store.js";
import { AdcClient } from "../../../sandbox/gateway/controller/adc-client.js";
import { admitRoute, admitTls } from "../../../sandbox/gateway/controller/admission.js";
import type { Admission } from "../../../sandbox/gateway/controller/admission.js";
import { Executor } from "../../../sandbox/gateway/controller/executor.js";
import { portOf } from "./bench.js";
import { PROXIES, Scene, until } from "./scene.js";

const PLUGINS = new Set(["prometheus", "proxy-mirror", "limit-count", "traffic-split"]);
const TLSES = "/apis/apisix.apache.org/v2/apisixtlses";

describe("controller stand-in: the webhook, asking ADC and a gateway", () => {
  let scene: Scene;
  let executor: Executor;
  let folder: string;
  const servers: Server[] = [];
  const silenced = console.error;

  before(async () => {
    console.error = () => undefined;
    folder = mkdtempSync(path.join(tmpdir(), "adc-"));
    const keys = [{ key: "token", role: "admin" as const }];
    const store = new ConfigStore(PLUGINS, () => undefined);
    const admin = adminServer({ listen: { ip: "127.0.0.1", port: 0 }, allow: [], keyRequired: true, keys }, store);
    const adc = adcServer(new Standalone(true));
    servers.push(admin, adc);
    await new Promise<void>((resolve) => admin.listen(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => adc.listen(path.join(folder, "adc.sock"), resolve));
    executor = new Executor(new AdcClient(`unix:${path.join(folder, "adc.sock")}`, 2000), folder);
    scene = new Scene();
    await until(() => scene.adc.tasks.length > 0);
    scene.cluster.put(PROXIES, {
      metadata: { name: "gw", namespace: "apisix" },
      spec: {
        provider: {
          type: "ControlPlane",
          controlPlane: {
            mode: "apisix-standalone",
            endpoints: [`http://127.0.0.1:${String(portOf(admin))}`],
            auth: { type: "AdminKey", adminKey: { value: "token" } },
          },
        },
      },
    });
    const known = () => scene.cache.gatewayProxy("apisix", "gw")?.spec.provider?.controlPlane?.endpoints;
    await until(() => Array.isArray(known()));
  });
  after(() => {
    console.error = silenced;
    servers.forEach((server) => {
      server.closeAllConnections();
      server.close();
    });
    rmSync(folder, { recursive: true });
  });

  const route = (rule: object, match: object = {}) => ({
    metadata: { name: "podinfo", namespace: "test" },
    spec: {
      ingressClassName: "apisix",
      http: [
        {
          name: "app",
          match: { hosts: ["app.example.com"], paths: ["/*"], ...match },
          backends: [{ serviceName: "podinfo-primary", servicePort: 80, weight: 100 }],
          ...rule,
        },
      ],
    },
  });
  const admit = (object: unknown, by = executor): Promise<Admission> =>
    admitRoute(object, scene.config, scene.cache, by);
  const plugin = (name: string, config: object) => route({ plugins: [{ name, enable: true, config }] });
  const expr = (given: object) => route({}, { exprs: [{ subject: { scope: "Header", name: "X" }, ...given }] });

  const denied: readonly (readonly [string, unknown, RegExp])[] = [
    [
      "an unknown plugin",
      plugin("no-such", {}),
      /Configuration validation failed \(type=routes, name=test_podinfo_app\)/,
    ],
    ["a plugin that is switched off", plugin("cors", {}), /type=routes/],
    ["a bad plugin configuration", plugin("limit-count", { count: "many" }), /type=routes/],
    ["a bad host", route({}, { hosts: ["bad host!"] }), /type=services, name=test_podinfo_0/],
    ["a bad timeout", route({ timeout: { connect: "soon" } }), /time: invalid duration "soon"/],
    ["an unknown operator", expr({ op: "Like", value: "a" }), /unknown operator/],
    ["no list for In", expr({ op: "In" }), /empty set value/],
    ["a bad remote address", route({}, { remoteAddrs: ["localhost"] }), /remoteAddrs: .*localhost/],
    ["an unknown method", route({}, { methods: ["FETCH"] }), /methods/],
    [
      "the same Service twice",
      route({ backends: [1, 2].map((weight) => ({ serviceName: "podinfo-canary", servicePort: 80, weight })) }),
      /duplicate backend service: test\/podinfo-canary/,
    ],
  ];
  for (const [name, object, message] of denied) {
    it(`denies ${name}`, async () => {
      const verdict = await admit(object);
      expect(verdict.kind).to.equal("denied");
      expect(verdict.kind === "denied" ? verdict.message : "").to.match(message);
    });
  }

  const admitted: readonly (readonly [string, unknown])[] = [
    ["a good route", route({})],
    ["a regular expression that can't be compiled", expr({ op: "RegexMatch", value: "(" })],
    ["an empty set", expr({ op: "In", set: [] })],
    ["a timeout below one second", route({ timeout: { connect: "1s", send: "1s", read: "300ms" } })],
    ["an unknown plugin that is not on", route({ plugins: [{ name: "no-such", enable: false }] })],
    ["a route of another class", { ...route({}), spec: { ...plugin("no-such", {}).spec, ingressClassName: "nginx" } }],
  ];
  for (const [name, object] of admitted) {
    it(`admits ${name}`, async () => {
      expect(await admit(object)).to.deep.equal({ kind: "allowed", warnings: [] });
    });
  }

  it("warns of a missing Service and a missing Secret, and admits", async () => {
    const backends = [{ serviceName: "gone", servicePort: 80 }];
    expect(await admit(route({ backends }))).to.deep.equal({
      kind: "allowed",
      warnings: ["Referenced Service 'test/gone' not found"],
    });
  });

  it("admits everything when nobody can tell: no room for the file, no ADC", async () => {
    const bad = plugin("no-such", {});
    const full = new Executor(new AdcClient(`unix:${path.join(folder, "adc.sock")}`, 2000), "/nowhere/at/all");
    expect((await admit(bad, full)).kind).to.equal("allowed");
    const away = new Executor(new AdcClient("unix:/nowhere/adc.sock", 2000), folder);
    expect((await admit(bad, away)).kind).to.equal("allowed");
  });

  describe("ApisixTls", () => {
    const tls = (name: string, secret: string, hosts = ["app.example.com"]) => ({
      metadata: { name, namespace: "test" },
      spec: { ingressClassName: "apisix", hosts, secret: { name: secret, namespace: "test" } },
    });
    const admitCertificate = (object: unknown) => admitTls(object, scene.config, scene.cache, executor);
    const base64 = (text: string): string => Buffer.from(text).toString("base64");

    async function secret(name: string, data?: Record<string, string>): Promise<void> {
      const { cert, private: key } = await generate([{ name: "commonName", value: name }], { keySize: 2048 });
      const pair = { "tls.crt": base64(cert), "tls.key": base64(key) };
      scene.cluster.put("/api/v1/secrets", { metadata: { name, namespace: "test" }, data: data ?? pair });
      await until(() => scene.cache.secret("test", name) !== undefined);
    }

    it("admits one whose Secret is missing, with a warning", async () => {
      expect(await admitCertificate(tls("app", "later"))).to.deep.equal({
        kind: "allowed",
        warnings: ["Referenced Secret 'test/later' not found"],
      });
    });

    it("denies what is no certificate, and a second certificate for one host", async () => {
      await secret("bad", { "tls.crt": base64("x".repeat(200)), "tls.key": base64("y".repeat(200)) });
      expect((await admitCertificate(tls("app", "bad"))).kind).to.equal("denied");
      await secret("first");
      expect((await admitCertificate(tls("app", "first"))).kind).to.equal("allowed");
      scene.cluster.put(TLSES, tls("app", "first"));
      await until(() => scene.cache.tlses.all().length === 1);
      await secret("second");
      const verdict = await admitCertificate(tls("other", "second"));
      expect(verdict.kind === "denied" ? verdict.message : "").to.equal(
        "SSL configuration conflicts detected:\n" +
          "- Host 'app.example.com' is already configured with a different certificate in ApisixTls/test/app",
      );
      expect((await admitCertificate(tls("other", "second", ["x.example.com"]))).kind).to.equal("allowed");
    });
  });
});
