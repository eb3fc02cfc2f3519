import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { unpackLayout } from "../../../sandbox/images/layers.js";
import { registryOf } from "../../../sandbox/images/registry.js";
import { withoutLinks } from "../../../sandbox/images/root.js";

describe("an image's layers", () => {
  let folder: string;
  let root: string;
  let layers: string[];
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "canary-layers-"));
    root = path.join(folder, "rootfs");
    mkdirSync(path.join(folder, "layout/blobs/sha256"), { recursive: true });
    layers = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function blob(content: string | Buffer): string {
    const hex = createHash("sha256").update(content).digest("hex");
    writeFileSync(path.join(folder, "layout/blobs/sha256", hex), content);
    return `sha256:${hex}`;
  }

  function layer(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}): void {
    const from = mkdtempSync(path.join(folder, "layer-"));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(from, name)), { recursive: true });
      writeFileSync(path.join(from, name), text);
    }
    for (const [name, target] of Object.entries(links)) symlinkSync(target, path.join(from, name));
    layers.push(blob(execFileSync("tar", ["-czf", "-", "-C", from, "."])));
  }

  async function unpack(): Promise<string> {
    const config = blob('{"config":{}}');
    const manifest = blob(JSON.stringify({ config: { digest: config }, layers: layers.map((digest) => ({ digest })) }));
    const index = JSON.stringify({ manifests: [{ digest: manifest }] });
    writeFileSync(path.join(folder, "layout/index.json"), index);
    return unpackLayout(path.join(folder, "layout"), root, false);
  }

  it("lie above each other, and take away what is below them", async () => {
    layer({ "data/kept": "1", "data/gone": "1", "data/changed": "1", "opaque/old/deep": "1" });
    layer({ "data/.wh.gone": "", "data/changed": "2", "opaque/.wh..wh..opq": "", "opaque/new": "2" });
    layer({ "data/gone": "back" });
    expect(await unpack()).to.equal('{"config":{}}');
    expect(readdirSync(path.join(root, "data")).sort()).to.deep.equal(["changed", "gone", "kept"]);
    expect(readFileSync(path.join(root, "data/changed"), "utf8")).to.equal("2");
    expect(readFileSync(path.join(root, "data/gone"), "utf8")).to.equal("back");
    expect(readdirSync(path.join(root, "opaque"))).to.deep.equal(["new"]);
  });

  it("are refused where their content does not fit their digest", async () => {
    layer({ a: "1" });
    const file = path.join(folder, "layout/blobs", (layers[0] ?? "").replace(":", "/"));
    writeFileSync(file, "something else");
    const failure = await unpack().catch((error: unknown) => error);
    expect(String(failure)).to.match(/the content of sha256:[0-9a-f]{64} does not fit its digest/);
  });

  it("write nothing through a link of a lower one", async () => {
    const outside = path.join(folder, "outside");
    mkdirSync(outside);
    layer({ a: "1" }, { run: outside });
    const from = mkdtempSync(path.join(folder, "layer-"));
    writeFileSync(path.join(from, "x"), "");
    const tar = ["-czf", "-", "--transform", "s,^x,run/x,", "-C", from, "x"];
    layers.push(blob(execFileSync("tar", tar)));
    expect(String(await unpack().catch((error: unknown) => error))).to.contain(
      "a layer writes to /run, which is a link",
    );
    expect(readdirSync(outside)).to.deep.equal([]);
  });
});

describe("a path of an image", () => {
  it("stays inside of the image, whatever its links say", () => {
    const root = mkdtempSync(path.join(tmpdir(), "canary-links-"));
    mkdirSync(path.join(root, "var"));
    mkdirSync(path.join(root, "usr/lib"), { recursive: true });
    symlinkSync("/run", path.join(root, "var/run"));
    symlinkSync("usr/lib", path.join(root, "lib"));
    symlinkSync("../../../etc", path.join(root, "usr/up"));
    symlinkSync("loop", path.join(root, "loop"));
    expect(withoutLinks(root, "/var/run/secrets")).to.equal("/run/secrets");
    expect(withoutLinks(root, "/lib/x")).to.equal("/usr/lib/x");
    expect(withoutLinks(root, "/usr/up/passwd")).to.equal("/etc/passwd");
    expect(withoutLinks(root, "/../a/./b")).to.equal("/a/b");
    expect(() => withoutLinks(root, "/loop/x")).to.throw("too many links");
    rmSync(root, { recursive: true });
  });

  it("begins with the registry that is asked for it", () => {
    expect(registryOf("ghcr.io/fluxcd/flagger:1")).to.equal("ghcr.io");
    expect(registryOf("127.0.0.1:5000/x:1")).to.equal("127.0.0.1:5000");
    expect(["apache/apisix:3", "node", "docker.io/library/node"].map(registryOf)).to.deep.equal(
      Array.from({ length: 3 }, () => "index.docker.io"),
    );
  });
});
