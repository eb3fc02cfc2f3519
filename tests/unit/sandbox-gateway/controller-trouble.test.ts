import { expect } from "chai";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AdcClient } from "../../../sandbox/gateway/controller/adc-client.js";
import { throughFile } from "../../../sandbox/gateway/controller/temporary-file.js";
import { ROUTES, Scene, until } from "./scene.js";

const A = "http://10.244.0.9:9180";
const B = "http://10.244.0.10:9180";

describe("controller stand-in: trouble with the gateways", function () {
  this.timeout(15_000);
  const silenced = console.error;
  before(() => (console.error = () => undefined));
  after(() => (console.error = silenced));
  let scene: Scene;
  beforeEach(async () => {
    scene = new Scene();
    await until(() => scene.adc.tasks.length > 0);
    await scene.push(() => scene.route(100, 0));
    await until(() => scene.condition()?.status === "True");
  });

  it("a gateway that starts: SyncFailed with its address until the next try, 1.0 to 1.2 s later", async () => {
    scene.adc.outcome = { kind: "failed", reason: "connect ECONNREFUSED 10.244.0.10:9180" };
    await scene.push(() => scene.gateways(["10.244.0.9", "10.244.0.10"]));
    await until(() => scene.condition()?.status === "False");
    expect(scene.condition()).to.include({ reason: "SyncFailed" });
    expect(scene.condition()?.message).to.match(
      new RegExp(`^ServerAddr: ${A},${B}, Err: .*${B}: connect ECONNREFUSED 10.244.0.10:9180$`),
    );
    scene.adc.outcome = { kind: "accepted" };
    await until(() => scene.condition()?.status === "True");
    expect(scene.conditions().at(-1)?.afterMs).to.be.within(950, 1300);
  });

  it("no gateway: SyncFailed for an invalid address", async () => {
    await scene.push(() => scene.gateways([]));
    await until(() => scene.condition()?.status === "False");
    expect(scene.condition()?.message).to.match(/^ServerAddr: , Err: HTTP 400: .*Invalid URL/);
  });

  it("a gateway that hangs: the deadline, in the controller's words", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "adc-"));
    const socket = path.join(folder, "adc.sock");
    const server: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const input = { task: { opts: { backend: "b", server: [A], token: "t", cacheKey: "k" }, config: {} } };
    const started = performance.now();
    const failed = await new AdcClient(`unix:${socket}`, 200)
      .ask("sync", input)
      .catch((error: unknown) => String(error));
    expect(failed).to.equal('Error: failed to send HTTP request: Put "http://unix/sync": context deadline exceeded');
    expect(performance.now() - started).to.be.within(190, 600);
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("refused: every address says why, once for each rule; True flickers by for some 10 ms at every change", async () => {
    await scene.push(() => scene.gateways(["10.244.0.9", "10.244.0.10"]));
    const reason = `PUT ${A}/apisix/admin/configs, responded with status 400 Bad Request, error_msg: unknown plugin [nope]`;
    scene.adc.outcome = { kind: "failed", reason };
    const rule = {
      name: "second",
      match: { paths: ["/x"] },
      backends: [{ serviceName: "podinfo-canary", servicePort: 80 }],
    };
    await scene.push(() => scene.route(99, 1, { rules: [rule] }));
    await until(() => scene.condition()?.status === "False");
    const once = `ServerAddr: ${A},${B}, Err: ${A}: ${reason}; ${B}: ${reason}`;
    expect(scene.condition()?.message).to.equal(`${once}; ${once}`);
    const before = scene.conditions().length;
    for (const canary of [2, 3, 4]) {
      await scene.push(() => scene.route(100 - canary, canary, { rules: [rule] }));
      await until(() => scene.condition()?.observedGeneration === canary + 1 && scene.condition()?.status === "False");
    }
    const flickers = scene.conditions().slice(before);
    expect(flickers.map(({ status }) => status)).to.deep.equal(["True", "False", "True", "False", "True", "False"]);
    flickers.filter(({ status }) => status === "False").forEach(({ afterMs }) => expect(afterMs).to.be.below(100));
  });

  it("sends everything anew to a gateway that has nothing, and what ADC knew of an older leader's push is read anew", async () => {
    expect(scene.adc.tasks.map(({ bypassCache }) => bypassCache)).to.deep.equal(
      scene.adc.tasks.map((_, index) => index === 0),
    );
    scene.adc.outcome = { kind: "failed", reason: "routes_conf_version must be greater than or equal to (7)" };
    const before = scene.adc.tasks.length;
    scene.route(1, 1);
    await until(() => scene.adc.tasks.length >= before + 2);
    expect(scene.adc.tasks.slice(before, before + 2).map(({ bypassCache }) => bypassCache)).to.deep.equal([
      false,
      true,
    ]);
  });

  it("hears of no route any more while one has a time that can't be read", async () => {
    scene.route(1, 1, { name: "bad", rule: { timeout: { connect: "soon" } } });
    await sleep(100);
    scene.route(1, 99);
    await sleep(300);
    expect(scene.weights()).to.deep.equal([100, 0]);
    await scene.push(() => scene.cluster.remove(ROUTES, "test", "bad"));
    expect(scene.weights()).to.deep.equal([1, 99]);
  });

  it("takes a deleted route out", async () => {
    await scene.push(() => scene.cluster.remove(ROUTES, "test", "podinfo"));
    expect(scene.last().routes).to.deep.equal([]);
  });
});

describe("controller stand-in: the temporary folder", () => {
  it("gets a file for each push, which is gone afterwards", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "adc-"));
    expect(throughFile({ routes: [{ id: "r" }] }, folder)).to.deep.equal({ routes: [{ id: "r" }] });
    expect(readdirSync(folder)).to.deep.equal([]);
    rmSync(folder, { recursive: true });
  });

  it("that can't be written: nothing is pushed, and no status says so", async () => {
    const lines: string[] = [];
    const silenced = console.error;
    console.error = (line: string) => lines.push(line);
    const scene = new Scene("/nowhere/at/all");
    await until(() => scene.problem() === undefined);
    scene.route(90, 10);
    await until(() => scene.condition()?.status === "True");
    await sleep(150);
    console.error = silenced;
    expect(scene.adc.tasks).to.deep.equal([]);
    expect(scene.condition()).to.include({ status: "True", reason: "Accepted" });
    expect(lines.join("\n")).to.match(/no such file or directory.*adc-task-\d+\.json/);
  });
});
