import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { countResources } from "../../../sandbox/demo/resources.js";
import { launcherScript } from "../../../sandbox/kubernetes-provider/launcher.js";
import { pluginVersion } from "../../../sandbox/tools/on-path.js";
import { progressLine } from "../../../sandbox/tools/steps.js";

describe("what a long step tells", () => {
  const step = { name: "kube, pulumi", expectedSeconds: 600 };

  it("is how long it has been going on, how long it will take, and what comes next", () => {
    expect(progressLine(step, 90, undefined, ["podinfo", "the cluster"])).to.equal(
      "kube, pulumi: 1m30s of about 10m00s; next: podinfo, the cluster",
    );
    expect(progressLine({ name: "hey" }, 5, undefined, [])).to.equal("hey: 5s");
  });

  it("goes by its own pace once there is some of it, and is never shorter than it already took", () => {
    expect(progressLine(step, 60, 0.5, [])).to.equal("kube, pulumi: 1m00s of about 2m00s (50%)");
    expect(progressLine(step, 60, 0.05, [])).to.equal("kube, pulumi: 1m00s of about 10m00s (5%)");
    expect(progressLine(step, 700, undefined, [])).to.equal("kube, pulumi: 11m40s of about 11m40s");
  });
});

describe("the first release's resources", () => {
  it("become one line, and whatever else the engine says stays", () => {
    const written: string[] = [];
    const counter = countResources((text) => written.push(text));
    const lines = [
      " +  kubernetes:core/v1:Service podinfo creating (0s)",
      " +  kubernetes:core/v1:Service podinfo created (0.12s)",
      " +  kubernetes:apps/v1:Deployment podinfo creating (2s) Waiting for app ReplicaSet to be available",
      " ++ kubernetes:core/v1:Service other created (1s)",
      " +  pulumi-nodejs:dynamic/apisix-canary:Analysis podinfo-analysis creating (0s)",
      " +  pulumi-nodejs:dynamic/apisix-canary:Analysis podinfo-analysis creating (3s) Initialization done! podinfo.test",
      " +  kubernetes:core/v1:Service bad **creating failed** error: already exists",
      "Outputs:",
    ];
    expect(lines.filter((line) => !counter.takes(line))).to.deep.equal(lines.slice(-3));
    counter.stop();
    expect(written.at(-1)).to.match(/ 2 resources, \d+s\n$/);
  });
});

describe("the engine's Kubernetes plugin on PATH", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "canary-plugin-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const standIn = path.resolve(__dirname, "../../../sandbox/kubernetes-provider/main.js");

  function program(name: string, text: string): string {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  }

  it("is known by its folder's name or its own, also through a link", async () => {
    const installed = program("resource-kubernetes-v4.34.0/pulumi-resource-kubernetes", "#!/bin/sh\nexit 2\n");
    expect(await pluginVersion(installed)).to.equal("4.34.0");
    const link = path.join(folder, "pulumi-resource-kubernetes");
    symlinkSync(program("pulumi-resource-kubernetes-v4.33.1", "#!/bin/sh\nexit 2\n"), link);
    expect(await pluginVersion(link)).to.equal("4.33.1");
  });

  it("else by what it answers as a plugin: it has no flag that tells its version", async function () {
    this.timeout(60_000);
    // A plugin like the real one, under its plain name: what stands in for it does not say so here.
    const plain = program("pulumi-resource-kubernetes", `#!/bin/sh\nexec ${process.execPath} ${standIn} "$@"\n`);
    expect(await pluginVersion(plain)).to.equal("4.34.0");
  });

  it("is not what stands in for it, and not a program that is none", async () => {
    expect(await pluginVersion(program("a", launcherScript(process.execPath, standIn)))).to.equal(undefined);
    expect(await pluginVersion(program("b", "#!/bin/sh\necho 'usage: b' >&2\nexit 2\n"))).to.equal(undefined);
  });
});
