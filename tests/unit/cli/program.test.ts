import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { exitCodes } from "../../../cli/exit-codes.js";
import { oldestNode, nodeProblem } from "../../../release/model/node.js";
import { closeServers, kubeconfigFor, playApi } from "../adapters/fixture.js";

const root = path.resolve(__dirname, "../../../..");
const main = path.join(root, "dist/cli/main.js");
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as Record<string, unknown>;

/** A Node that takes itself for an old one: all that the check can see of it. */
const asOld = (version: string): string =>
  `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}})`;

describe("the program apisix-canary", () => {
  afterEach(closeServers);

  it("says its version, the package's own", () => {
    for (const flag of ["--version", "-V"]) {
      const { stdout, status } = spawnSync(process.execPath, [main, flag], { encoding: "utf8" });
      expect({ stdout: stdout.trim(), status }).to.deep.equal({ stdout: manifest["version"], status: exitCodes.done });
    }
  });

  it("has the exit codes that its README lists", () => {
    const listed = [...readFileSync(path.join(root, "cli/README.md"), "utf8").matchAll(/^\| (\d+) +\|/gm)].map(
      ([, code]) => Number(code),
    );
    expect(listed).to.deep.equal(Object.values(exitCodes));
  });

  it("ends as they say", async () => {
    const exit = (...argv: readonly string[]) =>
      spawnSync(process.execPath, [main, ...argv], { encoding: "utf8" }).status;
    expect(exit("--help")).to.equal(exitCodes.done);
    expect(exit("completion", "bash")).to.equal(exitCodes.done);
    expect(exit("frobnicate")).to.equal(exitCodes.failed);
    expect(exit("status", "--kubeconfig", "/nowhere")).to.equal(exitCodes.failed);
    expect(exit("replay", "/nowhere.json")).to.equal(exitCodes.failed);
  });

  it("ends a dashboard and a watch well with Ctrl-C, and a question that is not answered as interrupted", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "canary-exit-"));
    const kubeconfig = path.join(folder, "config");
    const path_ = "GET /apis/apisix-canary.io/v1/namespaces/test/canaryreleases";
    const well = await playApi({ [path_]: { items: [] } });
    const interrupt = async (server: string, ...argv: readonly string[]): Promise<number | null> => {
      writeFileSync(kubeconfig, kubeconfigFor(server));
      const child = spawn(process.execPath, [main, ...argv, "-n", "test", "--kubeconfig", kubeconfig], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      if (server === well.url) await once(child.stdout, "data");
      else await new Promise((resolve) => setTimeout(resolve, 1_500));
      child.kill("SIGINT");
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    };
    try {
      expect(await interrupt(well.url, "watch")).to.equal(exitCodes.done);
      expect(await interrupt(well.url, "dashboard")).to.equal(exitCodes.done);
      // Nobody there ever answers.
      const silent = await playSilence();
      expect(await interrupt(silent.url, "status")).to.equal(exitCodes.interrupted);
      silent.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  }).timeout(30_000);
});

async function playSilence() {
  const { createServer } = await import("node:net");
  const server = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

describe("a Node that is too old", () => {
  const line = (version: string): string =>
    `pulumi-apisix-canary needs Node ${oldestNode} or newer, and this is ${version}: install that, or put it first on PATH`;

  it("is what package.json says", () => {
    expect(manifest["engines"]).to.deep.equal({ node: `>=${oldestNode}` });
    for (const version of ["22.19.0", "22.20.1", "23.0.0", "100.0.0"]) expect(nodeProblem(version)).to.equal(undefined);
    for (const version of ["8.0.0", "20.20.2", "22.18.9"]) expect(nodeProblem(version)).to.equal(line(version));
  });

  it("gets one line from the program", () => {
    const argv = ["--import", asOld("18.19.1"), main, "status"];
    const { stderr, stdout, status } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    expect({ stderr, stdout, status }).to.deep.equal({
      stderr: `apisix-canary: ${line("18.19.1")}\n`,
      stdout: "",
      status: 1,
    });
  });

  it("gets one line from the components, as Pulumi shows it, and from what runs during the update", () => {
    const script = `require(process.argv[1])`;
    for (const entry of ["components", "release"]) {
      const file = path.join(root, "dist", entry, "index.js");
      const load = `try { ${script} } catch (error) { console.log(error.stack === error.message || error.__pulumiRunError ? error.message : error.stack) }`;
      const argv = ["--import", asOld("20.20.2"), "-e", load, file];
      expect(spawnSync(process.execPath, argv, { encoding: "utf8" }).stdout.trim()).to.equal(line("20.20.2"));
    }
  });
});
