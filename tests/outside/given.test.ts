import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { expect } from "chai";
import { showApiServer, startSandbox, stopSandbox } from "../../sandbox/machine/index.js";
import type { ApiServerOutside } from "../../sandbox/machine/index.js";
import { addProgram, writeIn } from "./root-files.js";

// `--images FILE`: somebody has the real programs at hand, unpacked, and the cluster runs them in place of anything else.

const name = "test-given";
const namespace = "default";
const waitMs = 30_000;

describe("programs given for image names", function () {
  this.timeout(120_000);
  let folder: string;
  let api: ApiServerOutside;
  let core: CoreV1Api;
  const lines: string[] = [];

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "canary-given-"));
    const root = path.join(folder, "rootfs");
    mkdirSync(root);
    ["/bin/sh", "/usr/bin/id"].forEach((each) => addProgram(root, each));
    writeIn(root, "etc/passwd", "root:x:0:0::/root:/bin/sh\nfourty:x:40:40::/home:/bin/sh\n");
    const config = {
      Entrypoint: ["/bin/sh", "-c"],
      Cmd: ["id -u; echo $FROM; echo /*"],
      User: "fourty",
      Env: ["FROM=config"],
    };
    writeFileSync(path.join(folder, "config.json"), JSON.stringify({ config }));
    const program = path.join(folder, "program");
    writeFileSync(program, '#!/bin/sh\necho "program $*, FROM=$FROM"\n');
    chmodSync(program, 0o755);
    const images = path.join(folder, "images.yaml");
    const entries = [
      "apache/apisix: { rootfs: rootfs, config: config.json }",
      "ghcr.io/api7/adc:0.27.1: { program: [program, server], env: { FROM: file } }",
    ];
    writeFileSync(images, entries.join("\n"));
    await stopSandbox({ name });
    await startSandbox({ name, images, progress: (line) => lines.push(line) });
    api = await showApiServer(name);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(api.kubeconfig);
    core = kubeConfig.makeApiClient(CoreV1Api);
  });
  after(async () => {
    api.stop();
    await stopSandbox({ name });
    rmSync(folder, { recursive: true });
  });

  async function logOf(image: string, args?: string[]): Promise<string> {
    const containers = [{ name: "app", image, ...(args === undefined ? {} : { args }) }];
    const spec = { restartPolicy: "Never", automountServiceAccountToken: false, containers };
    const pod = (await core.createNamespacedPod({ namespace, body: { metadata: { generateName: "g-" }, spec } }))
      .metadata;
    const deadline = performance.now() + waitMs;
    for (;;) {
      const { status } = await core.readNamespacedPod({ namespace, name: pod?.name ?? "" });
      if (status?.containerStatuses?.[0]?.state?.terminated !== undefined)
        return core.readNamespacedPodLog({ namespace, name: pod?.name ?? "" });
      if (performance.now() > deadline) throw new Error(JSON.stringify(status));
      await pause(100);
    }
  }

  it("run as their configuration says: a whole root file system, with nothing of this machine in it", async () => {
    const [user, from, folders = ""] = (await logOf("apache/apisix:3.17.0-debian")).split("\n");
    expect([user, from]).to.deep.equal(["40", "config"]);
    expect(folders.split(" ")).to.include.members(["/bin", "/etc", "/proc", "/tmp"]).and.not.include("/opt");
  });

  it("or as a program of this machine, with the arguments of either side", async () => {
    expect(await logOf("ghcr.io/api7/adc:0.27.1", ["--more"])).to.equal("program server --more, FROM=file\n");
  });

  it("are named where the sandbox tells what runs", () => {
    expect(lines)
      .to.include("apisix:3.17.0-debian: given with --images")
      .and.include("adc:0.27.1: given with --images");
    expect(lines.join("\n")).to.contain("apisix-ingress-controller:2.2.0: ");
  });
});
