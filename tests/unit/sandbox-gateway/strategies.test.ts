import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { Bench, closedPort, HOST, node } from "./bench.js";

const TOKEN = "/.mirror-k3v9x2";
const CANARY = { id: "canary", name: "ns_app_1" };

/** A user from elsewhere: the gateway itself is 127.0.0.1, which the mirror's rule is about. */
const ELSEWHERE = "127.0.0.5";

describe("gateway stand-in: shapes of the strategies", () => {
  let bench: Bench;
  let primary: number;
  let canary: number;
  let seen: { path: string; method: string; headers: NodeJS.Dict<string | string[]>; body: string }[];
  let canaryAnswer: { status: number; delayMs: number };
  beforeEach(async () => {
    bench = new Bench("plugin_attr: {proxy-mirror: {timeout: {read: 100ms}}}, nginx_config: {worker_processes: 1}");
    await bench.start();
    seen = [];
    canaryAnswer = { status: 200, delayMs: 0 };
    primary = await bench.serve((_request, response) => response.end("primary"));
    canary = await bench.serve((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const { url: path = "", method = "", headers } = request;
        seen.push({ path, method, headers, body });
        setTimeout(() => response.writeHead(canaryAnswer.status).end("canary"), canaryAnswer.delayMs);
      });
    });
  });
  afterEach(() => {
    bench.stop();
  });

  const from = (path = "/", method = "GET", body?: string, more: Record<string, string> = {}) =>
    bench.get(path, method, body, more, bench.from(ELSEWHERE));
  const split = (weights: readonly [number, number]) => ({
    "traffic-split": {
      rules: [{ weighted_upstreams: [{ weight: weights[0] }, { upstream_id: "c", weight: weights[1] }] }],
    },
  });
  const upstreams = () => [{ id: "c", nodes: [node(canary)] }];

  describe("A/B", () => {
    const both = (vars: unknown[]) => {
      bench.configure([primary], {
        service: { plugins: split([100, 0]) },
        upstreams: upstreams(),
        routes: [
          {
            id: "ab",
            name: "ns_app_ab",
            uris: ["/*"],
            hosts: [HOST],
            priority: 1,
            vars,
            upstream: { nodes: [node(primary)] },
            plugins: split([0, 100]),
          },
        ],
      });
    };

    it("gives matching users, and only them, to the canary; values are case-sensitive", async () => {
      both([["http_x_canary", "==", "always"]]);
      expect((await from("/", "GET", undefined, { "X-Canary": "always" })).body).to.equal("canary");
      expect((await from("/", "GET", undefined, { "X-Canary": "Always" })).body).to.equal("primary");
      expect((await from()).body).to.equal("primary");
      expect(await bench.metrics()).to.match(/route="ns_app_ab".*\} 1/);
    });

    it("knows cookies by pattern, queries, lists, and all of several conditions", async () => {
      both([["cookie_canary", "~~", "^(always|beta)$"]]);
      expect((await from("/", "GET", undefined, { Cookie: "a=b; canary=beta" })).body).to.equal("canary");
      expect((await from("/", "GET", undefined, { Cookie: "canary=betas" })).body).to.equal("primary");
      both([
        ["arg_v", "in", ["1", "2"]],
        ["http_x_team", "~=", "other"],
      ]);
      expect((await from("/?v=2")).body).to.equal("canary");
      expect((await from("/?v=2", "GET", undefined, { "X-Team": "other" })).body).to.equal("primary");
      expect((await from("/?v=3")).body).to.equal("primary");
    });

    it("knows users by their address", async () => {
      both([]);
      bench.configure([primary], {
        upstreams: upstreams(),
        routes: [
          { id: "ab", uris: ["/*"], hosts: [HOST], priority: 1, remote_addrs: ["127.0.0.5/32"], upstream_id: "c" },
        ],
      });
      expect((await from()).body).to.equal("canary");
      expect((await bench.get()).body).to.equal("primary");
    });
  });

  describe("mirror through the gateway itself", () => {
    const guard = { _meta: { filter: [["uri", "!", "~~", "^/[.]mirror-"]] } };
    const configure = (ratio = 1, meta: object = guard, rule = true) => {
      const loop = { host: `http://127.0.0.1:${String(bench.port)}`, path: TOKEN, path_concat_mode: "prefix" };
      bench.configure([primary], {
        route: { plugins: { "proxy-mirror": { ...loop, sample_ratio: ratio, ...meta } } },
        upstreams: upstreams(),
        routes: rule
          ? [
              {
                ...CANARY,
                name: "ns_app_mirror",
                uris: [`${TOKEN}/*`],
                hosts: [HOST],
                priority: 10,
                vars: [["realip_remote_addr", "==", "127.0.0.1"]],
                upstream_id: "c",
                timeout: { connect: 1, send: 1, read: 1 },
                plugins: { "proxy-rewrite": { regex_uri: [`^/[.]mirror-k3v9x2(/.*)$`, "$1"] } },
              },
            ]
          : [],
      });
    };
    const mirrored = (text: string) =>
      [...text.matchAll(/http_status\{code="(\d+)",route="ns_app_mirror".*\} (\d+)/g)].map(
        ([, code, n]) => `${code ?? ""}x${n ?? ""}`,
      );

    it("shows the canary every request, with its own label and the canary's true status", async () => {
      configure();
      expect((await from("/x?y=1", "GET", undefined, { Cookie: "a=b" })).body).to.equal("primary");
      expect((await from("/x", "POST", "hello")).body).to.equal("primary");
      await sleep(50);
      canaryAnswer.status = 500;
      await from("/z");
      await sleep(50);
      expect(mirrored(await bench.metrics())).to.have.members(["200x2", "500x1"]);
      expect(seen.map(({ method, path, body }) => [method, path, body])).to.deep.equal([
        ["GET", "/x?y=1", ""],
        ["POST", "/x", "hello"],
        ["GET", "/z", ""],
      ]);
      expect(seen[0]?.headers).to.include({ host: HOST, cookie: "a=b", "x-real-ip": "127.0.0.1" });
      expect(await bench.metrics()).to.match(/code="200",route="ns_app_main".*\} 3/);
    });

    it("lets nobody else in, spoofed headers included", async () => {
      configure();
      const spoofed = { "X-Real-IP": "127.0.0.1", "X-Forwarded-For": "127.0.0.1" };
      expect((await from(`${TOKEN}/x`, "GET", undefined, spoofed)).body).to.equal("primary");
      await sleep(50);
      expect(seen).to.deep.equal([]);
    });

    it("comes round once more without the guard, and hundreds of times without the rule either", async function () {
      this.timeout(20_000);
      configure(1, {}, true);
      await from("/x");
      await sleep(100);
      expect(seen).to.have.length(1);
      configure(1, {}, false);
      const before = bench.proxy.counts.requests;
      await from("/x");
      for (let last = -1; last !== bench.proxy.counts.requests; await sleep(150)) last = bench.proxy.counts.requests;
      expect(bench.proxy.counts.requests - before).to.be.within(300, 700);
    });

    it("copies the share that it is told to", async () => {
      configure(0.2);
      for (let i = 0; i < 150; i += 1) await from();
      await sleep(50);
      expect(seen.length).to.be.within(10, 55);
    });

    it("makes users wait for a slow canary no longer than the plugin's time-out, which cuts it to a 499", async () => {
      configure();
      canaryAnswer.delayMs = 400;
      const agent = bench.from(ELSEWHERE);
      const started = performance.now();
      await bench.get("/", "GET", undefined, {}, agent);
      await bench.get("/", "GET", undefined, {}, agent);
      expect(performance.now() - started).to.be.within(95, 390);
      await sleep(150);
      expect(mirrored(await bench.metrics())).to.deep.equal(["499x2"]);
    });
  });

  describe("affinity", () => {
    const NULL: null = null;
    const rewrite = (add: string) => ({ headers: { add: [add] }, vars: [["cookie_bucket", "==", NULL]] });
    const configure = (pattern: string) => {
      const cookie = "Set-Cookie: bucket=$request_id; Path=/; Max-Age=3600; HttpOnly";
      bench.configure([primary], {
        route: { plugins: { "response-rewrite": rewrite(cookie) } },
        upstreams: upstreams(),
        routes: [
          {
            id: "c",
            uris: ["/*"],
            hosts: [HOST],
            priority: 1,
            vars: [["cookie_bucket", "~~", pattern]],
            upstream_id: "c",
          },
        ],
      });
    };

    it("gives new users a cookie of 32 hex digits, different each, and none to those who have one", async () => {
      configure("^$");
      const cookies = [await from(), await from()].map(({ headers }) => String(headers["set-cookie"]));
      cookies.forEach((cookie) => expect(cookie).to.match(/^bucket=[0-9a-f]{32}; Path=\/; Max-Age=3600; HttpOnly$/));
      expect(cookies[0]).not.to.equal(cookies[1]);
      const again = await from("/", "GET", undefined, { Cookie: "bucket=00ff" });
      expect(again.headers["set-cookie"]).to.equal(undefined);
    });

    it("chooses the way of who has none by the cookie that is about to be given, as measured", async () => {
      const cookie = "Set-Cookie: bucket=$request_id; Path=/; Max-Age=3600; HttpOnly";
      const hasNone = ["cookie_bucket", "!", "~~", "^"];
      const own = { "response-rewrite": { headers: { add: [cookie] }, vars: [hasNone] } };
      const ours = { uris: ["/*"], hosts: [HOST], priority: 1, upstream_id: "c" };
      bench.configure([primary], {
        route: { plugins: own },
        upstreams: upstreams(),
        routes: [
          { ...ours, id: "b", vars: [["cookie_bucket", "~~", "^[0-7]"]] },
          { ...ours, id: "n", vars: [hasNone, ["request_id", "~~", "^[0-7]"]], plugins: own },
        ],
      });
      const met = new Set<string>();
      for (let i = 0; i < 40; i += 1) {
        const first = await from();
        const Cookie = String(first.headers["set-cookie"]).split(";")[0] ?? "";
        expect(first.body).to.equal(/^bucket=[0-7]/.test(Cookie) ? "canary" : "primary");
        const second = await from("/", "GET", undefined, { Cookie });
        expect(second.body).to.equal(first.body);
        expect(second.headers["set-cookie"]).to.equal(undefined);
        met.add(first.body);
      }
      expect(met.size).to.equal(2);
    });

    it("keeps the application's own cookies", async () => {
      const own = await bench.serve((_request, response) => response.setHeader("Set-Cookie", "session=1").end());
      bench.configure([own], { route: { plugins: { "response-rewrite": rewrite("Set-Cookie: bucket=$request_id") } } });
      expect((await from()).headers["set-cookie"]).to.have.length(2);
    });

    it("sends the buckets that it is told to the canary, and raising the share only adds users", async () => {
      const users = Array.from({ length: 64 }, (_, i) => `bucket=${(i * 4).toString(16).padStart(2, "0")}cafe`);
      const onCanary = async (): Promise<string[]> => {
        const found: string[] = [];
        for (const Cookie of users) {
          if ((await from("/", "GET", undefined, { Cookie })).body === "canary") found.push(Cookie);
        }
        return found;
      };
      configure("^(0[0-9a-f]|1[0-9])");
      const few = await onCanary();
      configure("^[0-7]");
      const many = await onCanary();
      expect([few.length, many.length]).to.deep.equal([7, 32]);
      expect(many).to.include.members(few);
    });
  });

  it("counts a retry as a pick", async () => {
    const other = await bench.serve((_request, response) => response.end("other"));
    bench.configure([await closedPort(), other]);
    const upstreamAddresses: string[] = [];
    for (let i = 0; i < 6; i += 1) upstreamAddresses.push((await from()).body);
    expect(upstreamAddresses).to.deep.equal(Array.from({ length: 6 }, () => "other"));
    const text = await bench.metrics();
    expect(text).to.match(/code="200".*\} 6/);
  });

  it("answers 500 when a split names an upstream that is gone", async () => {
    bench.configure([primary], { service: { plugins: split([99, 1]) } });
    expect((await from()).status).to.equal(500);
    expect(await bench.metrics()).to.match(/code="500".*node="".*response_source="apisix"/);
  });
});
