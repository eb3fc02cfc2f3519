import { request } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { run } from "../../../cli/program.js";
import { closeServers, kubeconfigFor, playApi } from "../adapters/fixture.js";
import { Cinema, film } from "./film.js";
import { endAll, listen } from "./player.js";

type Frames = Awaited<ReturnType<typeof film>>;

/** One answer of the dashboard, with any headers. */
function ask(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<{ status: number; headers: Readonly<Record<string, unknown>>; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    })
      .on("error", reject)
      .end();
  });
}

describe("apisix-canary dashboard", () => {
  let frames: Frames;
  const folder = mkdtempSync(path.join(tmpdir(), "canary-dashboard-"));
  before(async () => {
    frames = await film({ failingShare: 0, slowShare: 0 });
  });
  afterEach(async () => {
    await endAll();
    await closeServers();
  });
  after(() => rmSync(folder, { recursive: true }));

  it("shows all releases, and one with its charts, and ends with the signal", async () => {
    const { cinema, server } = await Cinema.open(frames);
    cinema.moveTo(({ status, report }) => status.canaryWeight === 30 && report !== undefined);
    const shown = await listen(server, ["-n", "test"]);
    const list = await ask(shown.url);
    expect(list.status).to.equal(200);
    expect(list.body).to.contain("<strong>podinfo</strong>").and.to.contain("<b>30%</b>").and.to.contain("Progressing");
    const one = await ask(`${shown.url}test/podinfo`);
    expect(one.body).to.contain("podinfo.test").and.to.contain("This run").and.to.contain("alice on build-7");
    expect(one.body.match(/<svg /g)).to.have.length(3);
    expect(one.body).to.contain("apisix-canary abort podinfo -n test");
    expect(await shown.end()).to.equal(0);
    await ask(shown.url).then(
      () => expect.fail("it still answers"),
      (error: NodeJS.ErrnoException) => expect(error.code).to.equal("ECONNREFUSED"),
    );
  });

  it("sends what changes, while it changes", async () => {
    const { cinema, server } = await Cinema.open(frames);
    const shown = await listen(server, ["podinfo", "-n", "test"]);
    expect(new URL(shown.url).pathname).to.match(/\/test\/podinfo$/);
    const { origin, pathname } = new URL(shown.url);
    const [, token] = pathname.split("/");
    const stop = new AbortController();
    const response = await fetch(`${origin}/${token}/events/test/podinfo`, { signal: stop.signal });
    expect(response.headers.get("content-type")).to.equal("text/event-stream");
    const reader = response.body?.getReader();
    const next = async () => {
      for (;;) {
        const text = Buffer.from((await reader?.read())?.value ?? []).toString();
        if (text.startsWith("data:")) return JSON.parse(text.slice(5)) as Record<string, string>;
      }
    };
    expect(Object.keys(await next())).to.include.members(["head", "now", "charts", "trouble"]);
    cinema.moveTo(({ status }) => status.canaryWeight === 20);
    const changed = await next();
    expect(changed["now"]).to.contain("<b>20%</b>");
    cinema.goAway(true);
    expect((await next())["trouble"]).to.match(/API server/);
    cinema.goAway(false);
    cinema.moveToEnd();
    const last = await next();
    expect(last["trouble"]).to.equal("");
    expect(last["head"]).to.contain("Succeeded");
    expect(last["steps"]?.trim()).to.equal("");
    stop.abort();
    expect(await shown.end()).to.equal(0);
  }).timeout(20_000);

  it("answers nobody without the token, nor under another name, and changes nothing", async () => {
    const { server } = await Cinema.open(frames);
    const shown = await listen(server, ["-n", "test"]);
    const { origin, host, port, pathname } = new URL(shown.url);
    expect(pathname).to.match(/^\/[\w-]{32}\/$/);
    const before = server.seen.length;
    const other = pathname.at(-2) === "x" ? "y" : "x";
    for (const where of [
      "/",
      "/app.js",
      "/events",
      `${pathname.slice(0, -2)}${other}/`,
      `${pathname.slice(0, -1)}x/`,
    ]) {
      const { status, body } = await ask(`${origin}${where}`);
      expect([where, status]).to.deep.equal([where, 403]);
      expect(body).not.to.contain("podinfo");
    }
    for (const name of ["evil.example.com", `evil.example.com:${port}`, "127.0.0.1", `[::1]:${port}`, `${host}.`])
      expect([name, (await ask(shown.url, { host: name })).status]).to.deep.equal([name, 421]);
    expect((await ask(shown.url, { host: `localhost:${port}` })).status).to.equal(200);
    expect((await ask(shown.url, {}, "POST")).status).to.equal(405);
    for (const where of [
      "test",
      "test/podinfo/x",
      "te%73t/podinfo",
      "test/..%2f..%2fsecrets",
      "events/x",
      "TEST/podinfo",
    ])
      expect([where, (await ask(`${shown.url}${where}`)).status]).to.deep.equal([where, 404]);
    expect(server.seen.slice(before).every(({ method }) => method === "GET")).to.equal(true);
    expect(await shown.end()).to.equal(0);
  });

  it("listens on loopback alone", async () => {
    const { server } = await Cinema.open(frames);
    const shown = await listen(server, ["-n", "test"]);
    expect(new URL(shown.url).hostname).to.equal("127.0.0.1");
    await ask(shown.url.replace("127.0.0.1", "127.0.0.2")).then(
      () => expect.fail("it listens on more than 127.0.0.1"),
      (error: NodeJS.ErrnoException) => expect(error.code).to.equal("ECONNREFUSED"),
    );
    await shown.end();
  });

  it("shows no secret, nor what others wrote as markup", async () => {
    const { cinema, server } = await Cinema.open(frames);
    const shown = await listen(server, ["-n", "test"]);
    const list = await ask(shown.url);
    expect(list.body).to.contain("see redacted").and.to.contain("&lt;script&gt;");
    for (const secret of ["s3cr3tpass", "T0K3N", "secret-token", "<script>alert"])
      expect(list.body).not.to.contain(secret);
    cinema.goAway(true);
    const away = await ask(shown.url);
    expect(away.status).to.equal(200);
    expect(away.body).not.to.contain("secret-token").and.not.to.contain(server.url);
    expect(list.headers).to.include({ "referrer-policy": "no-referrer", "cache-control": "no-store" });
    expect(list.headers["content-security-policy"])
      .to.contain("default-src 'none'")
      .and.to.contain("frame-ancestors 'none'");
    await shown.end();
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["dashboard", "nope", "-n", "test"], /^apisix-canary: there is no release nope in namespace test$/],
    [["dashboard", "podinfo", "-A"], /^apisix-canary: a name belongs to one namespace: use -n NAMESPACE, not -A$/],
    [["dashboard", "-n", "empty"], /^apisix-canary: this cluster has no canaryreleases\.apisix-canary\.io: /],
    [["dashboard", "--port", "x"], /^error: option '--port <port>' argument 'x' is invalid\. a port is 0 to 65535$/],
  ];
  for (const [argv, message] of wrong)
    it(`answers ${argv.join(" ")} in one line`, async () => {
      const server = await playApi({});
      const kubeconfig = path.join(folder, "config");
      writeFileSync(kubeconfig, kubeconfigFor(server.url));
      const errors: string[] = [];
      const code = await run([...argv, "--kubeconfig", kubeconfig], {
        out: () => undefined,
        error: (text) => void errors.push(text),
        isTerminal: false,
        signal: AbortSignal.timeout(10_000),
      });
      expect(code).to.equal(1);
      expect(errors.join("\n")).to.match(message);
    });

  it("says in one line that its port is taken", async () => {
    const { server } = await Cinema.open(frames);
    const shown = await listen(server, ["-n", "test"]);
    const second = await listen(server, ["-n", "test", "--port", new URL(shown.url).port]).catch(
      (error: unknown) => error,
    );
    expect(second)
      .to.be.instanceOf(Error)
      .with.property("message")
      .that.matches(/^apisix-canary: port \d+ is taken: leave --port out, or give another one$/);
    await shown.end();
  });
});
