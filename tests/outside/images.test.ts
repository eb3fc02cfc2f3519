import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { expect } from "chai";
import { showApiServer } from "../../sandbox/machine/index.js";
import type { ApiServerOutside } from "../../sandbox/machine/index.js";
import { cacheRoot, ensureTool, tools } from "../../sandbox/tools/index.js";
import { addProgram, writeIn } from "./root-files.js";
import { sandboxName } from "./sandbox-name.js";

// Real images run as they are where their registry can be reached: here one on this machine, with images made for it.

const namespace = "default";
const waitMs = 60_000;

/** What the image's program says of where it runs. */
const program = `#!/bin/sh
id -u
pwd
echo "$GREETING $*"
echo /data/*
echo /opaque/*
echo mine > /home/app/mine && cat /home/app/mine
`;

describe("images of a registry", function () {
  this.timeout(600_000);
  let folder: string;
  let crane: string;
  let registry: ChildProcess;
  let host: string;
  let api: ApiServerOutside;
  let core: CoreV1Api;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "canary-images-"));
    crane = (await ensureTool(tools.crane, () => undefined)).file;
    host = `127.0.0.1:${await freePort()}`;
    mkdirSync(path.join(folder, "blobs"));
    registry = spawn(crane, ["registry", "serve", "--address", host, "--disk", path.join(folder, "blobs")], {
      stdio: "ignore",
    });
    await untilListening(host);
    api = await showApiServer(sandboxName());
    const config = new KubeConfig();
    config.loadFromString(api.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
  });
  after(async () => {
    registry.kill();
    await core.deleteCollectionNamespacedPod({ namespace, labelSelector: "test=images", gracePeriodSeconds: 0 });
    api.stop();
    rmSync(folder, { recursive: true, force: true });
    forget(host);
  });

  /** Two layers; the second one takes things away. */
  function push(name: string, greeting: string): string {
    const first = layer(`${name}-1`, (root) => {
      addProgram(root, "/bin/sh");
      ["/usr/bin/id", "/usr/bin/cat"].forEach((each) => addProgram(root, each));
      writeIn(root, "bin/hello", program);
      chmodSync(path.join(root, "bin/hello"), 0o755);
      writeIn(root, "etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n");
      writeIn(root, "etc/group", "app:x:1000:\n");
      ["data/kept", "data/removed", "opaque/old"].forEach((each) => writeIn(root, each, name));
    });
    const second = layer(`${name}-2`, (root) => {
      ["data/.wh.removed", "opaque/.wh..wh..opq", "opaque/new"].forEach((each) => writeIn(root, each, ""));
      mkdirSync(path.join(root, "home/app"), { recursive: true });
    });
    const reference = `${host}/test/${name}:1`;
    execFileSync(crane, ["append", "-f", first, "-f", second, "-t", reference], { stdio: "ignore" });
    const settings = ["--entrypoint", "/bin/hello", "--cmd", "from,args", "--env", `GREETING=${greeting}`];
    const place = ["--user", "app", "--workdir", "/home/app", "--set-platform", "linux/amd64", "-t", reference];
    execFileSync(crane, ["mutate", reference, ...settings, ...place], { stdio: "ignore" });
    return reference;
  }

  /** A tar of what `fill` puts into a folder; the home belongs to the image's user. */
  function layer(name: string, fill: (root: string) => void): string {
    const root = path.join(folder, name);
    mkdirSync(root);
    fill(root);
    const file = `${root}.tar`;
    const others = ["--owner=0", "--group=0", "--exclude=./home/app", "-cf", file, "-C", root, "."];
    execFileSync("tar", others);
    const home = ["--owner=1000", "--group=1000", "-rf", file, "-C", root, "./home/app"];
    if (readdirSync(root).includes("home")) execFileSync("tar", home);
    return file;
  }

  interface Ran {
    readonly log: string;
    readonly imageId: string;
  }

  async function run(image: string, args?: string[]): Promise<Ran> {
    const pod = await started(image, args);
    const deadline = performance.now() + waitMs;
    for (;;) {
      const { status } = await core.readNamespacedPod({ namespace, name: pod });
      const [container] = status?.containerStatuses ?? [];
      if (container?.state?.terminated !== undefined)
        return { log: await core.readNamespacedPodLog({ namespace, name: pod }), imageId: container.imageID };
      if (performance.now() > deadline) throw new Error(JSON.stringify(status));
      await pause(100);
    }
  }

  async function started(image: string, args?: string[]): Promise<string> {
    const metadata = { generateName: "image-", labels: { test: "images" } };
    const containers = [{ name: "app", image, ...(args === undefined ? {} : { args }) }];
    const body = { metadata, spec: { restartPolicy: "Never", automountServiceAccountToken: false, containers } };
    return (await core.createNamespacedPod({ namespace, body })).metadata?.name ?? "";
  }

  async function waitingReason(pod: string): Promise<{ readonly reason: string; readonly message: string }> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const { status } = await core.readNamespacedPod({ namespace, name: pod });
      const { reason = "", message = "" } = status?.containerStatuses?.[0]?.state?.waiting ?? {};
      if (/ImagePull/.test(reason)) return { reason, message };
      if (performance.now() > deadline) throw new Error(JSON.stringify(status));
      await pause(100);
    }
  }

  it("run with their own files, user, folder, environment and command", async () => {
    const reference = push("hello", "hi");
    const { log, imageId } = await run(reference);
    expect(log.split("\n")).to.deep.equal([
      "1000",
      "/home/app",
      "hi from args",
      "/data/kept",
      "/opaque/new",
      "mine",
      "",
    ]);
    const digest = execFileSync(crane, ["digest", reference], { encoding: "utf8" }).trim();
    expect(imageId).to.equal(`127.0.0.1:${host.split(":")[1]}/test/hello@${digest}`);
    expect((await run(reference, ["other", "words"])).log).to.contain("hi other words");
  });

  it("that a registry refuses or spoils are an ErrImagePull that says why", async () => {
    const missing = await waitingReason(await started(`${host}/test/none:1`));
    expect(missing.message).to.match(/none:1.*(NAME_UNKNOWN|MANIFEST_UNKNOWN|not found)/i);
    const spoilt = push("spoilt", "no");
    const blobs = path.join(folder, "blobs/sha256");
    const digests = execFileSync(crane, ["manifest", spoilt], { encoding: "utf8" });
    const first = (JSON.parse(digests) as { layers: { digest: string; size: number }[] }).layers[0]?.digest ?? "";
    const blob = path.join(blobs, first.replace("sha256:", ""));
    const content = readFileSync(blob);
    content.writeUInt8(content.readUInt8(1000) ^ 1, 1000);
    writeFileSync(blob, content);
    const { message } = await waitingReason(await started(spoilt));
    expect(message).to.match(/spoilt:1: .*(verif|digest|size)/i);
  });

  it("that were pulled once need no registry any more", async () => {
    registry.kill();
    await pause(200);
    expect((await run(`${host}/test/hello:1`)).log).to.contain("hi from args");
  });
});

/** Takes what was pulled from a registry out of this user's cache. */
function forget(host: string): void {
  const store = path.join(cacheRoot(), "images");
  const names = readdirSync(path.join(store, "references")).filter((name) => name.startsWith(encodeURIComponent(host)));
  for (const name of names) {
    const reference = path.join(store, "references", name);
    const content = readFileSync(reference, "utf8").replace(":", "-");
    for (const owners of ["", "-without-owners"])
      rmSync(path.join(store, "content", `${content}${owners}`), { recursive: true, force: true });
    rmSync(reference);
  }
}

function freePort(): Promise<number> {
  const server = net.createServer();
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    }),
  );
}

async function untilListening(host: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answers = await fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) return;
    await pause(100);
  }
  throw new Error(`the registry at ${host} does not answer`);
}
