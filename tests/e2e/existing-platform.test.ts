import { readdirSync, readFileSync, statSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect } from "chai";
import { startTraffic } from "../../sandbox/users/index.js";
import { createNamespace } from "./harness/apps.js";
import { core, deployment } from "./harness/cluster.js";
import { UserProject } from "./harness/project.js";
import { program, releaseText } from "./harness/programs.js";
import { hostOf, prometheusUrl } from "./harness/stacks.js";

// A gateway and a Prometheus that are there already; the Prometheus asks for a bearer token and a tenant.

const namespace = "e2e-existing";
const token = "a-token-that-nobody-may-see";
const tenant = "shop";
const below = "/prometheus";

/** Stands before the Prometheus, as the authorization of a shared one does, and counts whom it lets in. */
class Guard {
  readonly asked = { admitted: 0, refused: 0 };
  private readonly server = http.createServer((request, response) => {
    const { authorization, "x-scope-orgid": scope } = request.headers;
    const isKnown = authorization === `Bearer ${token}` && scope === tenant;
    const { url = "" } = request;
    if (!isKnown || !url.startsWith(`${below}/`)) {
      this.asked.refused += 1;
      response.writeHead(isKnown ? 404 : 401, { "content-type": "text/plain" }).end("no");
      return;
    }
    this.asked.admitted += 1;
    const { authorization: _own, host: _host, ...headers } = request.headers;
    const upstream = http.request(prometheusUrl + url.slice(below.length), { method: request.method, headers });
    upstream.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on("error", () => response.writeHead(502).end());
    request.pipe(upstream);
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${below}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** All that Pulumi keeps of a project. */
function everyFile(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => path.join(folder, file))
    .filter((file) => statSync(file).isFile());
}

describe("an existing platform", () => {
  const guard = new Guard();
  let project: UserProject;

  before(async () => {
    const url = await guard.start();
    await createNamespace(namespace);
    const platform = `const platform = new ExistingPlatform("edge", {
  ingressClassName: "apisix",
  definitions: false,
  gateway: { namespace: "apisix" },
  prometheus: { url: ${JSON.stringify(url)}, bearerToken: process.env.TOKEN, tenant: "${tenant}", scrapeIntervalSeconds: 2 },
});`;
    const release = releaseText(
      "known",
      namespace,
      { ingressClassName: undefined, prometheusUrl: undefined, route: { hosts: [hostOf("known")] } },
      { lines: ["  platform,"] },
    );
    const required = 'const { ExistingPlatform } = require("pulumi-apisix-canary");';
    project = await UserProject.create("existing-platform", { "index.js": program(required, platform, release) });
  });
  after(async () => {
    guard.stop();
    await core.deleteNamespace({ name: namespace });
  });

  it("serves a release's first revision, and never shows the token", async () => {
    const preview = await project.preview({ TAG: "1.0.0", TOKEN: token });
    expect(preview.code, preview.output).to.equal(0);
    const update = await project.up({ TAG: "1.0.0", TOKEN: token });
    expect(update.code, update.output).to.equal(0);
    expect(preview.output + update.output).not.to.contain(token);
    for (const file of everyFile(path.join(project.folder, "state")))
      expect(readFileSync(file, "utf8"), file).not.to.contain(token);
  });

  it("judges by what that Prometheus answers: promotes, and takes back", async () => {
    const users = startTraffic({ host: hostOf("known"), perSecond: 60 });
    const good = await project.up({ TAG: "1.0.1", TOKEN: token });
    const tally = await users.stop();
    expect(good.code, good.output).to.equal(0);
    expect(tally.failed, tally.samples.join()).to.equal(0);
    expect(tally.byVersion.get("1.0.1")?.total ?? 0).to.be.greaterThan(0);
    const others = startTraffic({ host: hostOf("known"), perSecond: 60 });
    const bad = await project.up({ TAG: "1.0.2", FAIL: "100", TOKEN: token });
    const second = await others.stop();
    expect(bad.code, bad.output).not.to.equal(0);
    expect(bad.output).to.match(/success rate [\d.]+% < 99%/);
    expect(second.byVersion.get("1.0.1")?.failed).to.equal(0);
    expect(await deployment(namespace, "known-primary")).to.include({ image: "sandbox/faulty:1.0.1" });
    expect(guard.asked.admitted).to.be.greaterThan(10);
    expect(guard.asked.refused).to.equal(0);
  });

  it("says in one line that the token is refused, before the canary has a user", async () => {
    const users = startTraffic({ host: hostOf("known"), perSecond: 20 });
    const update = await project.up({ TAG: "1.0.3", TOKEN: "wrong-token" });
    const tally = await users.stop();
    expect(update.code).not.to.equal(0);
    expect(update.output).to.match(/error: .*Prometheus.*401/);
    expect(update.output).not.to.contain("wrong-token");
    expect(tally.failed, tally.samples.join()).to.equal(0);
    expect([...tally.byVersion.keys()]).to.deep.equal(["1.0.1"]);
  });

  it("goes with its release", async () => {
    const destroyed = await project.destroy({ TOKEN: token });
    expect(destroyed.code, destroyed.output).to.equal(0);
  });
});
